//! The whole path: a mail arrives, and its code resets the password.

use std::sync::Arc;
use std::time::Duration;

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
use sspr::adapters::route::ByChannel;
use sspr::admin::Contacts;
use sspr::facts::EmailAddress;
use sspr::method::Channel;
use sspr::testing::{ManualClock, SeededEntropy};
use sspr::{Attempt, Engine, Policy, ResetTicket, SecretText, Step, Timestamp};

use crate::smtp::relay::Relay;
use crate::smtp::server::{Answer, Arrived, At};
use crate::support::{self, MAIL, NEW, START, ada, admin, email, request, tenant, user};

struct Scene {
    relay: Relay,
    engine: Engine,
    clock: ManualClock,
    directory: MemoryDirectory,
}

impl Scene {
    /// An engine whose mail goes over SMTP, and a user with a mail address.
    async fn new() -> Self {
        let relay = Relay::new().await;
        let clock = ManualClock::new(Timestamp::from_unix_seconds(START));
        let directory = support::directory(&clock);
        let mail = relay.config().with_clock(clock.clone()).build().expect("sound");
        let delivery =
            ByChannel::new().with(Channel::Email, mail).with(Channel::Sms, MemoryInbox::new());
        let engine = Engine::builder()
            .keys(support::keys())
            .store(MemoryStore::new())
            .directory(directory.clone())
            .delivery(Arc::new(delivery))
            .clock(clock.clone())
            .entropy(SeededEntropy::new(7))
            .open()
            .await
            .expect("opened");
        let policy = Policy::new(support::one_gate()).expect("a sound policy");
        let (tenant, admin) = (tenant(), admin());
        engine.admin(&tenant, &admin).put_policy(&policy, None).await.expect("put");
        let mut contacts = Contacts::default();
        contacts.email = Some(EmailAddress::parse(MAIL).expect("valid"));
        engine.admin(&tenant, &admin).supply_contacts(&user(), &contacts).await.expect("supplied");
        let scene = Self { relay, engine, clock, directory };
        // The owner is notified of the new address at the other address.
        scene.maintain().await;
        scene
    }

    async fn maintain(&self) {
        while self.engine.maintain(100).await.expect("maintained").more {}
    }

    async fn challenged(&self) -> ResetTicket {
        let reply = self.engine.reset().start(&request(), &ada()).await.expect("started");
        let reset = self.engine.reset();
        reset.challenge(&request(), &reply.ticket, &email()).await.expect("challenged").ticket
    }

    /// Types the code of this mail, and sets a new password.
    async fn finish(&self, ticket: &ResetTicket, mail: &Arrived) {
        let code = Attempt::code(&mail.code()).expect("well formed");
        let reply = self.engine.reset().prove(&request(), ticket, &code).await.expect("proven");
        assert!(matches!(reply.step, Step::NewPassword { .. }), "{:?}", reply.step);
        let password = SecretText::from(NEW);
        let reply = self.engine.reset().complete(&request(), &reply.ticket, &password).await;
        assert_eq!(reply.expect("completed").step, Step::Done { propagated: true });
        assert!(self.directory.password_is(&tenant(), &user(), NEW));
    }

    /// Mails to Ada's own address whose subject holds this, accepted or not.
    fn mails(&self, subject: &str) -> Vec<Arrived> {
        let fits = |mail: &Arrived| {
            mail.to == MAIL && mail.parsed().subject().is_some_and(|it| it.contains(subject))
        };
        self.relay.server.all().into_iter().filter(fits).collect()
    }

    async fn events(&self, code: &str) -> usize {
        let (tenant, admin) = (tenant(), admin());
        let events = self.engine.admin(&tenant, &admin).events(None, 1_000).await;
        let events = events.expect("readable").items;
        events.iter().filter(|event| event.code() == code).count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_arrives_by_mail_and_resets_the_password_and_the_owner_is_notified() {
    let scene = Scene::new().await;
    let ticket = scene.challenged().await;
    assert!(scene.mails("your code").is_empty(), "nothing goes out before it is maintained");
    scene.maintain().await;
    let codes = scene.mails("your code to reset your password");
    assert_eq!(codes.len(), 1);
    scene.finish(&ticket, &codes[0]).await;

    scene.maintain().await;
    let notices = scene.mails("your password was reset");
    assert_eq!(notices.len(), 1);
    assert!(notices[0].accepted);
    assert_eq!(scene.events("message_failed").await, 0);
    assert!(
        scene
            .relay
            .server
            .heard_in_clear()
            .iter()
            .all(|line| { line.starts_with("EHLO ") || line == "STARTTLS" })
    );
}

#[tokio::test]
async fn a_deferred_mail_arrives_later_as_the_same_message() {
    let scene = Scene::new().await;
    let ticket = scene.challenged().await;
    let delivered = scene.events("message_delivered").await;
    // Deferred once before the content and once after it.
    scene.relay.server.once(At::Rcpt, Answer::Say("451 4.7.1 greylisted, try later\r\n"));
    scene.relay.server.once(At::EndOfContent, Answer::Say("451 4.3.0 not now\r\n"));
    scene.maintain().await;
    assert!(scene.mails("your code").is_empty());
    assert_eq!(scene.events("message_delivered").await, delivered);

    scene.clock.advance(Duration::from_secs(6));
    scene.maintain().await;
    scene.clock.advance(Duration::from_secs(11));
    scene.maintain().await;
    let codes = scene.mails("your code");
    assert_eq!(codes.len(), 2);
    assert_eq!((codes[0].accepted, codes[1].accepted), (false, true));
    assert_eq!(codes[0].message_id(), codes[1].message_id());
    assert_eq!(codes[0].code(), codes[1].code());
    assert_eq!(scene.events("message_delivered").await, delivered + 1);
    scene.finish(&ticket, &codes[1]).await;
}

#[tokio::test]
async fn a_mail_whose_reply_was_lost_is_repeated_as_the_same_message() {
    let scene = Scene::new().await;
    let ticket = scene.challenged().await;
    scene.relay.server.once(At::EndOfContent, Answer::Drop);
    scene.maintain().await;
    scene.clock.advance(Duration::from_secs(6));
    scene.maintain().await;
    let codes = scene.mails("your code");
    assert_eq!(codes.len(), 2, "the outcome was unknown, so it was tried again");
    assert_eq!(codes[0].message_id(), codes[1].message_id());
    scene.finish(&ticket, &codes[0]).await;
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_is_noted_and_not_tried_again() {
    let scene = Scene::new().await;
    scene.challenged().await;
    scene.relay.server.once(At::Rcpt, Answer::Say("550 5.1.1 no such user\r\n"));
    scene.maintain().await;
    assert_eq!(scene.events("message_failed").await, 1);
    for _ in 0..5 {
        scene.clock.advance(Duration::from_secs(60));
        scene.maintain().await;
    }
    assert!(scene.mails("your code").is_empty());
    assert_eq!(scene.events("message_failed").await, 1);
}
