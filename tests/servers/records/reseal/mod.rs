//! Resealing of seeds during normal operation.

mod beside;
mod crash;
mod whole;

use std::sync::Arc;

use sspr::adapters::seal::KeySeal;
use sspr::maintenance::ResealPage;
use sspr::method::{MethodId, NewAuthenticator, OathParameters, OathSeed, SignInContext};
use sspr::port::{Clock as _, RecordKind, Store};
use sspr::port::{Cursor, Seal};
use sspr::testing::SoftToken;
use sspr::{Engine, MethodKind, PolicySettings, RegistrationTicket, SecretBytes, SignedIn, UserId};

use crate::records::keys::{supplied, user};
use crate::records::stores::StoreUnderTest;
use crate::support::{World, admin, code, request, settings, tenant};

/// The beginnings of sealed seeds: format and key id.
const UNDER: [&str; 3] = ["AQAA", "AQAB", "AQAC"];

/// A seal with this key, which opens these as well.
fn sealing(id: u16, others: &[u16]) -> KeySeal {
    let secret = |id: u16| SecretBytes::new(vec![0x50 + id as u8; 32]);
    let seal = KeySeal::new(id, secret(id)).expect("long enough");
    others.iter().fold(seal, |seal, id| seal.also_open(*id, secret(*id)).expect("room"))
}

/// Another process of the same world.
async fn engine(
    world: &World,
    store: impl Store + 'static,
    seal: impl Seal + 'static,
    seed: u64,
) -> Engine {
    let joined = world.beside().store(store).seed(seed).engine(|engine| engine.seal(seal));
    joined.open().await.engine
}

fn every_method() -> PolicySettings {
    let mut settings = settings();
    settings.users.methods.extend([MethodKind::AuthenticatorApp, MethodKind::OathToken]);
    settings
}

/// A stored seed.
#[derive(Clone, PartialEq, Eq, Debug)]
struct SealedSeed {
    user: String,
    id: String,
    seed: String,
    used: Option<u64>,
}

/// The seeds of all users, in the order of the store.
async fn sealed_seeds(under_test: &StoreUnderTest) -> Vec<SealedSeed> {
    let mut all = Vec::new();
    for record in under_test.records(RecordKind::Account).await {
        let body: serde_json::Value = serde_json::from_str(record.body()).expect("json");
        for method in body["methods"].as_array().expect("a list") {
            let Some(seed) = method["factor"]["oath"]["seed"].as_str() else { continue };
            all.push(SealedSeed {
                user: body["user"].as_str().expect("a name").to_owned(),
                id: method["id"].as_str().expect("an id").to_owned(),
                seed: seed.to_owned(),
                used: method["factor"]["oath"]["used"].as_u64(),
            });
        }
    }
    all
}

/// Ada has an app, of which a step is used, another that waits for its confirmation, and a token
/// that waits for its claim; bob, eve and dan have a token each, and kim has none.
struct Fixture {
    world: World,
    app: SoftToken,
    pending: (SoftToken, RegistrationTicket),
    supplied: (SoftToken, MethodId),
    tokens: Vec<(UserId, SoftToken)>,
}

/// The number of owners, and of seeds.
const OWNERS: u64 = 4;
const SEEDS: u64 = 6;

fn vouched(world: &World, user: &UserId) -> SignedIn {
    let now = world.clock.now();
    SignedIn::vouch(tenant(), user.clone(), SignInContext::new("s", now).with_second_factor(now))
}

async fn supply(engine: &Engine, user: &UserId, under_test: u8) -> (SoftToken, MethodId) {
    let text: String =
        format!("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ{}", char::from(b'A' + under_test * 4));
    let (seed, parameters) = (OathSeed::parse_base32(&text), OathParameters::default());
    let root = admin();
    let tenant = tenant();
    let by = engine.admin(&tenant, &root);
    let id = by.supply_token(user, &seed.expect("a seed"), parameters).await.expect("supplied");
    (SoftToken::new(&text, parameters).expect("a seed"), id)
}

async fn claim(world: &World, engine: &Engine, user: &UserId, token: &SoftToken, id: &MethodId) {
    let (user, registration) = (vouched(world, user), engine.registration());
    let claimed = registration.claim_token(&request(), &user, id).await.expect("claimed");
    let typed = code(&token.code(world.clock.now()));
    let confirmed = registration.confirm(&request(), &user, &claimed.ticket, &typed).await;
    assert!(confirmed.expect("confirmed").active);
}

impl Fixture {
    /// Everything in it is under key 1.
    async fn over(under_test: &StoreUnderTest) -> Self {
        let world = World::builder()
            .store(Arc::clone(&under_test.store))
            .settings(every_method())
            .engine(|engine| engine.seal(sealing(1, &[])))
            .registered()
            .open()
            .await;
        let app = world.enrol_app().await;
        let supplied_token = supply(&world.engine, &world.user, 4).await;
        let mut tokens = Vec::new();
        for (name, under_test) in ["bob", "eve", "dan"].into_iter().zip(0..) {
            supplied(&world, name).await;
            let (token, id) = supply(&world.engine, &user(name), under_test).await;
            claim(&world, &world.engine, &user(name), &token, &id).await;
            tokens.push((user(name), token));
        }
        supplied(&world, "kim").await;
        world.deliver().await;
        world.clock.advance(std::time::Duration::from_secs(2 * 86_400));
        let signed_in = world.signed_in();
        let other = NewAuthenticator::new("Contoso", "a second one");
        let enrolled = world.engine.registration();
        let enrolled = enrolled.enrol_authenticator(&request(), &signed_in, &other).await;
        let enrolled = enrolled.expect("enrolled");
        let seed = enrolled.seed.expose_secret();
        let token = SoftToken::new(seed, OathParameters::default()).expect("a seed");
        world.deliver().await;
        let pending = (token, enrolled.reply.ticket);
        Self { world, app, pending, supplied: supplied_token, tokens }
    }

    async fn signs_in(&self, engine: &Engine, user: &UserId, token: &SoftToken) -> bool {
        let typed = code(&token.code(self.world.clock.now()));
        let answer = engine.authenticator().verify(&request(), user, &typed).await;
        match answer {
            Ok(_) => true,
            Err(sspr::Error::Refused(sspr::Refusal::NotAccepted)) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    async fn events(&self, event: &str) -> usize {
        self.world.event_codes().await.iter().filter(|code| *code == event).count()
    }
}

/// All pages from here on.
async fn run(engine: &Engine, after: Option<Cursor>, limit: usize) -> ResealPage {
    let mut sum = engine.reseal(&tenant(), after.as_ref(), limit).await.expect("a page");
    while let Some(cursor) = sum.next.take() {
        let page = engine.reseal(&tenant(), Some(&cursor), limit).await.expect("a page");
        sum.accounts += page.accounts;
        sum.current += page.current;
        sum.resealed += page.resealed;
        sum.left.extend(page.left);
        sum.unreadable.extend(page.unreadable);
        sum.next = page.next;
    }
    sum
}
