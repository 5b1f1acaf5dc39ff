//! A spent account budget is not visible: the replies are the same as with budget left.

use std::time::Duration;

use sspr::policy::Disclosure;
use sspr::testing::block_on;
use sspr::{Request, ResetTicket, Source};

use crate::support::{MAIL, START, email, sms, voice};
use crate::uniformity::{Script, Seen, Watched, identifier, watched};

/// Spends what strangers may open on an account, so that the next flow is silently refused.
async fn throttle(watched: &Watched, name: &str) {
    // Three flows may be live at once, and five challenges may be opened in an hour.
    for batch in 0..2 {
        for number in 0..3 {
            let source = Source::parse(&format!("198.51.{batch}.{number}"));
            let request = Request::new(watched.world.tenant.clone(), source);
            let reset = watched.engine.reset();
            let reply = reset.start(&request, &identifier(name)).await.expect("started");
            // Two codes by mail take all the comparisons that mail has.
            let option = if number < 2 { email() } else { sms() };
            let _ = reset.challenge(&request, &reply.ticket, &option).await;
        }
        watched.world.clock.advance(Duration::from_secs(16 * 60));
        watched.world.deliver().await;
    }
    watched.world.inbox.clear();
}

/// Plays a script in a world that is throttled, and in one that is not.
fn throttled_or_not<'a, F>(script: impl Fn(Watched) -> F) -> [Vec<String>; 2]
where
    F: Future<Output = Vec<String>> + 'a,
{
    [true, false].map(|throttled| {
        block_on(async {
            let watched = watched(Disclosure::Uniform).await;
            if throttled {
                throttle(&watched, "ada").await;
            } else {
                watched.world.clock.advance(Duration::from_secs(32 * 60));
                watched.world.inbox.clear();
            }
            let inbox = watched.world.inbox.clone();
            let answers = script(watched).await;
            assert_eq!(inbox.last_code_to(MAIL).is_none(), throttled, "the budget is spent");
            answers
        })
    })
}

fn stranger(watched: &Watched) -> Script<'_> {
    let request = Request::new(watched.world.tenant.clone(), Source::parse("203.0.113.9"));
    Script { watched, request, ticket: None, seen: Seen::default() }
}

#[test]
fn a_spent_budget_is_not_visible() {
    let [spent, fresh] = throttled_or_not(|watched| async move {
        let mut script = stranger(&watched);
        script.start("ada").await;
        script.challenge(&email()).await;
        script.view().await;
        script.challenge(&email()).await;
        script.prove("00000000").await;
        script.complete().await;
        script.wait(61).await;
        script.challenge(&email()).await;
        script.prove("00000000").await;
        script.view().await;
        script.seen.answers
    });
    assert_eq!(spent, fresh);
}

/// The same with two methods: the wait of the first remains while the second is used.
#[test]
fn a_spent_budget_is_not_visible_for_any_method() {
    let [spent, fresh] = throttled_or_not(|watched| async move {
        let mut script = stranger(&watched);
        script.start("ada").await;
        script.challenge(&email()).await;
        script.challenge(&sms()).await;
        script.challenge(&email()).await;
        watched.world.deliver().await;
        script.seen.answers
    });
    assert_eq!(spent, fresh);
}

/// The same with the ticket of an earlier answer: what a browser's back button sends.
#[test]
fn a_spent_budget_is_not_visible_with_an_earlier_ticket() {
    let [spent, fresh] = throttled_or_not(|watched| async move {
        let mut script = stranger(&watched);
        script.start("ada").await;
        let first = script.seen.tickets[0].clone();
        script.challenge(&email()).await;
        watched.world.deliver().await;
        script.ticket = Some(ResetTicket::parse(&first).expect("own"));
        script.challenge(&email()).await;
        script.seen.answers
    });
    assert_eq!(spent, fresh);
}

/// The same over the life of a code: a challenge that was never opened runs out like any other.
#[test]
fn a_spent_budget_is_not_visible_over_the_life_of_a_code() {
    let [spent, fresh] = throttled_or_not(|watched| async move {
        let mut script = stranger(&watched);
        script.start("ada").await;
        script.challenge(&email()).await;
        script.wait(1).await;
        script.wait(11 * 60).await;
        script.view().await;
        script.seen.answers
    });
    assert_eq!(spent, fresh);
}

/// Codes become longer when a destination has had too many, which must not reveal whose number it
/// is. Texts and calls to one number count together, also for a decoy.
#[test]
fn longer_codes_do_not_tell_who_exists() {
    let [ada, unknown] = ["ada", "unknown"].map(|name| {
        block_on(async {
            let watched = watched(Disclosure::Uniform).await;
            // The beginning of a day of the counters, so that both runs lie in the same windows.
            let midnight = sspr::Timestamp::from_unix_seconds((START / 86_400 + 5) * 86_400);
            watched.world.clock.set(midnight);
            let mut lengths = Vec::new();
            for round in 0_u64..14 {
                let source = Source::parse(&format!("198.51.100.{round}"));
                let request = Request::new(watched.world.tenant.clone(), source);
                let mut script =
                    Script { watched: &watched, request, ticket: None, seen: Seen::default() };
                script.start(name).await;
                let option = if round % 2 == 0 { sms() } else { voice() };
                script.challenge(&option).await;
                let answer = script.seen.answers.last().expect("one").clone();
                let at = answer.find("\"length\":").map(|at| answer[at..at + 10].to_owned());
                lengths.push(at);
                watched.world.clock.advance(Duration::from_secs(3 * 3_600));
                watched.world.deliver().await;
            }
            lengths
        })
    });
    assert_eq!(ada, unknown);
}
