//! Inv. 5: a copy of the store, with every kind of secret in use, contains none of them.
#![cfg(feature = "seal")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use sspr::adapters::memory::MemoryStore;
use sspr::adapters::seal::KeySeal;
use sspr::method::QuestionTopic;
use sspr::port::{Clock as _, RecordKind, Store};
use sspr::testing::block_on;
use sspr::{SecretBytes, Timestamp};

use crate::every::{every, option};
use crate::support::{MAIL, MOBILE, NEW, OLD, World, ada, request, tenant};

const SEAL: &[u8; 32] = b"the secret of a seal of one test";

async fn sealed(store: Arc<dyn Store>) -> World {
    let seal = KeySeal::new(7, SecretBytes::new(SEAL.to_vec())).expect("long enough");
    let world = World::builder().store(store).settings(every(2)).registered();
    world.engine(|engine| engine.seal(seal)).open().await
}

/// The secrets of a store with every method in use, as text and as bytes.
struct Secrets {
    texts: Vec<String>,
    bytes: Vec<Vec<u8>>,
    /// A live code of six digits.
    six: String,
    /// The code that the app shows now.
    shown: String,
    now: Timestamp,
}

async fn use_everything(world: &World) -> Secrets {
    let registration = world.engine.registration();
    let app = sspr::method::NewAuthenticator::new("Contoso", "ada@contoso.example");
    let enrolled = registration
        .enrol_authenticator(&request(), &world.signed_in(), &app)
        .await
        .expect("enrolled");
    let seed = enrolled.seed.expose_secret().to_owned();
    let token = sspr::testing::SoftToken::new(&seed, sspr::method::OathParameters::default())
        .expect("a seed");
    let typed = crate::support::code(&token.code(world.clock.now()));
    let ticket = &enrolled.reply.ticket;
    let confirmed = registration.confirm(&request(), &world.signed_in(), ticket, &typed).await;
    assert!(confirmed.expect("confirmed").active);
    let codes = world.create_recovery_codes().await;
    world.set_questions().await;
    let device = registration
        .remember_device(&request(), &world.signed_in())
        .await
        .expect("remembered")
        .expose_secret()
        .to_owned();
    world.clock.advance(Duration::from_secs(60));
    let reset = world.engine.reset();
    let reply = reset.start(&request(), &ada()).await.expect("started");
    let reply = world.challenge(&reply.ticket, &option("email.link")).await;
    let reply = world.challenge(&reply.ticket, &option("mobile_phone.sms.0")).await;
    world.deliver().await;
    let url = world.inbox.last_link_to(MAIL).expect("a link");
    let link = url.rsplit(['#', '=', '/']).next().expect("a secret").to_owned();
    let six = world.inbox.last_code_to(MOBILE).expect("a code");
    assert_eq!(six.len(), 6);
    // A used code of the set is still secret.
    let other = reset.start(&request(), &ada()).await.expect("started");
    let other = world.challenge(&other.ticket, &option("recovery_code")).await;
    let proven = world.prove(&other.ticket, &codes[9]).await.expect("proven");
    let plain = seed.replace(' ', "");
    let base32 = data_encoding::BASE32_NOPAD.decode(plain.as_bytes()).expect("base 32");
    let base64 = data_encoding::BASE64URL_NOPAD.decode(device.as_bytes()).expect("base 64");
    let mut texts = vec![seed, plain, device, link, NEW.to_owned(), OLD.to_owned()];
    texts.extend([&reply.ticket, &proven.ticket].map(|code| code.expose_secret().to_owned()));
    // The normal form is what is hashed.
    let answers = QuestionTopic::ALL.into_iter().map(|topic| World::answer_to(&topic.into()));
    texts.extend(answers.flat_map(|answer| {
        let answer = answer.expose_secret().to_owned();
        [answer.to_lowercase(), answer]
    }));
    for code in codes {
        texts.push(code.replace('-', ""));
        texts.push(code);
    }
    let now = world.clock.now();
    Secrets { texts, bytes: vec![base32, base64, SEAL.to_vec()], six, shown: token.code(now), now }
}

/// All records and events of the store, as text.
async fn dump(store: &dyn Store) -> String {
    let mut all = String::new();
    for tenant in [tenant(), sspr::TenantId::parse("_store").expect("valid")] {
        for kind in RecordKind::ALL {
            let page = store.scan(&tenant, kind, None, 100).await.expect("readable");
            for record in page.items {
                all += record.body();
                all.push('\n');
            }
        }
        let of = sspr::port::EventsOf::Tenant(&tenant);
        let page = store.events(of, None, 500).await.expect("readable");
        all.extend(page.items.iter().map(|event| event.encode() + "\n"));
    }
    all
}

fn contains(dump: &[u8], part: &[u8]) -> bool {
    dump.windows(part.len()).any(|window| window == part)
}

