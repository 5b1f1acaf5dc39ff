mod throttles;

use super::*;
use crate::domain::account::{
    Account, Challenge, CredentialEpoch, Expected, FlowId, Generation, Purpose, Sends, SourceHash,
    WriteNumber,
};
use crate::domain::crypto::repudiation::RepudiationClaim;
use crate::domain::identity::contact::{Destination, EmailAddress, PhoneNumber};
use crate::domain::identity::ids::{RecordKey, TenantId, UserId};
use crate::domain::identity::locale::Locale;
use crate::domain::message::Notice;
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::policy::{PolicySettings, Scope};
use crate::domain::reason::SsprReason;
use crate::domain::record::{Record, Subject};
use crate::domain::refusal::Refusal;
use std::sync::Arc;
use std::time::Duration;

fn policy(change: impl FnOnce(&mut PolicySettings)) -> Policy {
    let mut settings = PolicySettings { scope: Scope::All, ..PolicySettings::default() };
    settings.users.methods = MethodKind::CONTACTS.into();
    change(&mut settings);
    Policy::new(settings).expect("a sound policy")
}

fn account() -> Account {
    let tenant = TenantId::parse("contoso").expect("valid");
    let user = UserId::parse("u-1").expect("valid");
    Account::blank(RecordKey::from_bytes([3; 32]), tenant, Some(user), at(0))
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + seconds)
}

fn mail() -> Destination {
    Destination::Email(EmailAddress::parse("ada@private.example").expect("valid"))
}

fn open(flow: u8, option: ChallengeOption, destination: Option<&Destination>) -> Open<'_> {
    let terms = FlowTerms {
        id: FlowId([flow; 16]),
        purpose: Purpose::Reset,
        generation: Generation::default(),
        started_at: at(0),
        invitation: None,
        epoch: CredentialEpoch::default(),
        required: 2,
        stamp: None,
        incarnation: None,
    };
    let asked = Asked { by: Asker::Unrecognised, source: SourceHash(u32::from(flow)), at: at(1) };
    let fresh = FreshChallenge { key: 1, nonce: [flow; 12] };
    let expected = destination.cloned().map(Expected::Sent).ok_or(SsprReason::NoSuchMethod);
    Open { expected, ..Open::new(terms, asked, option, fresh) }
}

fn proving(flow: &FlowId) -> Proving<'_> {
    let fits = &|_: &Challenge| true;
    Proving { flow, purpose: Purpose::Reset, generation: Generation::default(), fits }
}

fn email_option() -> ChallengeOption {
    ChallengeOption::preferred(MethodKind::Email)
}

