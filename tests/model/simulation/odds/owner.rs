//! The owner of the account under attack, who comes whenever that helps the attacker.

use sspr::policy::PoolKind;
use sspr::{MethodKind, SecretText};

use super::guesser::Guesser;

impl Guesser {
    /// The owner comes, if that gives the attacker anything. Gives whether the owner passed.
    pub(super) async fn owner_helps(&mut self) -> bool {
        let ways = self.ways();
        let mut pools = ways.iter().map(|way| way.pool());
        let left = |pool| self.challenges_left(pool, self.case.target) > 0;
        let stopped = |pool| self.room_in_run(pool) < usize::from(self.case.settings.attempts);
        let run = self.run > 0 && pools.clone().any(|pool| left(pool) && stopped(pool));
        let clears = self.case.settings.clear_counters_on_reset;
        let spent = pools.any(|pool| left(pool) && self.room(pool) == 0);
        (run || (clears && spent)) && self.owner_proves(clears, run).await
    }

    /// The owner proves the method, or another one if the run of failures may go on, and completes the
    /// reset if so. Gives whether that went well.
    pub(super) async fn owner_proves(&mut self, completes: bool, run: bool) -> bool {
        let way = self.owners_way();
        let (target, other) = (self.case.target, self.case.other);
        let wanted: Vec<MethodKind> = match other {
            Some(other) if completes && self.case.settings.users.required == 2 => {
                vec![other, target]
            }
            Some(other) if !run => vec![other],
            _ => vec![target],
        };
        let request = self.request(way);
        let mut ticket = self.start(&request).await;
        let mut pool = way.pool();
        for kind in wanted {
            if self.challenges_left(pool, kind) == 0 {
                return false;
            }
            let Some(opened) = self.challenge(&request, &ticket, kind, pool).await else {
                return false;
            };
            let Some(proven) = self.answer(&request, &opened, kind).await else {
                self.cancel(&request, &opened).await;
                return false;
            };
            (ticket, pool) = (proven, PoolKind::Proven);
        }
        self.owner.0 += 1;
        if !completes {
            self.cancel(&request, &ticket).await;
            return true;
        }
        let password = SecretText::from(format!("Plum7 tractor violet {}", self.owner.1).as_str());
        let done = self.world.engine.reset().complete(&request, &ticket, &password).await;
        done.expect("reset");
        self.owner.1 += 1;
        for pool in [PoolKind::Anonymous, PoolKind::Proven] {
            let seen = self.seen_mut(pool);
            (seen.failed, seen.locked_until) = (Vec::new(), None);
        }
        self.world.deliver().await;
        self.world.inbox.clear();
        true
    }
}
