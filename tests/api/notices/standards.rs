//! What a notice has and whom it reaches, by NIST SP 800-63B-4, 4.6.

use sspr::facts::EmailAddress;
use sspr::method::{Channel, NewMethod};
use sspr::policy::{HelpContact, HelpDesk, NotifyRule};

use crate::notices::scene::*;
use crate::support::*;

const CONTACT: &str = "Service desk, +371 6700 0000";
const DESK: &str = "desk@contoso.example";

/// no setting switches the notice of a reset off. Under each rule of who is told, one goes
/// out, also if no channel works after the reset.
#[tokio::test]
async fn r019_no_setting_stops_the_notice_of_a_recovery() {
    for rule in [NotifyRule::All, NotifyRule::PrimaryAndAlternate] {
        let mut settings = one_gate();
        settings.notifications.rule = rule;
        let world = World::builder().settings(settings).registered().open().await;
        let ticket = world.granted().await;
        world.complete(&ticket, NEW).await.expect("reset");
        world.inbox.clear();
        world.inbox.set_channels(&world.tenant, std::iter::empty::<Channel>());
        world.deliver().await;
        assert!(notices(&world.inbox).is_empty());
        world.inbox.set_channels(&world.tenant, Channel::ALL);
        world.clock.advance(HOUR);
        world.deliver().await;
        assert_eq!(told(&world.inbox, PRIMARY, "notice.password_reset"), 1, "{rule:?}");
    }
}

/// with two addresses and more each is told, the one that got the code among them. The engine
/// sends no letters, so the rule for postal addresses has no case.
#[tokio::test]
async fn r020_every_address_is_told_the_used_one_among_them() {
    let second = "ada@second.example";
    let world = World::builder().settings(one_gate()).registered().open().await;
    let new = NewMethod::email(EmailAddress::parse(second).expect("valid"));
    world.register(new, second).await;
    world.inbox.clear();
    world.clock.advance(2 * DAY);
    let ticket = world.granted().await;
    world.complete(&ticket, NEW).await.expect("reset");
    world.deliver().await;
    for to in [PRIMARY, MAIL, second, MOBILE] {
        assert_eq!(told(&world.inbox, to, "notice.password_reset"), 1, "{to}");
    }
}

/// each message to a user has the contact of the policy, or else the help desk's mailbox. Messages
/// to administrators have none.
#[tokio::test]
async fn r021_each_message_to_a_user_says_how_to_reach_the_help_desk() {
    let own = HelpContact::parse(CONTACT).ok();
    let desk = || HelpDesk::Mail(EmailAddress::parse(DESK).expect("valid"));
    for (contact, help, expected) in [
        (own.clone(), HelpDesk::Administrators, Some(CONTACT)),
        (own, desk(), Some(CONTACT)),
        (None, desk(), Some(DESK)),
        (None, HelpDesk::Administrators, None),
    ] {
        let mut settings = one_gate();
        settings.desk.contact = contact;
        settings.desk.help = help;
        let world = World::builder().settings(settings).registered().open().await;
        let helper = add_user(&world, 0, Some("Helpdesk Administrator"), true);
        world.inbox.clear();
        let ticket = world.granted().await;
        let _ = world.engine.reset().contact_administrator(&request(), &ticket).await;
        world.complete(&ticket, NEW).await.expect("reset");
        world.deliver().await;
        let all = world.inbox.all();
        let (to_helper, to_user): (Vec<_>, Vec<_>) =
            all.iter().partition(|message| message.about.is_some());
        assert!(to_user.len() > 2, "a code and notices");
        for message in to_user {
            assert_eq!(message.contact.as_deref(), expected, "{}", message.kind);
        }
        assert_eq!(to_helper.len(), world.inbox.messages_to(&helper).len());
        assert!(to_helper.iter().all(|message| message.contact.is_none()));
    }
}

/// the review reports a policy in use that names no contact.
#[test]
fn r021_the_review_reports_notices_without_a_contact() {
    let found = |change: &dyn Fn(&mut sspr::PolicySettings)| {
        let mut settings = settings();
        change(&mut settings);
        let review = sspr::Policy::new(settings).expect("valid").review();
        review.finding("notice-without-contact").map(|finding| finding.path())
    };
    assert_eq!(found(&|_| {}), Some("desk.contact"));
    assert_eq!(found(&|settings| settings.desk.contact = HelpContact::parse(CONTACT).ok()), None);
    let help = || HelpDesk::Mail(EmailAddress::parse(DESK).expect("valid"));
    assert_eq!(found(&|settings| settings.desk.help = help()), None);
    assert!(HelpContact::parse("  ").is_err(), "an empty contact is refused");
}