/// The result of a decision, and the account that its transition would commit.
fn after<T>(
    account: &Account,
    policy: &Policy,
    now: Timestamp,
    decide: impl FnOnce(&mut Transition<'_>) -> Result<T, Refusal>,
) -> Result<(T, Account), Refusal> {
    let mut transition = Transition::new(account, policy, now);
    let result = decide(&mut transition)?;
    Ok((result, transition.account))
}

/// a claim may be as far ahead as the clocks of two engines differ, and no further.
#[test]
fn a_claim_of_the_future_repudiates_nothing() {
    for (seconds, accepted) in [(0, true), (29, true), (31, false), (3_600, false)] {
        let claim = RepudiationClaim::new(at(seconds), at(seconds));
        let decided = after(&account(), &policy(|_| ()), at(0), |transition| {
            repudiate(transition, &claim, "ada", |_| Vec::new())
        });
        assert_eq!(decided.is_ok(), accepted, "{seconds} seconds");
    }
}

/// The next owner of the name begins with all budgets, and nothing says from where the last one came.
#[test]
fn a_forgotten_account_has_no_counted_challenge() {
    let mut counted = account();
    let opened = Sends { anonymous: vec![(at(0), SourceHash(1)).into()], ..Sends::default() };
    (counted.sends, counted.in_hand) = (opened.clone(), opened);
    let ((), left) =
        after(&counted, &policy(|_| ()), at(1), |transition| forget(transition, |_| Vec::new()))
            .expect("forgotten");
    assert_eq!((left.sends, left.in_hand), Default::default());
}

/// Invariant 1 and 3: no other flow can use up the attempts of a live code, and the attempts of all
/// live codes together never exceed the pool.
#[test]
fn the_attempts_of_live_codes_never_exceed_the_pool() {
    // Without shares, so that two codes hold the whole pool.
    let (policy, to) = (policy(|settings| settings.sends.source_share = 100), mail());
    let mut state = account();
    let mut promised = 0;
    for flow in 1..=3 {
        let command = open(flow, email_option(), Some(&to));
        let (opened, next) =
            after(&state, &policy, at(1), |transition| open_challenge(transition, &command))
                .expect("decided");
        if opened == Opened::Open {
            state = next;
            promised += u32::from(state.flows.last().expect("a flow").challenges[0].attempts);
        }
        assert!(promised <= policy.failures.anonymous.max);
    }
    assert_eq!(promised, 10, "two codes of five attempts each; the third waits");
    // Guesses at the second code take no attempt from the first.
    for _ in 0..5 {
        let spend = |transition: &mut Transition<'_>| {
            reserve_attempt(transition, &proving(&FlowId([2; 16])))
        };
        state = after(&state, &policy, at(2), spend).expect("an attempt left").1;
    }
    let spend =
        |transition: &mut Transition<'_>| reserve_attempt(transition, &proving(&FlowId([2; 16])));
    assert_eq!(after(&state, &policy, at(2), spend).map(|_| ()), Err(Refusal::NotAccepted));
    let own =
        |transition: &mut Transition<'_>| reserve_attempt(transition, &proving(&FlowId([1; 16])));
    assert!(after(&state, &policy, at(2), own).is_ok());
}

#[test]
fn a_refused_decision_changes_nothing() {
    let policy = policy(|_| {});
    let state = account();
    let guess =
        |transition: &mut Transition<'_>| reserve_attempt(transition, &proving(&FlowId([1; 16])));
    assert_eq!(after(&state, &policy, at(1), guess).map(|_| ()), Err(Refusal::NotAccepted));
}

#[test]
fn a_decoy_challenge_sends_nothing_and_counts_the_same() {
    let (policy, to) = (policy(|_| {}), mail());
    let full = open(1, email_option(), Some(&to));
    let suppressed = open(1, email_option(), None);
    let with = after(&account(), &policy, at(1), |transition| open_challenge(transition, &full))
        .expect("open");
    let without =
        after(&account(), &policy, at(1), |transition| open_challenge(transition, &suppressed))
            .expect("open");
    assert_eq!((with.0, with.1.outbox.len()), (Opened::Open, 1));
    assert_eq!((without.0, without.1.outbox.len()), (Opened::Open, 0));
    assert_eq!(with.1.sends, without.1.sends);
    assert_eq!(with.1.flows[0].challenges[0].attempts, without.1.flows[0].challenges[0].attempts);
}

/// Opens challenges of three kinds in turn, a flow each, from one source; returns how many opened.
fn opened_by(source: u32, state: &mut Account, policy: &Policy, tries: u8) -> usize {
    let to = mail();
    let mut opened = 0;
    for try_ in 0..tries {
        // Another kind each time: only the source is the same.
        let kind = MethodKind::CONTACTS[usize::from(try_) % 3];
        let flow = u8::try_from(state.flows.len()).expect("few") + 1;
        let mut command = open(flow, ChallengeOption::preferred(kind), Some(&to));
        command.asked.source = SourceHash(source);
        let step = after(state, policy, at(1), |transition| open_challenge(transition, &command));
        let (outcome, next) = step.expect("decided");
        if outcome == Opened::Open {
            opened += 1;
            *state = next;
        }
    }
    opened
}

