//! How codes are derived, stored, compared and parsed: V15 to V20.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};
use sspr::adapters::memory::MemoryStore;
use sspr::error::FaultOrigin;
use sspr::policy::CodeAlphabet;
use sspr::port::{Columns, Entropy, Record, RecordKind, Store, Version};
use sspr::port::{Commit, Committed, EventsOf, PortError, PortResult};
use sspr::testing::SeededEntropy;
use sspr::{Attempt, Engine, Error, InvalidInput, Keys, Refusal, SecretBytes};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(v17_a_dump_of_the_store_opens_nothing);
in_memory!(
    v15_every_symbol_is_equally_likely_in_every_position,
    v16_production_draws_from_the_system_and_fails_closed,
    v17_old_keys_verify_until_they_are_dropped,
    v18_a_challenge_copied_elsewhere_gives_another_code,
    v19_one_answer_for_every_reason,
    v20_parsing_tricks_are_typed_errors,
);

/// V15: chi-square over the symbols of each position, for codes of 8 digits and of 8 consonants.
async fn v15_every_symbol_is_equally_likely_in_every_position(_kind: &StoreKind) {
    // The 0.999 quantiles of chi-square with 9 and with 19 degrees of freedom.
    for (alphabet, symbols, critical) in [
        (CodeAlphabet::Digits, "0123456789", 27.88),
        (CodeAlphabet::Strong, "BCDFGHJKLMNPQRSTVWXZ", 43.82),
    ] {
        let mut settings = one_gate();
        settings.codes.email.alphabet = alphabet;
        let world = World::builder().settings(settings).open().await;
        let mut counts = vec![BTreeMap::<char, f64>::new(); 8];
        let total = 1_000;
        for n in 0..total {
            let person = settle(&world, n).await;
            opened(&world.engine, &source(n), &person.name, &email()).await.expect("opened");
        }
        world.deliver().await;
        let sent = world.inbox.all();
        let codes: Vec<&str> = sent.iter().filter_map(|message| message.code()).collect();
        assert_eq!(codes.len(), total as usize);
        for code in codes {
            assert_eq!(code.len(), 8);
            for (place, symbol) in code.chars().enumerate() {
                *counts[place].entry(symbol).or_default() += 1.0;
            }
        }
        let expected = f64::from(total) / symbols.len() as f64;
        for (place, counts) in counts.iter().enumerate() {
            let of = |symbol| counts.get(&symbol).copied().unwrap_or(0.0);
            let chi: f64 = symbols.chars().map(|s| (of(s) - expected).powi(2) / expected).sum();
            assert!(chi < critical, "place {place}: {chi}");
            // Zero occurs in the first position too: leading zeros are not dropped.
            assert!(symbols.chars().all(|symbol| of(symbol) > 0.0), "place {place}");
        }
    }
}

/// A source of entropy that fails.
struct Dry;

impl Entropy for Dry {
    fn fill(&self, _buffer: &mut [u8]) -> PortResult<()> {
        Err(PortError::unavailable())
    }
}

/// V16: by default an engine uses the system's randomness; seeded randomness is only for tests. An
/// engine whose source of entropy fails does not open.
async fn v16_production_draws_from_the_system_and_fails_closed(_kind: &StoreKind) {
    let world = World::builder().settings(one_gate()).open().await;
    let builder = || {
        Engine::builder()
            .keys(keys())
            .store(MemoryStore::new())
            .directory(world.directory.clone())
            .sessions(world.directory.clone())
            .delivery(world.inbox.clone())
            .clock(world.clock.clone())
    };
    let ticket = async |engine: &Engine| {
        let reply = engine.reset().start(&request(), &ada()).await.expect("started");
        reply.ticket.expose_secret().to_owned()
    };
    let first = builder().open().await.expect("open");
    let second = builder().open().await.expect("open");
    assert_ne!(ticket(&first).await, ticket(&second).await);
    let seeded = async || builder().entropy(SeededEntropy::new(1)).open().await.expect("open");
    assert_eq!(ticket(&seeded().await).await, ticket(&seeded().await).await, "same seed");
    let dry = builder().entropy(Dry).open().await;
    assert!(matches!(dry, Err(Error::Fault(fault)) if fault.origin == FaultOrigin::Entropy));
}

