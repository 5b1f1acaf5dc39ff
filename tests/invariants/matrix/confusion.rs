//! Purpose confusion: the secret of every cell is entered in every other cell, of the same account,
//! of another account and of another tenant. It is refused and proves nothing, and an attempt is
//! reserved if there was an expected secret. The legitimate use works afterwards.

use sspr::testing::block_on;
use sspr::{Engine, Error, Refusal, TenantId};

use crate::matrix::cells::{Cell, Flow, cells};
use crate::matrix::fixture::{Fixture, Person, people, policy};
use crate::matrix::play::{Hand, Play, Secret, Stage, door_of, stages};
use crate::matrix::rules::{Rule, Whose, forms, price, redeems, rule, voids_link};
use crate::matrix::steps::{give, read, to_the_door};

pub(crate) const SOURCES: [&str; 2] = ["198.51.100.1", "198.51.100.2"];
/// The events of a correct secret.
const PROVEN: [&str; 9] = [
    "method_proven",
    "method_confirmed",
    "method_replaced",
    "oath_step_used",
    "recovery_code_used",
    "link_redeemed_elsewhere",
    "proof_repeated",
    "change_started",
    "registration_completed",
];
const RESERVED: [&str; 2] = ["attempt_counted", "secret_counted"];

/// The distance in the table between two cells of different accounts.
const STEPS: [usize; 8] = [0, 1, 4, 7, 13, 19, 29, 41];

pub(crate) fn worthless(answer: &Result<(), Error>) -> bool {
    matches!(answer, Err(Error::Refused(Refusal::NotAccepted) | Error::Invalid(_)))
}

pub(crate) async fn counted(fixture: &Fixture, tenant: &TenantId, codes: &[&str]) -> usize {
    let events = fixture.events(tenant).await;
    events.iter().filter(|event| codes.contains(&event.code())).count()
}

pub(crate) fn plays(from: Cell, at: Cell, whose: Whose) -> [Play; 2] {
    let [ada, bob, other]: &'static [Person; 3] = people();
    let owner = match whose {
        Whose::Own => ada,
        Whose::Neighbours => bob,
        Whose::OtherTenants => other,
    };
    let password = crate::support::NEW;
    let play = |cell, who, source, saved| Play { cell, who, source, password, saved };
    [play(from, owner, SOURCES[0], 0), play(at, ada, SOURCES[1], 1)]
}

/// One ordered pair; returns the number of tries.
fn pair(from: Cell, at: Cell, whose: Whose) -> usize {
    block_on(async {
        let label = format!("{from:?} at {at:?}, {whose:?}");
        let mut settings = policy(from.required().max(at.required()));
        // The share of a source is not under test, so each code has all tries.
        settings.sends.source_share = 100;
        let fixture = Fixture::with(settings);
        let engine = fixture.healthy(7).await;
        let [theirs, mine] = plays(from, at, whose);
        let mut left = to_the_door(&fixture, &engine, &theirs).await;
        let mut right = to_the_door(&fixture, &engine, &mine).await;
        // The code of a device is the current one, wherever it is typed.
        let foreign = read_at(&fixture, &theirs, &left);
        let own = read_at(&fixture, &mine, &right);
        if stages(at)[door_of(at)].keeps() {
            // This cell takes no typed secret.
            return 0;
        }
        let rule = rule(from, at, whose);
        if rule != Rule::Refused {
            shared(&fixture, &engine, rule, (&theirs, &mut left), (&mine, &mut right)).await;
            return 1;
        }
        let forms = forms(at, &foreign, &right.asked());
        for form in &forms {
            let tenant = &mine.who.tenant;
            let proven = counted(&fixture, tenant, &PROVEN).await;
            let reserved = counted(&fixture, tenant, &RESERVED).await;
            let compared = engine.stats().comparisons;
            let answer = give(&fixture, &engine, &mine, &mut right, form).await;
            assert!(worthless(&answer), "{label}: {answer:?}");
            assert_eq!(
                counted(&fixture, tenant, &PROVEN).await,
                proven,
                "{label}: proved something"
            );
            let cost = if form.attempt().is_err() && at.flow != Flow::Change {
                (0, 0)
            } else {
                price(at, form)
            };
            let paid = (
                engine.stats().comparisons - compared,
                counted(&fixture, tenant, &RESERVED).await - reserved,
            );
            assert_eq!(paid, cost, "{label}: comparisons and reservations of {form:?}");
        }
        // Entering a code elsewhere never counts against its owner.
        rightful(
            &fixture,
            &engine,
            &label,
            [(&theirs, &mut left, &foreign), (&mine, &mut right, &own)],
        )
        .await;
        forms.len()
    })
}

