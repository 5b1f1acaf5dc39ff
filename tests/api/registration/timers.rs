//! The age of a sign-in and of its second factor.

use std::time::Duration;

use crate::registration::person::*;
use crate::support::*;
use sspr::method::SignInContext;
use sspr::port::Clock as _;
use sspr::{Refusal, SignedIn};

fn signed_in(world: &World, minutes: u64, second_factor: Option<u64>) -> SignedIn {
    let now = world.clock.now();
    let ago = |minutes: u64| now.minus(Duration::from_secs(60 * minutes));
    let mut context = SignInContext::new("s", ago(minutes));
    if let Some(minutes) = second_factor {
        context = context.with_second_factor(ago(minutes));
    }
    SignedIn::vouch(world.tenant.clone(), world.user.clone(), context)
}

/// D16: a fresh password does not refresh an old second factor, nor the reverse, and the refusal
/// names the one that is missing.
#[tokio::test]
async fn the_stricter_of_two_timers_decides_and_the_refusal_says_which() {
    let cases = [
        (0, None, None),
        (5, None, None),
        (6, None, Some(Refusal::ReauthenticationRequired)),
        (0, Some(5), None),
        (0, Some(11), Some(Refusal::SecondFactorRequired)),
        (11, Some(0), Some(Refusal::ReauthenticationRequired)),
    ];
    for (minutes, second_factor, wanted) in cases {
        let world = World::builder().settings(by_default()).open().await;
        let registration = world.engine.registration();
        let user = signed_in(&world, minutes, second_factor);
        let listed = registration.list(&request(), &user).await.map(drop);
        let reviewed = registration.review(&request(), &user).await.map(drop);
        let begun = registration.add(&request(), &user, &mail_to(MAIL)).await.map(drop);
        for answer in [listed, reviewed, begun] {
            match &wanted {
                None => answer.unwrap_or_else(|error| panic!("{user:?}: {error}")),
                Some(wanted) => assert_eq!(refusal(answer), *wanted, "{user:?}"),
            }
        }
    }
}
