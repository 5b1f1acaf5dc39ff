//! The whole path: a mail arrives, and its code resets the password.

use crate::support::World;
use std::time::Duration;

use sspr::adapters::route::ByChannel;
use sspr::admin::Contacts;
use sspr::facts::EmailAddress;
use sspr::method::Channel;
use sspr::testing::ManualClock;
use sspr::{ResetTicket, Step, Timestamp};

use crate::smtp::relay::Relay;
use crate::smtp::server::{Answer, Arrived, At};
use crate::support::{MAIL, NEW, START, email};

struct Scene {
    relay: Relay,
    world: World,
}

impl Scene {
    /// An engine whose mail goes over SMTP, and a user with a mail address.
    async fn new() -> Self {
        let relay = Relay::new().await;
        let clock = ManualClock::new(Timestamp::from_unix_seconds(START));
        let mail = relay.config().with_clock(clock.clone()).build().expect("sound");
        let world = World::builder()
            .clock(clock)
            .policy(|settings| settings.users.required = 1)
            .delivery(|inbox| ByChannel::new().with(Channel::Email, mail).with(Channel::Sms, inbox))
            .open()
            .await;
        let mut contacts = Contacts::default();
        contacts.email = Some(EmailAddress::parse(MAIL).expect("valid"));
        world.supply_contacts(&world.user, &contacts).await;
        // The owner is notified of the new address at the other address.
        world.deliver().await;
        Self { relay, world }
    }

    async fn challenged(&self) -> ResetTicket {
        let reply = self.world.start().await;
        self.world.challenge(&reply.ticket, &email()).await.ticket
    }

    /// Types the code of this mail, and sets a new password.
    async fn finish(&self, ticket: &ResetTicket, mail: &Arrived) {
        let reply = self.world.prove(ticket, &mail.code()).await.expect("proven");
        assert!(matches!(reply.step, Step::NewPassword { .. }), "{:?}", reply.step);
        let reply = self.world.complete(&reply.ticket, NEW).await.expect("completed");
        assert_eq!(reply.step, Step::Done { propagated: true });
        assert!(self.world.password_is(NEW));
    }

    /// Mails to Ada's own address whose subject holds this, accepted or not.
    fn mails(&self, subject: &str) -> Vec<Arrived> {
        let fits = |mail: &Arrived| {
            mail.to == MAIL && mail.parsed().subject().is_some_and(|it| it.contains(subject))
        };
        self.relay.server.all().into_iter().filter(fits).collect()
    }

    async fn events(&self, code: &str) -> usize {
        self.world.event_codes().await.iter().filter(|event| *event == code).count()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_arrives_by_mail_and_resets_the_password_and_the_owner_is_notified() {
    let scene = Scene::new().await;
    let ticket = scene.challenged().await;
    assert!(scene.mails("your code").is_empty(), "nothing goes out before it is maintained");
    scene.world.deliver().await;
    let codes = scene.mails("your code to reset your password");
    assert_eq!(codes.len(), 1);
    scene.finish(&ticket, &codes[0]).await;

    scene.world.deliver().await;
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
    scene.world.deliver().await;
    assert!(scene.mails("your code").is_empty());
    assert_eq!(scene.events("message_delivered").await, delivered);

    scene.world.clock.advance(Duration::from_secs(6));
    scene.world.deliver().await;
    scene.world.clock.advance(Duration::from_secs(11));
    scene.world.deliver().await;
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
    scene.world.deliver().await;
    scene.world.clock.advance(Duration::from_secs(6));
    scene.world.deliver().await;
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
    scene.world.deliver().await;
    assert_eq!(scene.events("message_failed").await, 1);
    for _ in 0..5 {
        scene.world.clock.advance(Duration::from_secs(60));
        scene.world.deliver().await;
    }
    assert!(scene.mails("your code").is_empty());
    assert_eq!(scene.events("message_failed").await, 1);
}