/// All records and events of a tenant, as text.
pub(crate) async fn dump(store: &dyn Store) -> String {
    let mut text = String::new();
    for kind in RecordKind::ALL {
        let mut after = None;
        loop {
            let page = store.scan(&tenant(), kind, after.as_ref(), 100).await.expect("scanned");
            for record in &page.items {
                text.push_str(record.body());
                text.push('\n');
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    let events = store.events(EventsOf::Tenant(&tenant()), None, 1_000).await.expect("events");
    for event in events.items {
        text.push_str(&event.encode());
        text.push('\n');
    }
    text
}

/// V17: a dump contains neither the code nor a plain hash of it, alone or combined with known data.
async fn v17_a_dump_of_the_store_opens_nothing(stores: &StoreKind) {
    let under_test = stores.empty();
    let world = World::builder().store(under_test.open()).settings(one_gate()).open().await;
    let person = settle(&world, 1).await;
    let reply = opened(&world.engine, &source(1), &person.name, &sms()).await.expect("opened");
    let waiting = dump(&*under_test.open()).await;
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mobile_phone).expect("a code");
    let all = format!("{waiting}{}", dump(&*under_test.open()).await);
    assert!(all.contains("nonce"), "the dump contains the challenge");
    assert!(!all.contains(&format!("\"{right}\"")));
    assert!(!all.contains(reply.ticket.expose_secret()));
    let known =
        [person.id.as_str(), person.mobile_phone.as_str(), person.name.as_str(), "contoso", ""];
    let lower = all.to_lowercase();
    for salt in known {
        for input in [format!("{right}{salt}"), format!("{salt}{right}"), format!("{salt}:{right}")]
        {
            let bytes = input.as_bytes();
            let hashes = [
                Sha224::digest(bytes).to_vec(),
                Sha256::digest(bytes).to_vec(),
                Sha384::digest(bytes).to_vec(),
                Sha512::digest(bytes).to_vec(),
            ];
            for hash in hashes {
                assert!(!lower.contains(&data_encoding::HEXLOWER.encode(&hash[..8])));
                assert!(!all.contains(&data_encoding::BASE64_NOPAD.encode(&hash)));
            }
        }
    }
}

fn keys_of(id: u16, byte: u8) -> Keys {
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    Keys::new(secret(1), id, secret(byte)).expect("long enough")
}

/// V17: codes of an old key are accepted while that key is kept for verification, and not after it
/// is removed.
async fn v17_old_keys_verify_until_they_are_dropped(_kind: &StoreKind) {
    let world = World::builder().settings(one_gate()).open().await;
    let with = async |keys: Keys| world.beside().keys(keys).seed(8).open().await.engine;
    for n in 0..3 {
        let person = settle(&world, n).await;
        let reply = opened(&world.engine, &source(n), &person.name, &email()).await;
        let ticket = reply.expect("opened").ticket;
        world.deliver().await;
        let right = world.inbox.last_code_to(&person.mail).expect("a code");
        let old = SecretBytes::new(vec![2; 32]);
        let engine = match n {
            0 => with(keys_of(2, 3).also_verify(1, old).expect("room")).await,
            1 => with(keys_of(2, 3)).await,
            _ => with(keys_of(1, 9)).await,
        };
        let answer = try_code(&engine, &source(n), &ticket, &right).await;
        match n {
            0 => assert!(granted(&answer.expect("rotated").step)),
            // The ticket was issued with the removed key.
            _ => assert!(matches!(answer, Err(Error::Invalid(InvalidInput::Foreign { .. })))),
        }
    }
    // A waiting code whose key was removed is not sent: an engine without the key cannot check it.
    let person = settle(&world, 9).await;
    opened(&world.engine, &source(9), &person.name, &email()).await.expect("opened");
    with(keys_of(2, 3)).await.maintain(100).await.expect("maintained");
    assert!(world.inbox.messages_to(&person.mail).is_empty());
}

/// Writes a record's body behind the engine's back.
pub(crate) async fn overwrite(store: &MemoryStore, old: &Record, body: String) {
    let version = Version::new(old.version().count() + 1, 4711);
    let next = Record::loaded(*old.key(), version, body);
    let at = sspr::Timestamp::from_unix_seconds(START);
    let columns = Columns::new(tenant(), RecordKind::Account, at);
    let commit = Commit::new(&next, Some(old.version()), &columns, &[]);
    assert_eq!(store.commit(commit).await.expect("committed"), Committed::Applied);
}

/// V18: an attacker who can write to the store and copies a challenge to another account, flow or
/// method does not make its code valid there.
async fn v18_a_challenge_copied_elsewhere_gives_another_code(_kind: &StoreKind) {
    let store = MemoryStore::new();
    let world = World::builder().store(store.clone()).settings(one_gate()).open().await;
    let (evil, victim) = (settle(&world, 1).await, settle(&world, 2).await);
    let own = opened(&world.engine, &source(1), &evil.name, &email()).await.expect("opened");
    world.deliver().await;
    let right = world.inbox.last_code_to(&evil.mail).expect("a code");
    let victims = opened(&world.engine, &source(2), &victim.name, &email()).await.expect("opened");

    let page = store.scan(&tenant(), RecordKind::Account, None, 10).await.expect("scanned");
    let of = |person: &Person| {
        let mine = |record: &&Record| record.body().contains(person.id.as_str());
        page.items.iter().find(mine).expect("a record").clone()
    };
    let json = |record: &Record| -> serde_json::Value {
        serde_json::from_str(record.body()).expect("JSON")
    };
    let (from, to) = (json(&of(&evil)), json(&of(&victim)));
    // Copy the whole challenge, and the flow's number, to the other account.
    let mut forged = to.clone();
    forged["flows"][0]["challenges"] = from["flows"][0]["challenges"].clone();
    forged["flows"][0]["number"] = from["flows"][0]["number"].clone();
    overwrite(&store, &of(&victim), forged.to_string()).await;
    let answer = try_code(&world.engine, &source(1), &victims.ticket, &right).await;
    assert_eq!(refusal(answer), Refusal::NotAccepted);

    // Within the account, change the challenge's method, its number or its nonce.
    for (field, value) in [
        ("option", serde_json::json!("mobile_phone.sms.0")),
        ("number", serde_json::json!(77)),
        ("nonce", serde_json::json!("000000000000000000000001")),
    ] {
        let mut forged = from.clone();
        forged["flows"][0]["challenges"][0][field] = value;
        forged["flows"][0]["challenges"][0]["format"]["length"] = serde_json::json!(8);
        let now = store.load(of(&evil).key()).await.expect("loaded").expect("there");
        overwrite(&store, &now, forged.to_string()).await;
        let answer = try_code(&world.engine, &source(1), &own.ticket, &right).await;
        assert_eq!(refusal(answer), Refusal::NotAccepted, "{field}");
    }
    // A record under another key is refused.
    let now = store.load(of(&victim).key()).await.expect("loaded").expect("there");
    overwrite(&store, &now, from.to_string()).await;
    let answer = try_code(&world.engine, &source(2), &victims.ticket, &right).await;
    assert!(matches!(answer, Err(Error::Fault(_))), "{answer:?}");
}

/// V19: a wrong, superseded, used or expired code, a code for a decoy and a code without a
/// challenge all get the same reply.
async fn v19_one_answer_for_every_reason(_kind: &StoreKind) {
    let world = World::builder().settings(settings()).open().await;
    let person = settle(&world, 1).await;
    let request = source(1);
    let mut answers = Vec::new();
    let live = opened(&world.engine, &request, &person.name, &email()).await.expect("opened");
    world.deliver().await;
    let old = world.inbox.last_code_to(&person.mail).expect("a code");
    answers.push(try_code(&world.engine, &request, &live.ticket, &other_than(&old)).await);
    world.clock.advance(MINUTE);
    let resent =
        world.engine.reset().challenge(&request, &live.ticket, &email()).await.expect("resent");
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mail).expect("a code");
    answers.push(try_code(&world.engine, &request, &resent.ticket, &old).await);
    let proven = try_code(&world.engine, &request, &resent.ticket, &right).await.expect("proven");
    answers.push(try_code(&world.engine, &request, &proven.ticket, &right).await);
    let late = opened(&world.engine, &request, &person.name, &email()).await.expect("opened");
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mail).expect("a code");
    world.clock.advance(10 * MINUTE);
    answers.push(try_code(&world.engine, &request, &late.ticket, &right).await);
    let decoy = opened(&world.engine, &request, &named("unknown"), &email()).await;
    answers.push(try_code(&world.engine, &request, &decoy.expect("uniform").ticket, "1").await);
    let unopened = world.engine.reset().start(&request, &person.name).await.expect("started");
    answers.push(try_code(&world.engine, &request, &unopened.ticket, &right).await);
    assert_eq!(answers.len(), 6);
    for answer in answers {
        assert_eq!(format!("{answer:?}"), "Err(Refused(NotAccepted))");
    }
}