fn read_at(fixture: &Fixture, play: &Play, hand: &Hand) -> Secret {
    match hand.secrets.last() {
        Some(secret) => secret.clone(),
        None => read(fixture, play, hand, play.cell.way).expect("in hand"),
    }
}

/// Both secrets work in their own cells; but a confirmed method voids everything outstanding, and an
/// invitation the links before it.
async fn rightful(
    fixture: &Fixture,
    engine: &Engine,
    label: &str,
    both: [(&Play, &mut Hand, &Secret); 2],
) {
    let [(theirs, left, foreign), (mine, right, own)] = both;
    let voids = mine.cell.flow == Flow::Registration && mine.who.user == theirs.who.user;
    let answer = give(fixture, engine, mine, right, own).await;
    assert!(answer.is_ok(), "{label}: the rightful use: {answer:?}");
    if stages(theirs.cell)[left.stage].keeps() {
        return;
    }
    let answer = give(fixture, engine, theirs, left, foreign).await;
    let same_tenant = mine.who.tenant == theirs.who.tenant;
    let same_user = same_tenant && mine.who.user == theirs.who.user;
    if same_user && voids_link(theirs.cell, mine.cell) {
        assert!(worthless(&answer), "{label}: a link from before the invitation: {answer:?}");
    } else if voids
        && same_tenant
        && theirs.cell.flow != Flow::SignIn
        && theirs.cell.flow != Flow::Change
    {
        let over = matches!(&answer, Err(Error::Refused(Refusal::NotAccepted)));
        let redeemed = redeems(theirs.cell);
        assert!(over || redeemed, "{label}: a confirmed method voids others: {answer:?}");
    } else {
        assert!(answer.is_ok(), "{label}: the rightful use of the other: {answer:?}");
    }
}

/// One device, one list or one cell: the secret works once, and is then consumed everywhere.
async fn shared(
    fixture: &Fixture,
    engine: &Engine,
    rule: Rule,
    (theirs, left): (&Play, &mut Hand),
    (mine, right): (&Play, &mut Hand),
) {
    let label = format!("{:?} at {:?}", theirs.cell, mine.cell);
    let secret = read_at(fixture, theirs, left);
    let before = counted(fixture, &mine.who.tenant, &PROVEN).await;
    let answer = give(fixture, engine, mine, right, &secret).await;
    assert!(answer.is_ok(), "{label}: {answer:?}");
    assert!(counted(fixture, &mine.who.tenant, &PROVEN).await > before, "{label}: leaves a trace");
    let again = give(fixture, engine, theirs, left, &secret).await;
    assert!(worthless(&again), "{label}: used up at the first door: {again:?}");
    if rule == Rule::OwnDoor {
        let own = right.secrets.last().expect("read").clone();
        let answer = give(fixture, engine, mine, right, &own).await;
        assert!(answer.is_ok(), "{label}: its own link still opens: {answer:?}");
    }
}

/// Every cell against every other, from the cells of this flow.
fn from_flow(flow: Flow) -> (usize, usize) {
    let (mut pairs, mut tries) = (0, 0);
    for from in cells().into_iter().filter(|cell| cell.flow == flow) {
        for at in cells().into_iter().filter(|at| *at != from) {
            pairs += 1;
            tries += pair(from, at, Whose::Own);
        }
    }
    (pairs, tries)
}

#[test]
fn no_secret_of_a_reset_opens_another_cell() {
    let (pairs, tries) = from_flow(Flow::Reset);
    assert_eq!(pairs, 12 * 67);
    assert!(tries >= pairs - 2 * 12, "{tries} tries");
}

#[test]
fn no_secret_of_an_unlock_opens_another_cell() {
    let (pairs, tries) = from_flow(Flow::Unlock);
    assert_eq!(pairs, 12 * 67);
    assert!(tries >= pairs - 2 * 12, "{tries} tries");
}

