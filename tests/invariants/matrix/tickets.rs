//! Tickets: the text of each is used as every other type, with every verb, and in another tenant.
//! The types keep a ticket itself from being used with another flow's verbs.

use sspr::testing::block_on;
use sspr::{
    Attempt, ChangeTicket, Engine, Error, InvalidInput, RegistrationTicket, ResetTicket,
    SecretText, UnlockTicket,
};

use crate::matrix::cells::{Cell, Flow, Way};
use crate::matrix::confusion::{SOURCES, plays, worthless};
use crate::matrix::fixture::{Fixture, Person, people};
use crate::matrix::play::{Paper as _, Play};
use crate::matrix::rules::Whose;
use crate::matrix::steps::{give, play, to_the_door};
use crate::support::NEW;

const FLOWS: [Cell; 4] = [
    Cell::new(Flow::Reset, Way::Sms),
    Cell::new(Flow::Unlock, Way::Voice),
    Cell::new(Flow::Registration, Way::EmailCode),
    Cell::new(Flow::Change, Way::Password),
];

fn foreign<T>(answer: Result<T, Error>) -> bool {
    matches!(answer, Err(Error::Invalid(InvalidInput::Foreign { .. })))
}

/// The verbs of a flow that take a ticket, each with its reply to this text.
async fn verbs(
    fixture: &Fixture,
    engine: &Engine,
    who: &Person,
    flow: Flow,
    text: &str,
) -> Vec<bool> {
    let request = who.request("198.51.100.9");
    let user = who.signed_in(fixture.now());
    let password = SecretText::from(NEW);
    let code = Attempt::code("12345678").expect("formed");
    let way = Way::EmailCode.selection();
    macro_rules! recovery {
        ($handle:expr, $ticket:ty, $complete:expr) => {{
            let (handle, ticket) = ($handle, <$ticket>::read(text));
            vec![
                foreign(handle.view(&request, &ticket).await),
                foreign(handle.challenge(&request, &ticket, &way).await),
                foreign(handle.prove(&request, &ticket, &code).await),
                foreign($complete(&handle, &ticket).await),
                foreign(handle.cancel(&request, &ticket).await),
                foreign(handle.contact_administrator(&request, &ticket).await),
                foreign(handle.remember_device(&request, &ticket).await),
                foreign(handle.replace_recovery_code(&request, &ticket).await),
                foreign(handle.acknowledge_recovery_code(&request, &ticket).await),
            ]
        }};
    }
    match flow {
        Flow::Reset => {
            let complete = async |handle: &sspr::Reset<'_>, ticket: &ResetTicket| {
                handle.complete(&request, ticket, &password).await
            };
            recovery!(engine.reset(), ResetTicket, complete)
        }
        Flow::Unlock => {
            let complete = async |handle: &sspr::Unlock<'_>, ticket: &UnlockTicket| {
                handle.complete(&request, ticket).await
            };
            recovery!(engine.unlock(), UnlockTicket, complete)
        }
        Flow::Registration => {
            let ticket = RegistrationTicket::read(text);
            vec![foreign(engine.registration().confirm(&request, &user, &ticket, &code).await)]
        }
        _ => {
            let (change, ticket) = (engine.change(), ChangeTicket::read(text));
            vec![
                foreign(change.view(&request, &ticket).await),
                foreign(change.complete(&request, &ticket, &password).await),
                foreign(change.cancel(&request, &ticket).await),
            ]
        }
    }
}

fn of(cell: Cell) -> Play {
    let source = "198.51.100.3";
    Play { cell, who: &people()[0], source, password: NEW, saved: 0 }
}

#[test]
fn a_ticket_is_foreign_to_every_verb_of_every_other_flow_and_tenant() {
    block_on(async {
        let (mut tries, [ada, _, other]) = (0, people());
        for from in FLOWS {
            let fixture = Fixture::new(1);
            let engine = fixture.healthy(7).await;
            let scenario = of(from);
            let mut hand = to_the_door(&fixture, &engine, &scenario).await;
            let past_the_door = hand.stage + 1;
            if from.flow == Flow::Change {
                let stopped = play(&fixture, &engine, &scenario, &mut hand, past_the_door).await;
                assert!(stopped.is_none(), "{stopped:?}");
            }
            let text = hand.tickets.last().expect("one").clone();
            for at in FLOWS {
                for (who, same) in [(ada, at.flow == from.flow), (other, false)] {
                    if same {
                        continue;
                    }
                    let before = fixture.events(&who.tenant).await.len();
                    let answers = verbs(&fixture, &engine, who, at.flow, &text).await;
                    assert!(
                        answers.iter().all(|answer| *answer),
                        "{from:?} as {at:?}: {answers:?}"
                    );
                    assert_eq!(fixture.events(&who.tenant).await.len(), before, "nothing is noted");
                    tries += answers.len();
                }
            }
            // The rightful use works afterwards.
            let stopped = play(&fixture, &engine, &scenario, &mut hand, usize::MAX).await;
            assert!(stopped.is_none(), "{from:?}: {stopped:?}");
        }
        // Nine, nine, one and three verbs: of three flows in one tenant, and of four in the other.
        assert_eq!(tries, 22 * 3 + 22 * 4);
    });
}

/// A ticket of one account vouches for no other signed-in user.
#[test]
fn a_registration_ticket_is_foreign_to_another_user() {
    block_on(async {
        let fixture = Fixture::new(1);
        let engine = fixture.healthy(7).await;
        let scenario = of(FLOWS[2]);
        let hand = to_the_door(&fixture, &engine, &scenario).await;
        let bob = &people()[1];
        let (request, user) = (bob.request("198.51.100.9"), bob.signed_in(fixture.now()));
        let ticket: RegistrationTicket = hand.ticket();
        let right = hand.secret().attempt().expect("formed");
        let registration = engine.registration();
        let answer: Result<_, Error> = registration.confirm(&request, &user, &ticket, &right).await;
        assert!(foreign(answer));
        let user = scenario.who.signed_in(fixture.now());
        let answer = registration.confirm(&request, &user, &ticket, &right).await;
        assert!(answer.expect("confirmed").active);
    });
}

/// A link opens no flow of another purpose, with or without the identifier.
#[test]
fn a_link_is_redeemed_for_its_own_purpose_only() {
    block_on(async {
        for flow in [Flow::Reset, Flow::Unlock, Flow::Initiated, Flow::Invited, Flow::Elsewhere] {
            let fixture = Fixture::new(1);
            let engine = fixture.healthy(7).await;
            let [play, _] = plays(
                Cell::new(flow, Way::EmailLink),
                Cell::new(Flow::Reset, Way::EmailLink),
                Whose::Own,
            );
            let mut hand = to_the_door(&fixture, &engine, &play).await;
            let (request, name) = (play.who.request(SOURCES[1]), &play.who.name);
            let link = hand.secret().attempt().expect("a link");
            let answer = if flow == Flow::Unlock {
                engine.reset().redeem_link(&request, name, &link).await.map(|_| ())
            } else {
                engine.unlock().redeem_link(&request, name, &link).await.map(|_| ())
            };
            assert!(worthless(&answer), "{flow:?}: {answer:?}");
            assert_eq!(engine.stats().comparisons, 0, "{flow:?}: nothing to compare with");
            let secret = hand.secret().clone();
            give(&fixture, &engine, &play, &mut hand, &secret).await.expect("its own purpose");
        }
    });
}
