//! Properties of the public types: threads, cloning, debugging, errors and serialisation.
//!
//! Most of this is checked by the compiler: the tests fail by not compiling.

use std::error::Error as StdError;
use std::fmt::Debug;

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
use sspr::admin::Contacts;
use sspr::audit::Event;
use sspr::maintenance::MaintenanceReport;
use sspr::method::{NewMethod, SignInContext};
use sspr::policy::PolicyError;
use sspr::port::Store;
use sspr::port::{Clock, PortError, SystemClock};
use sspr::{
    Actor, Attempt, Engine, Error, Identifier, Keys, Policy, PolicySettings, Refusal,
    RegistrationTicket, Reply, Request, ResetTicket, SecretBytes, SecretText, Selection, SignedIn,
    Source, Step, TenantId, UserId,
};

fn shared<T: Send + Sync + 'static>() {}
fn cloned<T: Clone>() {}
fn shown<T: Debug>() {}
fn thrown<T: StdError + Send + Sync + 'static>() {}
fn serialised<T: serde::Serialize>() {}
fn sent<T: Send>(_: &T) {}

/// Handlers are the same type in production and in tests: the engine has no parameters.
#[test]
fn the_engine_is_one_type_that_handlers_share() {
    shared::<Engine>();
    cloned::<Engine>();
    shown::<Engine>();
}

#[test]
fn values_cross_threads() {
    shared::<Request>();
    shared::<Reply<ResetTicket>>();
    shared::<Reply<RegistrationTicket>>();
    shared::<Attempt>();
    shared::<Selection>();
    shared::<NewMethod>();
    shared::<SignedIn>();
    shared::<Actor>();
    shared::<Policy>();
    shared::<Event>();
    shared::<Keys>();
    shared::<MaintenanceReport>();
}

#[test]
fn errors_can_be_thrown_anywhere() {
    thrown::<Error>();
    thrown::<Refusal>();
    thrown::<PortError>();
    thrown::<PolicyError>();
}

/// A page shows the step; a policy lives in a configuration file.
#[test]
fn what_is_shown_and_stored_can_be_serialised() {
    serialised::<Step>();
    serialised::<Policy>();
    serialised::<PolicySettings>();
    serialised::<Event>();
}

/// Every operation may run on a runtime that moves tasks between threads.
#[test]
fn futures_cross_threads() {
    let keys = || {
        let secret = |byte| SecretBytes::new(vec![byte; 32]);
        Keys::new(secret(1), 1, secret(2)).expect("long enough")
    };
    let ready = Engine::builder().keys(keys()).store(MemoryStore::new());
    sent(
        &ready
            .directory(MemoryDirectory::new())
            .sessions(sspr::port::NoSessions)
            .delivery(MemoryInbox::new())
            .open(),
    );

    let run = |engine: Engine, ticket: ResetTicket, confirmation: RegistrationTicket| {
        let tenant = TenantId::parse("contoso").expect("valid");
        let user = UserId::parse("u-1").expect("valid");
        let session = SignInContext::new("s", SystemClock.now());
        let (signed_in, actor) =
            (SignedIn::vouch(tenant.clone(), user.clone(), session), Actor::service("root", []));
        let request = Request::new(tenant.clone(), Source::Unknown);
        let name = Identifier::parse("ada").expect("valid");
        let selection = Selection::parse("email.email.0").expect("valid");
        let (attempt, password) = (Attempt::code("1").expect("valid"), SecretText::from("p"));
        let mail = sspr::facts::EmailAddress::parse("ada@private.example").expect("valid");
        let method = NewMethod::email(mail);
        let id = sspr::method::MethodId::parse("m1").expect("valid");
        let policy = Policy::new(PolicySettings::default()).expect("sound");

        let reset = engine.reset();
        sent(&reset.start(&request, &name));
        sent(&reset.view(&request, &ticket));
        sent(&reset.challenge(&request, &ticket, &selection));
        sent(&reset.prove(&request, &ticket, &attempt));
        sent(&reset.complete(&request, &ticket, &password));
        let registration = engine.registration();
        sent(&registration.list(&request, &signed_in));
        sent(&registration.add(&request, &signed_in, &method));
        sent(&registration.confirm(&request, &signed_in, &confirmation, &attempt));
        sent(&registration.remove(&request, &signed_in, &id));
        let admin = engine.admin(&tenant, &actor);
        sent(&admin.policy());
        sent(&admin.put_policy(&policy, None));
        sent(&admin.supply_contacts(&user, &Contacts::default()));
        sent(&admin.unblock(&user));
        sent(&admin.events(None, 1));
        sent(&admin.user_events(&user, None, 1));
        sent(&engine.maintain(1));
    };
    // Only its types matter: there is no engine here to run it with.
    let _: fn(Engine, ResetTicket, RegistrationTicket) = run;
}

