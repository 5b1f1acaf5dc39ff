//! What the prompt offers and proposes, and the modes of registration.

use crate::registration::person::*;
use crate::support::*;
use sspr::facts::{PhoneNumber, UserFacts};
use sspr::method::{NewMethod, Prompt, RegistrationPlan, SignInContext, SignInPrompt, Skip};
use sspr::port::Clock as _;
use sspr::{MethodKind, PolicySettings, Refusal, SignedIn};

use MethodKind::{AuthenticatorApp, Email, MobilePhone, OfficePhone};

fn two_of_three() -> PolicySettings {
    let mut settings = by_default();
    settings.users.methods = [Email, MobilePhone, AuthenticatorApp].into();
    settings
}

async fn asked(world: &World, user: &SignedIn) -> SignInPrompt {
    world.engine.registration().prompt(&request(), user).await.expect("read")
}

async fn plan(world: &World, user: &SignedIn) -> RegistrationPlan {
    asked(world, user).await.plan.expect("asked to register")
}

fn offered(plan: &RegistrationPlan) -> Vec<MethodKind> {
    plan.offered.iter().map(|offered| offered.kind).collect()
}

/// 2.5: of authenticator, mail and phone the prompt shows authenticator and phone, the most secure
/// two; of a registration that was begun it asks the remainder only.
#[tokio::test]
async fn the_prompt_proposes_the_most_secure_methods_and_asks_the_remainder() {
    let world = World::builder().settings(two_of_three()).open().await;
    let user = password_only(&world, "s");
    let first = plan(&world, &user).await;
    assert_eq!((first.missing, offered(&first)), (2, vec![AuthenticatorApp, MobilePhone, Email]));
    assert_eq!(first.proposed, [AuthenticatorApp, MobilePhone]);
    bind_mail(&world, &user).await.expect("the user chose mail");
    let rest = plan(&world, &user).await;
    assert_eq!((rest.missing, offered(&rest)), (1, vec![AuthenticatorApp, MobilePhone]));
    assert_eq!(rest.proposed, [AuthenticatorApp]);
    bind_mobile(&world, &user).await.expect("the user chose the phone");
    assert_eq!(asked(&world, &user).await.ask, Prompt::Nothing);
    // The page of the profile shows the same plan: with a second factor, what has room.
    let (registration, strong) = (world.engine.registration(), with_second_factor(&world, "t"));
    let phone = registration.list(&request(), &strong).await.expect("listed")[1].id.clone();
    registration.set_default(&request(), &strong, &phone).await.expect("set");
    let review = registration.review(&request(), &strong).await.expect("reviewed");
    assert_eq!((review.plan.missing, &review.plan.proposed[..]), (0, &[][..]));
    assert_eq!(offered(&review.plan), [AuthenticatorApp, MobilePhone, Email]);
    let rows: Vec<_> =
        review.plan.offered.iter().map(|offered| (offered.registered, offered.max)).collect();
    assert_eq!(rows, [(0, Some(2)), (1, Some(2)), (1, Some(2))]);
    assert_eq!(review.plan.default, Some(phone));
}

/// 2.5: a kind whose maximum is reached is not offered.
#[tokio::test]
async fn a_full_kind_is_not_offered() {
    let world = World::builder().settings(two_of_three()).open().await;
    let user = with_second_factor(&world, "s");
    bind_mail(&world, &user).await.expect("one");
    assert!(offered(&plan(&world, &user).await).contains(&Email));
    bind(&world, &user, &mail_to(THEIR_MAIL), THEIR_MAIL).await.expect("two");
    assert!(!offered(&plan(&world, &user).await).contains(&Email));
}

/// 2.5: if the sign-in needs a kind of its own, it comes first, the prompt asks for it though the
/// reset has enough, and it may not be skipped (2.1).
#[tokio::test]
async fn the_smallest_set_satisfies_the_sign_in_too() {
    let mut settings = two_of_three();
    settings.users.required = 1;
    // One gate of three kinds is likelier to be guessed; this test registers only.
    settings.acknowledged.insert(sspr::policy::Deviation::GuessingAboveThreshold);
    let world = World::builder().settings(settings).open().await;
    let needs = |session: &str, kinds: &[MethodKind]| {
        let now = world.clock.now();
        let context = SignInContext::new(session, now).with_second_factor(now);
        let context = context.with_sign_in_kinds(kinds.iter().copied());
        SignedIn::vouch(world.tenant.clone(), world.user.clone(), context)
    };
    let none = needs("none", &[]);
    assert_eq!(plan(&world, &none).await.proposed, [AuthenticatorApp]);
    let phone = needs("phone", &[MobilePhone]);
    assert_eq!(plan(&world, &phone).await.proposed, [MobilePhone], "one method for both");
    bind_mail(&world, &none).await.expect("enough for a reset");
    assert_eq!(asked(&world, &none).await.ask, Prompt::Nothing);
    let prompt = asked(&world, &phone).await;
    assert_eq!((prompt.ask, prompt.skip), (Prompt::Register, Skip::Never));
    let plan = prompt.plan.expect("a plan");
    assert_eq!((plan.missing, &plan.proposed[..]), (0, &[MobilePhone][..]));
    let registration = world.engine.registration();
    assert_eq!(refusal(registration.skip(&request(), &phone).await), Refusal::NotOffered);
    registration.skip(&request(), &none).await.expect("nothing else is missing");
    bind_mobile(&world, &phone).await.expect("what the sign-in needs");
    assert_eq!(asked(&world, &phone).await.ask, Prompt::Nothing);
    // What cannot be registered here is not asked for.
    let passkey = needs("passkey", &[MethodKind::Passkey]);
    assert_eq!(asked(&world, &passkey).await.ask, Prompt::Nothing);
}