/// V20: text that cannot be a code is refused and not counted; text that could be a code is
/// counted.
async fn v20_parsing_tricks_are_typed_errors(_kind: &StoreKind) {
    let million = "1".repeat(1 << 20);
    for junk in [
        "",
        " ",
        "--",
        "\0",
        "12345\0",
        "1234567\u{B2}",
        "\u{202E}12345678",
        "+123456",
        "12345=0",
        "1\u{1B}2",
        &million,
    ] {
        assert!(Attempt::code(junk).is_err(), "{:?}", &junk[..junk.len().min(20)]);
    }
    let world = World::builder().settings(one_gate()).open().await;
    // Find a code that begins with a zero: without the zero it must not be accepted.
    let mut found = None;
    for n in 0..200 {
        let person = settle(&world, n).await;
        let reply = opened(&world.engine, &source(n), &person.name, &email()).await;
        world.deliver().await;
        let right = world.inbox.last_code_to(&person.mail).expect("a code");
        if right.starts_with('0') {
            found = Some((reply.expect("opened"), right, source(n), person));
            break;
        }
    }
    let (reply, right, request, person) = found.expect("one in ten begins with a zero");
    for typed in [&right[1..], &format!("0{right}"), "1e5", "0x10", "null", "true", "NaN"] {
        let answer = try_code(&world.engine, &request, &reply.ticket, typed).await;
        assert_eq!(refusal(answer), Refusal::NotAccepted, "{typed}");
    }
    assert_eq!(
        counted(&events_of(&world, &person.id).await),
        5,
        "each was counted, up to the limit"
    );
    // Users copy codes with spaces and hyphens, which do not change the code.
    let person = settle(&world, 900).await;
    let reply = opened(&world.engine, &source(900), &person.name, &email()).await.expect("opened");
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mail).expect("a code");
    let spaced = format!(" {}-{} ", &right[..4], &right[4..]);
    let answer = try_code(&world.engine, &source(900), &reply.ticket, &spaced).await;
    assert!(granted(&answer.expect("the same code").step));
    // A decoy challenge has no secret, so no code matches.
    let decoy =
        opened(&world.engine, &source(901), &named("unknown"), &email()).await.expect("uniform");
    for typed in ["0", "00000000", "99999999", "18446744073709551615"[..16].as_ref()] {
        let answer = try_code(&world.engine, &source(901), &decoy.ticket, typed).await;
        assert_eq!(refusal(answer), Refusal::NotAccepted, "{typed}");
    }
}