/// A host hands over its ports by value, by pointer or by reference to what lives as long.
#[test]
fn ports_may_be_pointers() {
    fn store<S: Store + 'static>() {}
    store::<MemoryStore>();
    store::<Box<dyn Store>>();
    store::<std::sync::Arc<dyn Store>>();
    store::<&'static dyn Store>();
}

/// A ticket is no text by accident.
#[test]
fn a_ticket_is_only_its_form_until_an_engine_opens_it() {
    assert!(ResetTicket::parse("").is_err());
    assert!(ResetTicket::parse(&"x".repeat(1 << 20)).is_err());
    assert!(ResetTicket::parse("a ticket").is_err());
}

/// Both globs at once: no name of the root hides another of the ports, and none is ambiguous.
mod globs {
    #![deny(warnings, ambiguous_glob_reexports, ambiguous_glob_imports, hidden_glob_reexports)]

    use sspr::port::*;
    use sspr::*;

    #[test]
    fn the_root_and_the_ports_can_be_imported_as_a_whole() {
        // Names of both, some of which stand in both.
        let unlock: fn(&Engine) -> Unlock<'_> = Engine::unlock;
        let increment = CounterIncrement::new(CounterKey::from_bytes([1; 32]), 1, Timestamp::MAX);
        let version: Option<Version> = None;
        assert!(version.is_none() && increment.amount == 1);
        assert_eq!(error::FaultOrigin::Store.to_string(), "the store");
        let _ = (unlock, PortError::unavailable());
    }
}

/// The names at the root, without modules. A name that a host does not need in its first hour belongs
/// into the module of its topic.
#[test]
fn the_root_has_few_names() {
    let root = include_str!("../../src/lib.rs");
    let uses = root.split("\npub use ").skip(1).filter_map(|rest| rest.split(';').next());
    let names: Vec<&str> = uses
        .flat_map(|path| path.rsplit("::").next().unwrap_or(path).split([',', '{', '}']))
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    assert!(names.contains(&"Engine") && names.contains(&"Reset"), "{names:?}");
    assert!(names.len() <= 36, "{} names: {names:?}", names.len());
}

/// What a host has at hand converts without `as_str` and without arithmetic.
#[test]
fn ids_and_times_convert_from_and_to_what_hosts_have() {
    use std::collections::BTreeMap;
    use std::time::{Duration, SystemTime};

    let user: UserId = "u-1".parse().expect("valid");
    assert!("".parse::<UserId>().is_err() && "a\u{0}b".parse::<TenantId>().is_err());
    assert_eq!(user, "u-1");
    assert_eq!(user, *"u-1");
    assert_eq!(AsRef::<str>::as_ref(&user), "u-1");
    let by_id = BTreeMap::from([(user, 7)]);
    assert_eq!(by_id.get("u-1"), Some(&7), "found by its text");
    let typed: Identifier = " ada@contoso.example ".parse().expect("valid");
    assert_eq!(typed.as_ref(), "ada@contoso.example");

    let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_111_111_111_123);
    assert_eq!(sspr::Timestamp::from(at).unix_millis(), 1_111_111_111_123);
    assert_eq!(SystemTime::try_from(sspr::Timestamp::from(at)), Ok(at));
    let before = SystemTime::UNIX_EPOCH - Duration::from_millis(5);
    assert_eq!(sspr::Timestamp::from(before).unix_millis(), -5);
    assert_eq!(SystemTime::try_from(sspr::Timestamp::from(before)), Ok(before));
}

/// Each host-verified kind has one verifier, and no kind that the engine checks itself has any.
#[cfg(feature = "testing")]
#[test]
fn an_engine_opens_with_each_host_verified_kind_at_most_once() {
    use sspr::testing::{SimulatedMethod, World, block_on};
    use sspr::{InvalidInput, MethodKind};

    let opened = |kinds: &'static [MethodKind]| {
        let world = World::builder().without_abilities().engine(|builder| {
            let add = |builder: sspr::builder::EngineBuilder<_>, kind: &MethodKind| {
                builder.external_method(SimulatedMethod::new(*kind))
            };
            kinds.iter().fold(builder, add)
        });
        block_on(world.try_open()).map(|_| ())
    };
    assert!(opened(&[MethodKind::Passkey, MethodKind::AppNotification]).is_ok());
    for kinds in [&[MethodKind::Email][..], &[MethodKind::Passkey, MethodKind::Passkey]] {
        let refused = opened(kinds);
        let rule = matches!(refused, Err(Error::Invalid(InvalidInput::Rule { .. })));
        assert!(rule, "{kinds:?}: {refused:?}");
    }
}
