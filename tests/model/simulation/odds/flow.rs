//! One flow in which an attacker guesses as often as the engine allows.

use super::guesser::{Attacker, Guesser, Way};
use super::policies::code_life;

impl Guesser {
    /// Attacks within one flow: what strangers may spend first, then as one who has proven a gate
    /// or comes from a familiar place.
    pub(crate) async fn attack_one_flow(&mut self) {
        let settings = self.case.settings.clone();
        self.horizon = settings.lifetimes.flow;
        let target = self.case.target;
        let strong = !matches!(self.attacker, Attacker::Patient | Attacker::ManySources);
        let holds = strong && settings.users.required == 2 && self.case.other.is_some();
        let known = strong && self.device.is_some();
        // The gate that is held costs a challenge, of those that strangers have.
        let reserve = if holds { 1 } else { 0 };
        let mut way = Way::Stranger;
        // The ticket of the start has no wait for another code; the record has one while a code
        // lives.
        let first = self.request(way);
        let mut ticket = self.start(&first).await;
        let end = self.now().plus(settings.lifetimes.flow);
        let gap = settings.sends.resend_after.min(code_life(&settings, target));
        loop {
            // Each from a source of its own.
            let request = self.request(way);
            let pool = way.pool();
            let (before, most) = (self.compared.len(), self.room(pool));
            let spare = if way == Way::Stranger { reserve } else { 0 };
            if self.types_numbers() {
                self.type_numbers(&request, &ticket, most, pool).await;
            } else if most > 0
                && self.challenges_left(pool, target) > spare
                && let Some(opened) = self.challenge(&request, &ticket, target, pool).await
            {
                self.guess(&request, &opened, most, pool).await;
            }
            let spent = self.room(pool) == 0 || self.challenges_left(pool, target) <= spare;
            if self.compared.len() == before && spent && way == Way::Stranger {
                if holds && let Some(proven) = self.prove_other(&request, &ticket).await {
                    (ticket, way) = (proven, Way::Held);
                    continue;
                }
                if known && !holds {
                    way = Way::Familiar;
                    continue;
                }
            }
            if self.attacker == Attacker::OwnerWhoResets && spent && self.run > 0 {
                self.owner_proves(false, true).await;
            }
            self.wakes.insert(self.now().plus(gap));
            let Some(wait) = self.next_before(end) else { return };
            self.world.clock.advance(wait);
        }
    }
}
