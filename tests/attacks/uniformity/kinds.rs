//! Which kinds of method are shown before the first proof: those of the policy for users, to every
//! name alike.

use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, PhoneNumber, UserFacts};
use sspr::method::{ChallengeOption, OptionView};
use sspr::policy::Disclosure;
use sspr::testing::block_on;
use sspr::{MethodKind, PolicySettings, Refusal, ResetTicket, RoleId, Selection, Step, UserId};

use crate::support::*;
use crate::uniformity::identifier;

const ADMIN_MAIL: &str = "grace@private.example";
const ADMIN_MOBILE: &str = "+14255550188";

/// The default policy, with mail alone for users and the default gates of administrators.
fn mail_only() -> PolicySettings {
    let mut settings = PolicySettings::default();
    settings.scope = sspr::policy::Scope::All;
    settings.users.required = 1;
    settings.users.methods = [MethodKind::Email].into();
    settings
}

/// Ada is a user with mail and phone, grace an administrator with both.
async fn world_of(settings: PolicySettings) -> World {
    let world = World::builder().settings(settings).open().await;
    let grace = UserId::parse("grace").expect("valid");
    let mut facts = UserFacts::new(grace.clone());
    facts.roles = [RoleId::parse("Global Administrator").expect("valid")].into();
    let typed = identifier("grace");
    world.directory.add_user(&world.tenant, facts, &[typed.as_str()], OLD).expect("new");
    for (user, mail, mobile) in [(&grace, ADMIN_MAIL, ADMIN_MOBILE), (&world.user, MAIL, MOBILE)] {
        let mut contacts = Contacts::default();
        contacts.email = Some(EmailAddress::parse(mail).expect("valid"));
        contacts.mobile_phone = Some(PhoneNumber::parse(mobile).expect("valid"));
        contacts.office_phone = Some(PhoneNumber::parse("+14255550189").expect("valid"));
        let admin = world.admin();
        admin.supply_contacts(user, &contacts).await.expect("supplied");
    }
    world.deliver().await;
    world
}

async fn begin(world: &World, name: &str) -> (ResetTicket, Vec<OptionView>) {
    let reply = world.engine.reset().start(&request(), &identifier(name)).await;
    let reply = reply.expect("started");
    let Step::Choose { options } = reply.step else { panic!("choose first") };
    (reply.ticket, options)
}

fn kinds(options: &[OptionView]) -> Vec<MethodKind> {
    let mut kinds: Vec<_> = options.iter().map(|view| view.option.method()).collect();
    kinds.dedup();
    kinds
}

#[test]
fn kinds_of_administrators_alone_are_not_shown_before_the_first_proof() {
    block_on(async {
        let world = world_of(mail_only()).await;
        for name in ["unknown", "ada", "grace"] {
            let (ticket, options) = begin(&world, name).await;
            assert_eq!(kinds(&options), [MethodKind::Email], "{name}");
            let phone = ChallengeOption::preferred(MethodKind::MobilePhone).into();
            let answer = world.engine.reset().challenge(&request(), &ticket, &phone).await;
            assert_eq!(refusal(answer), Refusal::NotOffered, "{name}");
        }
    });
}

#[test]
fn an_administrator_is_shown_the_other_kinds_after_the_first_proof_and_resets() {
    block_on(async {
        let world = world_of(mail_only()).await;
        let (ticket, _) = begin(&world, "grace").await;
        let (reply, mail) = world.challenged(&ticket, &email(), ADMIN_MAIL).await;
        let reply = world.prove(&reply.ticket, &mail).await.expect("proven");
        let Step::Choose { options } = &reply.step else { panic!("{:?}", reply.step) };
        assert_eq!(kinds(options), [MethodKind::MobilePhone, MethodKind::OfficePhone]);
        let (reply, text) = world.challenged(&reply.ticket, &sms(), ADMIN_MOBILE).await;
        let reply = world.prove(&reply.ticket, &text).await.expect("proven");
        let reply = world.complete(&reply.ticket, NEW).await.expect("reset");
        assert!(matches!(reply.step, Step::Done { .. }), "{:?}", reply.step);
    });
}

#[test]
fn kinds_of_both_are_shown_to_all_where_no_kind_is_common() {
    block_on(async {
        let mut settings = mail_only();
        settings.administrators.gates.methods =
            [MethodKind::MobilePhone, MethodKind::OfficePhone].into();
        let world = world_of(settings).await;
        let all = ["unknown", "ada", "grace"];
        let mut shown = Vec::new();
        for name in all {
            shown.push(begin(&world, name).await.1);
        }
        assert_eq!(shown[0], shown[1]);
        assert_eq!(shown[0], shown[2]);
        let expected = [MethodKind::Email, MethodKind::MobilePhone, MethodKind::OfficePhone];
        assert_eq!(kinds(&shown[0]), expected);
        let (ticket, _) = begin(&world, "grace").await;
        let sms: Selection = sms();
        world.challenged(&ticket, &sms, ADMIN_MOBILE).await;
    });
}

/// Where administrators may not reset at all, their kinds are shown nowhere.
#[test]
fn kinds_of_administrators_who_may_not_reset_are_not_shown() {
    block_on(async {
        let mut settings = mail_only();
        settings.administrators.enabled = false;
        settings.administrators.gates.methods =
            [MethodKind::MobilePhone, MethodKind::OfficePhone].into();
        assert_eq!(settings.disclosure, Disclosure::Uniform);
        let world = world_of(settings).await;
        for name in ["unknown", "ada", "grace"] {
            assert_eq!(kinds(&begin(&world, name).await.1), [MethodKind::Email], "{name}");
        }
    });
}