#[test]
fn one_source_holds_no_more_than_its_share_of_the_live_flows() {
    let (policy, mut state) = (policy(|_| {}), account());
    let taken: Vec<usize> =
        (1..=5).map(|source| opened_by(source, &mut state, &policy, 9)).collect();
    assert_eq!(taken, [2, 1, 1, 1, 0], "of 5");
    assert_eq!(state.flows.len(), 5);
}

#[test]
fn one_source_holds_no_more_than_its_share_of_the_challenges_of_an_hour() {
    // Room for the flows, which would be refused first.
    let policy = policy(|settings| settings.sends.live_flows = 10);
    let mut state = account();
    let taken: Vec<usize> =
        (1..=5).map(|source| opened_by(source, &mut state, &policy, 9)).collect();
    assert_eq!(taken, [3, 1, 1, 1, 0], "of 6");
    assert_eq!(state.sends.anonymous.len(), 6);
}

/// A record filled up to the default limits, with the longest addresses, still fits into a body.
#[test]
fn the_default_limits_stay_within_a_body() {
    let policy = policy(|settings| {
        let max = &mut settings.registration.max;
        (max.email, max.mobile_phone, max.office_phone) = (5, 5, 5);
    });
    let longest = format!("{}@{}.example", "a".repeat(64), "b".repeat(63));
    let mail = Destination::Email(EmailAddress::parse(&longest).expect("valid"));
    let phone = Destination::Phone(PhoneNumber::parse("+123 456789012345x123456").expect("valid"));
    let mut state = account();
    for flow in 1..=policy.sends.live_flows {
        for kind in MethodKind::CONTACTS {
            let to = if kind == MethodKind::Email { &mail } else { &phone };
            let mut command = open(flow, ChallengeOption::preferred(kind), Some(to));
            command.offers =
                vec![
                    crate::domain::account::Offer { option: command.option, masked: to.masked() };
                    15
                ];
            let step =
                after(&state, &policy, at(1), |transition| open_challenge(transition, &command));
            state = step.expect("decided").1;
        }
    }
    let tell: Vec<Address> = (0..10)
        .map(|_| Address {
            channel: Channel::Email,
            destination: mail.clone(),
            locale: Locale::default(),
        })
        .collect();
    let notice = Notice::PasswordReset { at: at(1) };
    let step =
        after(&state, &policy, at(2), |transition| transition.notify(notice, &tell, at(2), None));
    state = step.expect("room").1;
    assert!(state.outbox.len() <= MAX_OUTBOX);
    let subject = Subject::Account(Arc::new(state.clone()));
    let record = Record::new(state.key, Version::new(1, 1), subject);
    assert!(record.body().len() <= 16 * 1024, "{} bytes", record.body().len());
    let read = Record::loaded(state.key, Version::new(1, 1), record.body());
    assert_eq!(read.subject().expect("own encoding"), &Subject::Account(Arc::new(state)));
}

/// Invariant 2: a clock that steps back neither revives a code nor refills a window.
#[test]
fn a_clock_that_steps_back_revives_nothing() {
    let (policy, to) = (policy(|_| {}), mail());
    let command = open(1, email_option(), Some(&to));
    let opened =
        after(&account(), &policy, at(10), |transition| open_challenge(transition, &command));
    let state = opened.expect("open").1;
    let guess =
        |transition: &mut Transition<'_>| reserve_attempt(transition, &proving(&FlowId([1; 16])));
    let counted = after(&state, &policy, at(300), guess).expect("live").1;
    // An hour back: the later stamp is not trusted, and its flow is void.
    let back = after(&counted, &policy, at(-3_600), guess);
    assert_eq!(back.map(|_| ()), Err(Refusal::NotAccepted));
    let mut transition = Transition::new(&counted, &policy, at(-3_600));
    transition.sweep();
    let budget = transition.account.budget(MethodKind::Email).expect("counted");
    assert_eq!(
        budget.anonymous.times,
        [(at(-3_600), SourceHash(1)).into()],
        "the window starts again, full"
    );
    // Within the skew, the time of decisions does not go back.
    let mut transition = Transition::new(&counted, &policy, at(280));
    transition.sweep();
    assert_eq!(transition.now, at(300));
    assert_eq!(transition.account.flows.len(), 1);
}

