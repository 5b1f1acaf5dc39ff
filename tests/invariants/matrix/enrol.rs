//! The enrolment of all people with all methods.

use std::sync::Arc;

use sspr::adapters::memory::MemoryStore;
use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{
    Channel, NewAuthenticator, NewMethod, OathParameters, OathSeed, QuestionId, QuestionTopic,
};
use sspr::port::{Columns, RecordKind};
use sspr::testing::SoftToken;
use sspr::{Engine, Identifier, TenantId, UserId};

use crate::matrix::fixture::{Enrolled, Fixture, Person, idle, policy};
use crate::support::{admin, code};

const SEEDS: [&str; 2] = ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "NBSWY3DPEB3W64TMMQQGEZDGNBVGY3TQ"];
pub(crate) async fn enrol() -> Enrolled {
    let fixture = Fixture::over(Arc::new(MemoryStore::new()));
    fixture.put(policy(1)).await;
    let engine = fixture.healthy(2).await;
    let mut people = Vec::new();
    for (number, (tenant, user)) in
        (1..).zip([("contoso", "ada"), ("contoso", "bob"), ("fabrikam", "ada")])
    {
        people.push(enrol_one(&fixture, &engine, number, tenant, user).await);
    }
    fixture.wait(2 * 86_400);
    idle(&engine).await;
    let mut records = Vec::new();
    for tenant in ["contoso", "fabrikam"] {
        let tenant = TenantId::parse(tenant).expect("valid");
        let kind = RecordKind::Account;
        let found = fixture.store.scan(&tenant, kind, None, 10).await.expect("readable");
        let columns = Columns::new(tenant, kind, fixture.now());
        records.extend(found.items.into_iter().map(|record| (record, columns.clone())));
    }
    assert_eq!(records.len(), 3);
    let people = people.try_into().unwrap_or_else(|_| unreachable!("three people"));
    Enrolled { people, records, now: fixture.now() }
}

async fn enrol_one(
    fixture: &Fixture,
    engine: &Engine,
    number: u32,
    tenant: &str,
    user: &str,
) -> Person {
    let tenant = TenantId::parse(tenant).expect("valid");
    let id = UserId::parse(user).expect("valid");
    let name = Identifier::parse(&format!("{user}@id.example")).expect("valid");
    let soft = |seed: &str| SoftToken::new(seed, OathParameters::default()).expect("a seed");
    let root = admin();
    let administrator = engine.admin(&tenant, &root);
    let supply = async |at: usize| {
        // Each person has a token of their own.
        let text = format!("{}{}", ["A", "B", "C"][number as usize % 3], &SEEDS[at][1..]);
        let seed = OathSeed::parse_base32(&text).expect("a seed");
        let id = administrator.supply_token(&id, &seed, OathParameters::default()).await;
        (id.expect("supplied"), soft(&text))
    };
    let (token_id, token) = supply(0).await;
    let unclaimed = supply(1).await;
    let app = soft(SEEDS[0]);
    let mut person = Person {
        tenant: tenant.clone(),
        user: id.clone(),
        name,
        number,
        app,
        token,
        unclaimed,
        codes: Vec::new(),
    };
    let request = person.request("203.0.113.1");
    let registration = engine.registration();
    let mail = EmailAddress::parse(&person.mail(false)).expect("valid");
    let phone = |text: String| PhoneNumber::parse(&text).expect("valid");
    let mobile = NewMethod::mobile_phone(phone(person.mobile(false)), Channel::Sms);
    let office = NewMethod::office_phone(phone(person.office(false)));
    for (method, to) in [
        (NewMethod::email(mail), person.mail(false)),
        (mobile.expect("reached"), person.mobile(false)),
        (office, person.office(false)),
    ] {
        let user = person.signed_in(fixture.now());
        let reply = registration.add(&request, &user, &method).await.expect("added");
        idle(engine).await;
        let typed = code(&fixture.inbox.last_code_to(&to).expect("a code"));
        registration.confirm(&request, &user, &reply.ticket, &typed).await.expect("confirmed");
    }
    let user = person.signed_in(fixture.now());
    let app = NewAuthenticator::new("Contoso", person.name.as_str());
    let app = registration.enrol_authenticator(&request, &user, &app).await.expect("enrolled");
    person.app = soft(app.seed.expose_secret());
    let typed = code(&person.app.code(fixture.now()));
    registration.confirm(&request, &user, &app.reply.ticket, &typed).await.expect("confirmed");
    let reply = registration.claim_token(&request, &user, &token_id).await.expect("claimed");
    let typed = code(&person.token.code(fixture.now()));
    registration.confirm(&request, &user, &reply.ticket, &typed).await.expect("confirmed");
    let set = registration.create_recovery_codes(&request, &user).await.expect("created");
    registration.acknowledge_recovery_codes(&request, &user, &set.id).await.expect("kept");
    let topics = QuestionTopic::ALL.into_iter().take(5).map(QuestionId::from);
    let answers: Vec<_> = topics.map(|id| (id.clone(), person.answer(&id, false).into())).collect();
    registration.set_security_questions(&request, &user, &answers).await.expect("set");
    person.codes = set.codes.iter().map(|code| code.expose_secret().to_owned()).collect();
    person
}
