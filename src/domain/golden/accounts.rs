//! Accounts that together have a value in every field.

use super::factors::{answers_challenge, asked, question_set, seeds, watched};
use super::{at, key, tenant, user};
use crate::domain::account::budget::{
    BudgetEffects, Entry, MethodBudget, PoolKind, ThrottleState, Verdict, Window,
};
use crate::domain::account::{
    Account, Acts, Challenge, ChallengeNumber, Counted, CredentialEpoch, Decoy, Done, Effect,
    Expected, Factor, FamiliarSource, Flow, FlowId, FlowNumber, Generation, Grant, KnownDevice,
    MessageNumber, Method, MethodNumber, MethodState, Numbers, Offer, Pending, PendingBody, Proof,
    Provenance, Purpose, RecoveryCodeSet, RegistrationState, Repeat, Repudiated, Sends,
    SessionHash, Sitting, SourceHash, Told, Unknown, Unwritten, Write, WriteNumber, WriteState,
};
use crate::domain::crypto::digest::{Digest, DigestOf};
use crate::domain::event::{ActorKind, EventKind, FlowEnd};
use crate::domain::identity::coarse::{CoarseOrigin, CountryCode, DeviceKind};
use crate::domain::identity::contact::{Destination, EmailAddress, PhoneNumber};
use crate::domain::identity::ids::MethodId;
use crate::domain::identity::locale::Locale;
use crate::domain::identity::writes::SessionKinds;
use crate::domain::message::Notice;
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::policy::{CodeAlphabet, CodeFormat, ThrottledAct};
use crate::domain::reason::FlowStage;

