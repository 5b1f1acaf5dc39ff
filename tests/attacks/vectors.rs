//! The replay script of the standard, run through the engine: V22.

use sspr::Timestamp;
use sspr::method::{OathParameters, OathSeed};
use sspr::port::Clock as _;
use sspr::testing::{ManualClock, SoftToken};

use crate::replay::{USES, give, lock_out, sparing};
use crate::stores::StoreKind;
use crate::support::*;

in_memory!(v22_the_script_of_the_standard, v22_only_one_step_of_delay_is_allowed);

/// A world at this time, with a token of the organisation whose seed is that of RFC 6238.
async fn at(seconds: i64) -> World {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(seconds));
    let world = World::builder().clock(clock).settings(sparing()).registered().open().await;
    lock_out(&world);
    let text = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    let seed = OathSeed::parse_base32(text).expect("a seed");
    let parameters = OathParameters::default();
    let id = world.admin().supply_token(&world.user, &seed, parameters).await;
    let (request, user, id) = (request(), world.signed_in(), id.expect("supplied"));
    let registration = world.engine.registration();
    let claimed = registration.claim_token(&request, &user, &id).await.expect("claimed");
    let token = SoftToken::new(text, parameters).expect("a seed");
    let typed = code(&token.code(world.clock.now()));
    let confirmed = registration.confirm(&request, &user, &claimed.ticket, &typed).await;
    assert!(confirmed.expect("confirmed").active);
    world
}

/// How long before the script the world begins: the holds of its addresses pass, and some minutes.
const AHEAD: i64 = 2 * 86_400 + 600;

/// V22 and R-200, appendix A.5: accept, then refuse the older step, refuse the same, accept the next.
async fn v22_the_script_of_the_standard(_kind: &StoreKind) {
    for purpose in USES {
        let world = at(1_111_111_139 - AHEAD).await;
        for (seconds, typed, accepted) in [
            (1_111_111_139, "050471", true),
            (1_111_111_140, "081804", false),
            (1_111_111_140, "050471", false),
            (1_111_111_140, "266759", true),
        ] {
            world.clock.set(Timestamp::from_unix_seconds(seconds));
            let answer = give(&world.engine, "oath_token", purpose, typed).await;
            assert_eq!(answer, accepted, "{purpose} {seconds} {typed}");
        }
    }
}

/// V22 and R-199, appendix A.5: the present and the previous step are accepted, and no other.
async fn v22_only_one_step_of_delay_is_allowed(_kind: &StoreKind) {
    for purpose in USES {
        for (typed, accepted) in [
            ("150727", false),
            ("731029", false),
            ("081804", true),
            ("050471", true),
            ("266759", false),
            ("306183", false),
            ("466594", false),
        ] {
            let world = at(1_111_111_111 - AHEAD).await;
            world.clock.set(Timestamp::from_unix_seconds(1_111_111_111));
            let answer = give(&world.engine, "oath_token", purpose, typed).await;
            assert_eq!(answer, accepted, "{purpose} {typed}");
        }
    }
}