/// 2.5: of two methods, the one that the sign-in needs is shown first.
#[tokio::test]
async fn what_the_sign_in_needs_is_shown_first() {
    let world = World::builder().settings(two_of_three()).open().await;
    let context = SignInContext::new("s", world.clock.now()).with_sign_in_kinds([MobilePhone]);
    let user = SignedIn::vouch(world.tenant.clone(), world.user.clone(), context);
    assert_eq!(plan(&world, &user).await.proposed, [MobilePhone, AuthenticatorApp]);
}

fn office(number: &str) -> NewMethod {
    NewMethod::office_phone(PhoneNumber::parse(number).expect("valid"))
}

fn with_office() -> PolicySettings {
    let mut settings = by_default();
    settings.users.methods.insert(OfficePhone);
    settings
}

/// 1.3, 2.5: in interrupt mode an office phone is registered only if the directory has one.
#[tokio::test]
async fn an_office_phone_is_registered_at_the_interrupt_only_if_the_directory_has_one() {
    for business_phone in [None, Some("+14255550199")] {
        let world = World::builder().settings(with_office()).open().await;
        let set = |facts: &mut UserFacts| {
            facts.contacts.office_phone = business_phone.map(str::to_owned);
        };
        world.directory.update_user(&world.tenant, &world.user, set).expect("known");
        let user = password_only(&world, "s");
        let open = business_phone.is_some();
        assert_eq!(offered(&plan(&world, &user).await).contains(&OfficePhone), open);
        let registration = world.engine.registration();
        let new = office("+14255550188");
        let begun = registration.interrupt().add(&request(), &user, &new).await;
        assert_eq!(begun.is_ok(), open, "{begun:?}");
        registration.add(&request(), &user, &new).await.expect("in manage mode");
    }
}

/// C26: the policy may leave office phones to administrators.
#[tokio::test]
async fn the_policy_may_leave_office_phones_to_administrators() {
    let mut settings = with_office();
    settings.registration.office_phone = false;
    let world = World::builder().settings(settings).open().await;
    let (registration, user) = (world.engine.registration(), with_second_factor(&world, "s"));
    assert!(!offered(&plan(&world, &user).await).contains(&OfficePhone));
    let begun = registration.add(&request(), &user, &office("+14255550188")).await;
    assert_eq!(refusal(begun), Refusal::NotOffered);
}

/// 2.5: an alternate phone, and every change, belong to manage mode.
#[tokio::test]
async fn interrupt_mode_adds_what_is_missing_and_changes_nothing() {
    let world = World::builder().settings(two_of_three()).open().await;
    let (registration, user) = (world.engine.registration(), with_second_factor(&world, "s"));
    let interrupt = registration.interrupt();
    let reply = interrupt.add(&request(), &user, &text_to(MOBILE)).await.expect("the first phone");
    world.deliver().await;
    let typed = code(&world.inbox.last_code_to(MOBILE).expect("a code"));
    let phone = interrupt.confirm(&request(), &user, &reply.ticket, &typed).await.expect("active");
    let alternate = text_to(THEIR_MOBILE);
    let app = sspr::method::NewAuthenticator::new("C", "ada");
    let refused = [
        interrupt.add(&request(), &user, &alternate).await.map(drop),
        interrupt.replace(&request(), &user, &phone.id, &alternate).await.map(drop),
        interrupt.replace_authenticator(&request(), &user, &phone.id, &app).await.map(drop),
        interrupt.set_default(&request(), &user, &phone.id).await,
        interrupt.remove(&request(), &user, &phone.id).await,
    ];
    for refused in refused {
        assert_eq!(refusal(refused), Refusal::NotOffered);
    }
    assert!(!offered(&plan(&world, &user).await).contains(&MobilePhone));
    registration.set_default(&request(), &user, &phone.id).await.expect("in manage mode");
    registration.add(&request(), &user, &alternate).await.expect("in manage mode");
    registration.remove(&request(), &user, &phone.id).await.expect("in manage mode");
}