/// The accounts, by the names of their files.
pub(super) fn accounts() -> [(&'static str, Account); 5] {
    let write = |number, effect, state| Write {
        number,
        flow: FlowNumber(2),
        effect,
        started_at: at(70),
        deadline: at(100),
        state,
        unknown: Unknown::NONE,
    };
    let mut full = full();
    full.write = Some(write(WriteNumber(8), Effect::Reset, WriteState::Writing));
    let mut changing = Account::blank(key(), tenant(), Some(user()), at(0));
    changing.write = Some(write(WriteNumber(1), Effect::Change, WriteState::Unsettled));
    let mut unlocking = Account::blank(key(), tenant(), Some(user()), at(0));
    unlocking.write = Some(write(WriteNumber(1), Effect::Unlock, WriteState::Writing));
    unlocking.forgotten = true;
    let mut acted_on = Account::blank(key(), tenant(), Some(user()), at(0));
    acted_on.write = Some(write(WriteNumber(1), Effect::Temporary, WriteState::Writing));
    let mut decoy = Account::blank(key(), tenant(), None, at(0));
    let methods = vec![full.methods[0].clone()];
    let of = Decoy { identifier: [7; 8], methods, taken_over: false, unknown: Unknown::NONE };
    decoy.decoy = Some(Box::new(of));
    [
        ("account_v1.json", full),
        ("account_changing_v1.json", changing),
        ("account_unlocking_v1.json", unlocking),
        ("account_acted_on_v1.json", acted_on),
        ("decoy_v1.json", decoy),
    ]
}

fn id(number: usize) -> MethodId {
    MethodId::parse(&format!("m{number}")).expect("valid")
}

fn mail() -> Destination {
    Destination::Email(EmailAddress::parse("ada@private.example").expect("valid"))
}

fn phone() -> Destination {
    Destination::Phone(PhoneNumber::parse("+1 4255550101x22").expect("valid"))
}

fn digest(secret: u8) -> Digest {
    Digest::of(DigestOf::RecoveryCode, &tenant(), &user(), &[secret])
}

fn methods() -> Vec<Method> {
    let saved = Factor::RecoveryCode(RecoveryCodeSet {
        codes: vec![digest(1), digest(2)],
        replacement: Some(digest(3)),
        unknown: Unknown::NONE,
    });
    let [app, token, further] = seeds();
    let kinds = [
        (MethodKind::Email, Factor::Address(mail()), Provenance::Confirmed),
        (MethodKind::OfficePhone, Factor::Address(phone()), Provenance::Administrator),
        (MethodKind::MobilePhone, Factor::Address(phone()), Provenance::Directory),
        (MethodKind::AuthenticatorApp, app, Provenance::Unconfirmed),
        (MethodKind::OathToken, token, Provenance::Administrator),
        (MethodKind::AuthenticatorApp, further, Provenance::Confirmed),
        (MethodKind::RecoveryCode, saved, Provenance::Confirmed),
        (MethodKind::SecurityQuestions, question_set(), Provenance::Confirmed),
    ];
    let numbered = kinds.into_iter().enumerate();
    let method = |(place, (kind, factor, provenance)): (usize, _)| Method {
        id: id(place + 1),
        kind,
        factor,
        state: if place == 3 { MethodState::Pending } else { MethodState::Active },
        provenance,
        added_at: at(-90),
        confirmed_at: Some(at(-85)),
        usable_from: at(-30),
        replaces: (place == 3).then(|| id(6)),
        session: (place == 3).then_some(SessionHash(79)),
        unknown: Unknown::NONE,
    };
    numbered.map(method).collect()
}

fn challenge(number: u32, method: MethodKind, channel: Channel, expected: Expected) -> Challenge {
    let alphabet = if number == 1 { CodeAlphabet::Strong } else { CodeAlphabet::Digits };
    Challenge {
        number: ChallengeNumber(number),
        option: ChallengeOption::indexed(method, channel, 1).expect("reached"),
        key: 7,
        nonce: std::array::from_fn(|place| place as u8),
        format: CodeFormat::new(alphabet, 8),
        opened_at: at(0),
        expires_at: at(600),
        attempts: 5,
        tried: number == 2,
        pool: if number == 1 { PoolKind::Anonymous } else { PoolKind::Proven },
        source: SourceHash(4_000_000_000),
        expected,
        confirms: Some(id(4)),
        unknown: Unknown::NONE,
    }
}

fn challenges() -> Vec<Challenge> {
    vec![
        challenge(1, MethodKind::Email, Channel::Link, Expected::Sent(mail())),
        challenge(2, MethodKind::MobilePhone, Channel::Sms, Expected::Decoy),
        challenge(3, MethodKind::OathToken, Channel::InHand, Expected::Oath(id(5))),
        challenge(4, MethodKind::RecoveryCode, Channel::InHand, Expected::RecoveryCode(id(7))),
        challenge(5, MethodKind::Passkey, Channel::InHand, Expected::External),
        challenge(6, MethodKind::OfficePhone, Channel::Voice, Expected::Sent(phone())),
        challenge(7, MethodKind::Email, Channel::Email, Expected::Sent(mail())),
        challenge(8, MethodKind::Email, Channel::Email, Expected::SignInNames(mail())),
        answers_challenge(challenge),
    ]
}

fn flows() -> Vec<Flow> {
    let flow = |(place, purpose): (u8, Purpose)| Flow {
        number: FlowNumber(u32::from(place)),
        id: FlowId([place; 16]),
        former: Some(FlowId([place + 100; 16])),
        purpose,
        generation: Generation(2),
        started_at: at(0),
        expires_at: at(900),
        epoch: CredentialEpoch(3),
        source: SourceHash(4_000_000_000),
        by_administrator: true,
        known_device: true,
        familiar: true,
        stamp: Some("41".into()),
        required: 2,
        challenges: if place == 0 { challenges() } else { Vec::new() },
        proofs: vec![Proof {
            method: MethodKind::Email,
            identity: mail().normalised(),
            challenge: ChallengeNumber(9),
            at: at(30),
            unknown: Unknown::NONE,
        }],
        repeat: Some(Box::new(Repeat {
            challenge: challenge(9, MethodKind::Email, Channel::Email, Expected::Sent(mail())),
            step: Some(60_000_001),
            code: Some(digest(4)),
            asked: asked(),
            unknown: Unknown::NONE,
        })),
        grant: Some(Grant { expires_at: at(300), rejections: 1, unknown: Unknown::NONE }),
        done: Some(Done {
            at: at(80),
            propagated: false,
            replace_recovery_code: true,
            remembered: true,
        }),
        unknown: Unknown::NONE,
    };
    (0..).zip(Purpose::ALL).map(flow).collect()
}

/// One notice of each kind.
pub(super) fn notices() -> Vec<Notice> {
    let (at, method) = (at(5), MethodKind::Email);
    vec![
        Notice::PasswordReset { at },
        Notice::PasswordMayHaveChanged { at },
        Notice::PasswordChanged { at },
        Notice::AccountUnlocked { at },
        Notice::AccountMayHaveBeenUnlocked { at },
        Notice::MethodAdded { method, at },
        Notice::MethodRemoved { method, at },
        Notice::MethodReplaced { method, at },
        Notice::MethodsRevoked { at },
        Notice::RecoveryCodeUsed { left: 9, at },
        Notice::RegistrationRequired { at },
        Notice::ResetRequested { at },
        Notice::ContactsChanged { at },
        Notice::Unblocked { at },
        Notice::ManyFailures { method, at },
        Notice::AdministratorMayHaveReset { at },
        Notice::AdministratorReset { at },
        Notice::HelpRequested { at },
        Notice::SeveralChanges { count: 3, password: true, since: at, at },
        Notice::HelpRequests { count: 7, since: at, at },
        Notice::TemporaryPassword { at },
        Notice::Repudiated { methods: 1, at },
        Notice::OwnerRepudiated { at },
    ]
}

fn outbox() -> Vec<Pending> {
    let locale = Locale::parse("zh-CN").expect("valid");
    let notice = |notice| PendingBody::Notice {
        notice,
        channel: Channel::Email,
        destination: mail(),
        locale: locale.clone(),
        about: Some("ada@contoso.example".to_owned()),
        mail_too: true,
        counted: Counted::Digest { window: at(3) },
    };
    let mut bodies: Vec<_> = notices().into_iter().map(notice).collect();
    let counted = [Counted::No, Counted::Begun, Counted::Yes];
    bodies.extend(counted.map(|counted| PendingBody::Notice {
        notice: Notice::HelpRequested { at: at(5) },
        channel: Channel::Email,
        destination: mail(),
        locale: locale.clone(),
        about: None,
        mail_too: false,
        counted,
    }));
    bodies.push(PendingBody::Announce { notice: Notice::RecoveryCodeUsed { left: 9, at: at(5) } });
    bodies.push(PendingBody::Administrators {
        notice: Notice::HelpRequested { at: at(5) },
        about: "ada@contoso.example".to_owned(),
        actor: Some(user()),
        tier: 1,
        after: Some("u-4".to_owned()),
        told: 4,
    });
    bodies.push(PendingBody::Code { flow: FlowNumber(1), challenge: ChallengeNumber(1), locale });
    for kinds in [SessionKinds::All, SessionKinds::PasswordBased] {
        bodies.push(PendingBody::Revoke {
            write: WriteNumber(8),
            authenticated_before: at(75),
            kinds,
        });
    }
    let pending = |(number, body): (u32, PendingBody)| Pending {
        number: MessageNumber(number),
        queued_at: at(1),
        due: at(2),
        not_after: at(600),
        claimed_until: Some(at(62)),
        tries: 1,
        from: Some(CoarseOrigin::new(
            Some(CountryCode::parse("LV").expect("valid")),
            Some(DeviceKind::Android),
        )),
        write: Some(WriteNumber(8)),
        body,
        unknown: Unknown::NONE,
    };
    (1..).zip(bodies).map(pending).collect()
}

fn budgets() -> Vec<MethodBudget> {
    let counted = |seconds, source| Entry { at: at(seconds), source };
    let times = vec![counted(-20, SourceHash(4_000_000_000)), counted(-10, SourceHash(0))];
    let window = Window { times, locked_until: Some(at(900)) };
    let effects = BudgetEffects {
        locked_until: Some(at(900)),
        throttled_until: Some(at(901)),
        disabled: true,
        closed: true,
        told: true,
    };
    let kinds = MethodKind::ALL.into_iter().chain([MethodKind::Password]);
    let budget = |method| MethodBudget {
        method,
        anonymous: window.clone(),
        proven: window.clone(),
        consecutive: 25,
        run: vec![(SourceHash(4_000_000_000), 20), (SourceHash(0), 5)],
        closed: true,
        disabled: true,
        told: true,
        sign_in: 4,
        verdicts: vec![Verdict { at: at(80), pool: PoolKind::Anonymous, effects }],
        unknown: Unknown::NONE,
    };
    kinds.map(budget).collect()
}

fn unwritten() -> Unwritten {
    let (flow, stage, ended) = (FlowNumber(3), FlowStage::Challenged, FlowEnd::Abandoned);
    let write = WriteNumber(7);
    Unwritten {
        at: at(85),
        actor: ActorKind::Administrator("root@contoso.example".to_owned()),
        source: Some("203.0.113.7".to_owned()),
        about: Some(user()),
        kinds: vec![
            EventKind::FlowEnded { flow, purpose: Purpose::Reset, stage, ended },
            EventKind::SessionsKept { write },
        ],
    }
}

/// One for each act that a throttle counts.
fn throttles() -> Vec<ThrottleState> {
    let window = |seconds| Window {
        times: vec![(at(seconds), SourceHash(5)).into()],
        locked_until: (seconds == 4).then(|| at(86_404)),
    };
    let state = |act| ThrottleState {
        act,
        method: (act == ThrottledAct::ProofFailed).then_some(MethodKind::Email),
        anonymous: window(4),
        proven: window(5),
    };
    ThrottledAct::ALL.map(state).into()
}

fn sends(first: i64) -> Sends {
    let sent = |seconds: i64, source| vec![(at(seconds), SourceHash(source)).into()];
    let source = u32::try_from(first).expect("small");
    Sends { anonymous: sent(first, source + 1), proven: sent(first + 1, source + 2) }
}

/// An account with a value in every field, which no real account has at once.
fn full() -> Account {
    let mut account = Account {
        numbers: Numbers {
            flow: FlowNumber(4),
            challenge: ChallengeNumber(9),
            message: MessageNumber(20),
            write: WriteNumber(8),
            method: MethodNumber(7),
        },
        incarnation: Some("1".into()),
        epoch: CredentialEpoch(3),
        registration: RegistrationState {
            completed_at: Some(at(-90)),
            confirmed_at: Some(at(-80)),
            default: Some(id(1)),
            required_since: Some(at(-70)),
            skipped: Some(SessionHash(77)),
            ever_active: true,
            prompted_at: Some(at(-80)),
            sittings: vec![Sitting { session: SessionHash(78), until: at(3_000), first: true }],
            forgotten_at: Some(at(-100)),
            acts: vec![at(-50)],
            unknown: Unknown::NONE,
        },
        flows: flows(),
        budgets: budgets(),
        sends: sends(0),
        in_hand: sends(2),
        throttles: throttles(),
        outbox: outbox(),
        watched: vec![watched()],
        acts: Acts { user: vec![at(-5)], administrators: vec![at(-4)], refused: vec![at(-3)] },
        told: vec![Told { to: 4_000_000_000, times: vec![at(-3)] }],
        devices: vec![KnownDevice {
            secret: digest(5),
            until: at(900_000),
            unknown: Unknown::NONE,
        }],
        sources: vec![FamiliarSource {
            source: [6; 8],
            until: at(900_000),
            unknown: Unknown::NONE,
        }],
        help_at: Some(at(-60)),
        repudiated: Repudiated { blocked_since: Some(at(-40)), through: Some(at(-41)) },
        settled: vec![WriteNumber(6), WriteNumber(7)],
        unwritten: vec![unwritten()],
        trail: Some(super::head()),
        ..Account::blank(key(), tenant(), Some(user()), at(90))
    };
    *account.methods = methods();
    *account.offers = vec![Offer {
        option: ChallengeOption::preferred(MethodKind::Email),
        masked: mail().masked(),
    }];
    account
}
