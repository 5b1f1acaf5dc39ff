//! A day of pumping: stolen accounts register numbers whose holder is paid for each text, beside people
//! who register their own. What it costs without a defence, with a budget, and with a breaker.

use sspr::facts::PhoneNumber;
use sspr::method::{Channel, NewMethod};
use sspr::policy::{Breaker, Scope};
use sspr::testing::block_on;
use sspr::{Attempt, PolicySettings};

use crate::simulation::attack::{HOUR, MINUTE};
use crate::simulation::under_test::{StoreUnderTest, all};
use crate::support::{World, request_from};

/// Stolen accounts that each ask for one text, spread over the day.
const STOLEN: u32 = 288;
/// Minutes between two of them.
const EVERY: u32 = 5;
/// The day's limits of the budget, and the sample of the breaker.
const PER_PREFIX: u32 = 60;
const SAMPLE: u32 = 20;

/// A defence and what it has let through.
#[derive(Debug, Default)]
struct Day {
    /// Texts to the fraudster's numbers.
    pumped: usize,
    /// People of the home country who have registered their number, of 24.
    at_home: u32,
    /// People who live in the fraudster's country and have registered, of 6.
    abroad: u32,
    opened: u64,
}

fn defences() -> [(&'static str, PolicySettings); 4] {
    let mut none = PolicySettings::default();
    none.scope = Scope::All;
    let mut budget = none.clone();
    budget.numbers.new_per_prefix = Some(PER_PREFIX);
    let mut breaker = none.clone();
    let mut small = Breaker::default();
    small.sample = SAMPLE;
    (small.window, small.rest) = (2 * HOUR, 6 * HOUR);
    breaker.numbers.breaker = Some(small);
    let mut both = breaker.clone();
    both.numbers.new_per_prefix = budget.numbers.new_per_prefix;
    [("nothing", none), ("a budget", budget), ("a breaker", breaker), ("both", both)]
}

/// One text for a new account. Returns whether its code came and was entered.
async fn registers(world: &World, name: &str, to: &str, is_honest: bool) -> bool {
    let user = world.add_user(name, name);
    let mobile = PhoneNumber::parse(to).expect("a number");
    let method = NewMethod::mobile_phone(mobile, Channel::Sms).expect("reached");
    let n = u8::try_from(name.bytes().map(u32::from).sum::<u32>() % 250).expect("small");
    let from = request_from(&format!("198.51.{n}.{}", name.len()));
    let (registration, user) = (world.engine.registration(), world.signed_in_as(&user));
    let Ok(added) = registration.add(&from, &user, &method).await else { return false };
    world.deliver().await;
    let Some(sent) = world.inbox.last_code_to(to).filter(|_| is_honest) else { return false };
    let typed = Attempt::code(&sent).expect("a code");
    let confirmed = registration.confirm(&from, &user, &added.ticket, &typed).await;
    world.deliver().await;
    confirmed.is_ok()
}

async fn day(under_test: &StoreUnderTest, defence: &str, settings: PolicySettings) -> Day {
    let store = std::sync::Arc::clone(&under_test.store);
    let world = World::builder().store(store).settings(settings).open().await;
    let mut day = Day::default();
    // From midnight (UTC) on, since a budget is one of a day.
    world.clock.advance(16 * HOUR);
    for n in 0..STOLEN {
        // The ranges change, so that no limit of a range is spent.
        let dear = format!("+88{}{:07}", 216 + n % 2, n * 10_007);
        registers(&world, &format!("stolen-{n}"), &dear, false).await;
        day.pumped += world.inbox.messages_to(&dear).len();
        let in_day = n / (STOLEN / 24);
        if n % (STOLEN / 24) == 0 {
            let home = format!("+1425555{in_day:04}");
            day.at_home += u32::from(registers(&world, &format!("home-{n}"), &home, true).await);
        }
        if n % (STOLEN / 6) == 7 {
            let abroad = format!("+88217{in_day:07}");
            let came = registers(&world, &format!("abroad-{n}"), &abroad, true).await;
            day.abroad += u32::from(came);
        }
        world.clock.advance(EVERY * MINUTE);
    }
    day.opened = world.engine.stats().breakers_opened;
    let stopped = world.engine.stats().stopped_codes;
    println!(
        "{}, {defence}: {} of {STOLEN} texts to pumped numbers, {stopped} codes stopped, the breaker \
         opened {} times; registered: {} of 24 at home, {} of 6 in the pumped country",
        under_test.name, day.pumped, day.opened, day.at_home, day.abroad,
    );
    day
}

/// Without a defence each text of the day is sent. A budget bounds them, a breaker leaves a sample and
/// probes. People elsewhere register as always.
#[test]
fn a_day_of_pumping_costs_what_the_defence_leaves() {
    for store in all() {
        let [none, budget, breaker, both] = defences().map(|(defence, settings)| {
            let under_test = store();
            block_on(day(&under_test, defence, settings))
        });
        for day in [&none, &budget, &breaker, &both] {
            assert_eq!(day.at_home, 24, "{day:?}");
        }
        assert_eq!((none.pumped, none.abroad), (STOLEN as usize, 6));
        assert!(budget.pumped <= PER_PREFIX as usize, "{budget:?}");
        // The sample, those that had not ended, and the probes of three rests.
        let most = SAMPLE + 3 + 3 * (Breaker::default().probes + SAMPLE / 5);
        // A turn of `maintain` counts ended codes beside its deliveries, so one text may go before or after a count.
        for day in [&breaker, &both] {
            assert!((10..=most as usize).contains(&day.pumped) && day.opened >= 1, "{day:?}");
        }
    }
}
