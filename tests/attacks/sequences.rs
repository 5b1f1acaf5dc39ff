//! Steps skipped and state that leaks from one flow into another: V27.

use std::collections::BTreeSet;

use sspr::method::NewMethod;
use sspr::{ResetTicket, SecretText, Selection, Step};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

in_memory!(v27_a_password_is_written_only_with_two_methods_proven_in_its_flow);

/// Random numbers that a seed determines.
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % sides
    }
}

/// A ticket and its flow.
struct Held {
    ticket: ResetTicket,
    flow: usize,
}

/// The model: which methods were proven in each flow since the account last changed, by the address
/// whose code was accepted.
type Model = Vec<BTreeSet<&'static str>>;

const WORLDS: u64 = 60;
const CALLS: usize = 60;

/// V27: in any order of calls, with any ticket ever issued and any code ever sent, a password is
/// written only if two distinct methods were proven in the same flow since the account last
/// changed.
async fn v27_a_password_is_written_only_with_two_methods_proven_in_its_flow(_kind: &StoreKind) {
    let (mut calls, mut written, mut refused) = (0, 0, 0);
    for seed in 1..=WORLDS {
        let mut settings = settings();
        settings.failures.anonymous.max = 50;
        settings.failures.proven.max = 50;
        settings.failures.consecutive = 100;
        let max = &mut settings.registration.max;
        (max.email, max.mobile_phone, max.office_phone) = (5, 5, 5);
        let world = World::builder().settings(settings).registered().open().await;
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (mut model, mut held) = (Model::new(), Vec::<Held>::new());
        let mut changes = 0;
        for call in 0..CALLS {
            calls += 1;
            if held.is_empty() || dice.roll(12) == 0 {
                let reply = world.start().await;
                model.push(BTreeSet::new());
                held.push(Held { ticket: reply.ticket, flow: model.len() - 1 });
                continue;
            }
            // Mostly the newest ticket, so that some flows are completed.
            let pick = match dice.roll(4) {
                0 => dice.roll(held.len()),
                _ => held.len() - 1,
            };
            let flow = held[pick].flow;
            match dice.roll(9) {
                0..=2 => {
                    let selection: Selection =
                        [email(), sms(), voice()].into_iter().nth(dice.roll(3)).expect("three");
                    let reset = world.engine.reset();
                    let reply = reset.challenge(&request(), &held[pick].ticket, &selection).await;
                    world.deliver().await;
                    if let Ok(reply) = reply {
                        held.push(Held { ticket: reply.ticket, flow });
                    }
                }
                3..=6 => {
                    let to = [MAIL, MOBILE][dice.roll(2)];
                    let sent: Vec<_> = world.inbox.messages_to(to);
                    let codes: Vec<_> = sent.iter().filter_map(|message| message.code()).collect();
                    let Some(newest) = codes.last() else { continue };
                    let typed = match dice.roll(6) {
                        0 => other_than(newest),
                        1 => codes[dice.roll(codes.len())].to_owned(),
                        _ => (*newest).to_owned(),
                    };
                    if let Ok(reply) = world.prove(&held[pick].ticket, &typed).await {
                        assert!(codes.contains(&typed.as_str()), "seed {seed}, call {call}");
                        model[flow].insert(to);
                        held.push(Held { ticket: reply.ticket, flow });
                    }
                }
                7 => {
                    let password = format!("seed {seed} call {call} violet plum");
                    let before = world.directory.writes(&world.tenant, &world.user).len();
                    let secret = SecretText::from(password.as_str());
                    let reset = world.engine.reset();
                    let answer = reset.complete(&request(), &held[pick].ticket, &secret).await;
                    let after = world.directory.writes(&world.tenant, &world.user).len();
                    assert_eq!(after > before, world.password_is(&password));
                    if after > before {
                        let case = format!("seed {seed}, call {call}");
                        assert_eq!(model[flow].len(), 2, "{case}");
                        let done = answer.expect("written").step;
                        assert_eq!(done, Step::Done { propagated: true });
                        model.iter_mut().for_each(BTreeSet::clear);
                        written += 1;
                    } else {
                        refused += 1;
                    }
                }
                _ => match dice.roll(10) {
                    0 => {
                        let again = format!("changed {changes} at the desk");
                        let (tenant, user) = (&world.tenant, &world.user);
                        world.directory.change_password(tenant, user, &again).expect("set");
                        model.iter_mut().for_each(BTreeSet::clear);
                        changes += 1;
                    }
                    1 if changes < 4 => {
                        let address = format!("more{changes}@private.example");
                        world.register(NewMethod::email(mail(&address)), &address).await;
                        model.iter_mut().for_each(BTreeSet::clear);
                        changes += 1;
                    }
                    2 => world.clock.advance(20 * MINUTE),
                    3 => world.clock.advance(DAY),
                    _ => world.clock.advance(MINUTE),
                },
            }
        }
    }
    assert!(calls >= 2_000);
    assert!(written >= 10 && refused >= 50, "{written} written, {refused} refused");
}