#[test]
fn no_secret_of_a_registration_a_change_or_a_sign_in_opens_another_cell() {
    let parts = [Flow::Registration, Flow::Change, Flow::SignIn].map(from_flow);
    assert_eq!(parts.map(|part| part.0), [8 * 67, 67, 2 * 67]);
    assert!(parts.iter().all(|(pairs, tries)| tries + 2 * 8 >= *pairs), "{parts:?}");
}

#[test]
fn no_secret_of_an_administrators_reset_opens_another_cell() {
    let (pairs, tries) = from_flow(Flow::Initiated);
    assert_eq!(pairs, 11 * 67);
    assert!(tries >= pairs - 2 * 11, "{tries} tries");
}

#[test]
fn no_secret_of_an_invitation_opens_another_cell() {
    let (pairs, tries) = from_flow(Flow::Invited);
    assert_eq!(pairs, 11 * 67);
    assert!(tries >= pairs - 2 * 11, "{tries} tries");
}

#[test]
fn no_secret_of_a_link_redeemed_elsewhere_opens_another_cell() {
    let (pairs, tries) = from_flow(Flow::Elsewhere);
    assert_eq!(pairs, 11 * 67);
    assert!(tries >= pairs - 2 * 11, "{tries} tries");
}

/// For another account and another tenant: each cell in its equal, and in a selection of others
/// that shifts from cell to cell.
#[test]
fn no_secret_opens_a_cell_of_another_account_or_tenant() {
    let all = cells();
    let mut tries = 0;
    for (place, from) in all.iter().enumerate() {
        for whose in [Whose::Neighbours, Whose::OtherTenants] {
            for step in STEPS {
                tries += pair(*from, all[(place + step) % all.len()], whose);
            }
        }
    }
    assert!(tries >= 2 * (68 - 2) * (STEPS.len() - 1), "{tries} tries");
}

/// Of two challenges of one flow, neither accepts the other's secret.
#[test]
fn no_challenge_accepts_the_secret_of_another_of_the_same_flow() {
    let mut tries = 0;
    for flow in [Flow::Reset, Flow::Unlock] {
        let all: Vec<Cell> = cells().into_iter().filter(|cell| cell.flow == flow).collect();
        for from in &all {
            for at in all.iter().filter(|at| at.way.kind() != from.way.kind()) {
                tries += within(*from, *at);
            }
        }
    }
    // Twelve ways, without the second way of the same kind for mail and mobile phone.
    assert_eq!(tries, 2 * (12 * 11 - 4));
}

fn within(from: Cell, at: Cell) -> usize {
    block_on(async {
        let label = format!("{:?} for {:?} in one {:?}", from.way, at.way, at.flow);
        let fixture = Fixture::new(2);
        let engine = fixture.healthy(7).await;
        let [mut first, second] = plays(from, at, Whose::Own);
        first.source = second.source;
        let mut hand = to_the_door(&fixture, &engine, &first).await;
        let foreign = hand.secret().clone();
        let challenge = Stage::Challenge(at.way);
        crate::matrix::steps::step(&fixture, &engine, &second, &mut hand, challenge)
            .await
            .expect("opened");
        crate::matrix::fixture::idle(&engine).await;
        let own = read(&fixture, &second, &hand, at.way).expect("arrived");
        let tenant = &first.who.tenant;
        let proven = counted(&fixture, tenant, &PROVEN).await;
        let reserved = counted(&fixture, tenant, &RESERVED).await;
        let attempt = foreign.attempt().expect("formed").answering(at.way.option());
        let answer = crate::matrix::steps::prove(&engine, &second, &mut hand, &attempt).await;
        assert!(worthless(&answer), "{label}: {answer:?}");
        assert_eq!(counted(&fixture, tenant, &PROVEN).await, proven, "{label}");
        let paid = counted(&fixture, tenant, &RESERVED).await - reserved;
        assert_eq!(paid, price(at, &foreign).1, "{label}");
        for (secret, way) in [(own, at.way), (foreign, from.way)] {
            let attempt = secret.attempt().expect("formed").answering(way.option());
            let answer = crate::matrix::steps::prove(&engine, &second, &mut hand, &attempt).await;
            assert!(answer.is_ok(), "{label}: the rightful use: {answer:?}");
        }
        1
    })
}