fn holds_none(dump: &[u8], secrets: &Secrets) {
    for text in &secrets.texts {
        assert!(!contains(dump, text.as_bytes()), "the store contains {text}");
    }
    for bytes in &secrets.bytes {
        let (hex, base64) =
            (data_encoding::HEXLOWER.encode(bytes), data_encoding::BASE64.encode(bytes));
        for form in [&bytes[..], hex.as_bytes(), base64.as_bytes()] {
            assert!(!contains(dump, form), "the store contains the bytes of a secret");
        }
    }
}

/// Texts in the dump that may be bytes: as hexadecimal and as Base64.
fn values(dump: &str) -> Vec<Vec<u8>> {
    let mut found = std::collections::BTreeSet::new();
    for word in dump.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=-_".contains(c)) {
        if word.len() < 8 {
            continue;
        }
        let text = word.as_bytes();
        found.extend(data_encoding::HEXLOWER.decode(text));
        found.extend(data_encoding::BASE64.decode(text));
        found.extend(data_encoding::BASE64URL_NOPAD.decode(text));
        found.insert(text.to_vec());
    }
    found.into_iter().collect()
}

/// The time-based code of these bytes, taken as a seed.
fn code_of(seed: &[u8], now: Timestamp) -> String {
    let step = u64::try_from(now.unix_millis()).expect("after 1970") / 30_000;
    let mut mac = Hmac::<Sha1>::new_from_slice(seed).expect("any length");
    mac.update(&step.to_be_bytes());
    let mac = mac.finalize().into_bytes();
    let offset = usize::from(mac[19] & 15);
    let word = u32::from_be_bytes(mac[offset..offset + 4].try_into().expect("four"));
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

/// Inv. 5: tries all codes of six digits against every value of the dump.
fn guessing_finds_nothing(dump: &str, secrets: &Secrets) {
    let values = values(dump);
    assert!(values.len() > 50, "{} values", values.len());
    // The check finds planted secrets.
    let planted = Sha256::digest(secrets.six.as_bytes()).to_vec();
    let digests: std::collections::HashSet<Vec<u8>> = values.iter().cloned().collect();
    let mut with_a_mistake = digests.clone();
    with_a_mistake.insert(planted);
    let found = |among: &std::collections::HashSet<Vec<u8>>| {
        (0..1_000_000).find(|guess| {
            let guess = format!("{guess:06}");
            among.contains(Sha256::digest(guess.as_bytes()).as_slice())
        })
    };
    assert_eq!(found(&with_a_mistake).map(|code| format!("{code:06}")), Some(secrets.six.clone()));
    assert_eq!(found(&digests), None, "a plain digest of a code");
    assert_eq!(code_of(&secrets.bytes[0], secrets.now), secrets.shown, "the seed itself");
    for value in &values {
        assert_ne!(code_of(value, secrets.now), secrets.shown, "a seed in the clear");
    }
    // Each value is tried as the key of a digest of the correct code.
    for key in &values {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
        mac.update(secrets.six.as_bytes());
        let keyed = mac.finalize().into_bytes();
        let salted = Sha256::new().chain_update(key).chain_update(&secrets.six).finalize();
        for value in &values {
            let same = value.len() >= 16 && (keyed.starts_with(value) || salted.starts_with(value));
            assert!(!same, "a digest of a code under a stored value");
        }
    }
}

#[test]
fn inv05_a_dump_contains_no_secret_in_use() {
    block_on(async {
        let store = Arc::new(MemoryStore::new());
        let world = sealed(store.clone()).await;
        let secrets = use_everything(&world).await;
        let dump = dump(&*store).await;
        for part in [
            "\"oath\"",
            "\"recovery_code\"",
            "\"security_questions\"",
            "\"devices\":[{",
            "\"flows\":[{",
        ] {
            assert!(dump.contains(part), "{part} is in use");
        }
        holds_none(dump.as_bytes(), &secrets);
        guessing_finds_nothing(&dump, &secrets);
        let plain = secrets.texts[1].clone();
        assert!(contains(format!("{dump}{plain}").as_bytes(), plain.as_bytes()));
    });
}

#[cfg(feature = "sqlite")]
#[test]
fn inv05_the_files_of_sqlite_contain_no_secret_in_use() {
    block_on(async {
        let (under_test, path) = crate::stores::sqlite_at();
        let world = sealed(under_test.store.clone()).await;
        let secrets = use_everything(&world).await;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut bytes = Vec::new();
        for file in std::fs::read_dir(folder).expect("readable") {
            bytes.extend(std::fs::read(file.expect("a file").path()).expect("readable"));
        }
        // The write-ahead log is searched too.
        assert!(contains(&bytes, b"recovery_code_used"), "the files contain the events");
        holds_none(&bytes, &secrets);
        guessing_finds_nothing(&dump(&*under_test.store).await, &secrets);
    });
}