/// The outbox: notices and revocations are taken before codes, whichever were queued first.
#[test]
fn what_protects_the_owner_is_taken_before_a_code() {
    let (policy, to) = (policy(|_| {}), mail());
    let command = open(1, email_option(), Some(&to));
    let queue = |transition: &mut Transition<'_>| {
        let opened = open_challenge(transition, &command)?;
        transition.queue_revocation(
            WriteNumber(1),
            transition.now.plus(Duration::from_secs(1)),
            None,
        );
        Ok(opened)
    };
    let (opened, state) = after(&account(), &policy, at(1), queue).expect("decided");
    assert_eq!((opened, state.outbox.len()), (Opened::Open, 2));
    let [code, revocation] = [0, 1].map(|place| state.outbox[place].number);
    assert!(state.outbox[0].is_code(), "the code was queued first");
    let work = next_work(&state, at(3));
    assert!(matches!(&work, Some(Work::Messages(numbers)) if *numbers == [revocation, code]));
}

/// Events beyond the bound of a commit wait, also when another name takes over the decoy.
#[test]
fn events_that_wait_are_written_in_order_whichever_name_a_decoy_has() {
    let policy = policy(|_| {});
    let about = UserId::parse("u-2").expect("valid");
    let mut transition = Transition::new(&account(), &policy, at(1));
    transition.set_actor(ActorKind::Anonymous, None, Some(&about));
    transition.account.user = None;
    let number = |number| EventKind::SessionsKept { write: WriteNumber(number) };
    (0..70).for_each(|write| transition.record(number(write)));
    let mut written = transition.take_events(Version::new(1, 1));
    let stand_in = StandIn { identifier: [9; 8], claim: None, key: 1 };
    let taken = decoy_for(&transition.account, &stand_in).expect("another name");
    let mut transition = Transition::new(&taken, &policy, at(2));
    transition.record(number(70));
    for count in [2, 3] {
        assert!(
            transition.account.wake_at() <= Some(at(2)) && !transition.account.unwritten.is_empty()
        );
        written.extend(transition.take_events(Version::new(count, 1)));
    }
    assert_eq!(transition.account.unwritten, []);
    let expected: Vec<_> = (0..71).map(number).collect();
    let kinds: Vec<_> = written.iter().map(|event| event.kind.clone()).collect();
    assert_eq!(kinds, expected);
    let places: Vec<_> = written.iter().map(|event| (event.id.count, event.id.index)).collect();
    assert!(places.is_sorted() && places[31..33] == [(1, 31), (2, 0)], "{places:?}");
    let whose = |event: &Event| (event.at, event.user.clone());
    assert_eq!(whose(&written[69]), (at(1), Some(about.clone())));
    assert_eq!(whose(&written[70]), (at(2), None));
}

/// A clock that was ahead leaves neither refused acts nor a required registration in the future: the
/// first would suppress every later event, the second would make each new method count as old.
#[test]
fn a_clock_that_was_ahead_leaves_no_stamp_of_refused_acts_and_registrations() {
    let (policy, mut state) = (policy(|_| {}), account());
    let ahead = at(10 * 86_400);
    state.seen = ahead;
    state.acts.refused = vec![ahead; 10];
    state.registration.required_since = Some(ahead);
    let transition = Transition::new(&state, &policy, at(60));
    assert!(transition.clock_ahead);
    assert!(transition.account.acts.refused.iter().all(|at_refused| *at_refused <= at(60)));
    assert_eq!(transition.account.registration.required_since, Some(at(60)));
}
