//! The calls of each stage.

use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{
    Channel, NewAuthenticator, NewMethod, OathParameters, QuestionId, QuestionTopic,
};
use sspr::testing::SoftToken;
use sspr::{
    Attempt, Engine, Error, MethodKind, Refusal, RegistrationTicket, SecretText, Selection, Step,
};

use crate::matrix::cells::{Flow, Way};
use crate::matrix::fixture::Fixture;
use crate::matrix::play::{Hand, Play, Secret, Stage, door_of, stages};
use crate::support::admin;

/// Plays up to this stage; returns `None` if it was reached.
pub(crate) async fn play(
    fixture: &Fixture,
    engine: &Engine,
    play: &Play,
    hand: &mut Hand,
    until: usize,
) -> Option<Stopped> {
    let stages = stages(play.cell);
    while hand.stage < stages.len().min(until) {
        match step(fixture, engine, play, hand, stages[hand.stage]).await {
            Ok(true) => hand.stage += 1,
            Ok(false) => return Some(Stopped::Stuck),
            Err(error) => return Some(Stopped::Failed(error)),
        }
    }
    None
}

/// Why a play stopped.
#[derive(Debug)]
pub(crate) enum Stopped {
    Failed(Error),
    /// A code did not arrive.
    Stuck,
    /// The process died in the middle of a call.
    Died,
}

/// Plays up to the stage that takes the secret; the person has the secret.
pub(crate) async fn to_the_door(fixture: &Fixture, engine: &Engine, scenario: &Play) -> Hand {
    let mut hand = Hand::default();
    let stopped = play(fixture, engine, scenario, &mut hand, door_of(scenario.cell)).await;
    assert!(stopped.is_none(), "{:?}: {stopped:?} at {}", scenario.cell, hand.stage);
    hand
}

/// Gives a secret to this cell.
pub(crate) async fn give(
    fixture: &Fixture,
    engine: &Engine,
    play: &Play,
    hand: &mut Hand,
    secret: &Secret,
) -> Result<(), Error> {
    let stage = stages(play.cell)[hand.stage];
    let (request, user) = (play.who.request(play.source), play.who.signed_in(fixture.now()));
    if stage == Stage::Present {
        let present = SecretText::from(secret.text());
        let reply = engine.change().start(&request, &user, &present).await?;
        hand.keep(reply);
        return Ok(());
    }
    let attempt = secret.attempt()?;
    match (stage, play.cell.flow) {
        (Stage::Prove(_), _) => return prove(engine, play, hand, &attempt).await,
        (Stage::Redeem, _) => {
            let reset = engine.reset();
            let reply = reset.redeem_link(&request, &play.who.name, &attempt).await?;
            hand.keep(reply);
        }
        (Stage::Confirm, _) => {
            let ticket: RegistrationTicket = hand.ticket();
            let registration = engine.registration();
            registration.confirm(&request, &user, &ticket, &attempt).await?;
        }
        (Stage::Verify, _) => {
            engine.authenticator().verify(&request, &play.who.user, &attempt).await?;
        }
        other => panic!("no secret is judged at {other:?}"),
    }
    Ok(())
}

/// With the last ticket.
pub(crate) async fn prove(
    engine: &Engine,
    play: &Play,
    hand: &mut Hand,
    attempt: &Attempt,
) -> Result<(), Error> {
    let request = play.who.request(play.source);
    if play.cell.flow == Flow::Unlock {
        let reply = engine.unlock().prove(&request, &hand.ticket(), attempt).await?;
        hand.keep(reply);
    } else {
        let reply = engine.reset().prove(&request, &hand.ticket(), attempt).await?;
        hand.keep(reply);
    }
    Ok(())
}

/// One stage; `false` if what it reads has not arrived.
pub(crate) async fn step(
    fixture: &Fixture,
    engine: &Engine,
    play: &Play,
    hand: &mut Hand,
    stage: Stage,
) -> Result<bool, Error> {
    let who = play.who;
    let (request, user) = (who.request(play.source), who.signed_in(fixture.now()));
    let (registration, unlocks) = (engine.registration(), play.cell.flow == Flow::Unlock);
    match stage {
        Stage::Start if unlocks => hand.keep(engine.unlock().start(&request, &who.name).await?),
        Stage::Start => hand.keep(engine.reset().start(&request, &who.name).await?),
        Stage::Initiate => {
            engine.admin(&who.tenant, &admin()).initiate_reset(&who.user).await?;
        }
        Stage::Invite => engine.admin(&who.tenant, &admin()).invite(&who.user).await?,
        Stage::Add => {
            hand.keep(registration.add(&request, &user, &new_method(play)).await?);
        }
        Stage::Enrol => {
            let app = NewAuthenticator::new("Contoso", who.name.as_str());
            let enrolled = registration.enrol_authenticator(&request, &user, &app).await?;
            let seed = SoftToken::new(enrolled.seed.expose_secret(), OathParameters::default());
            hand.seed = Some(seed.expect("a seed"));
            hand.keep(enrolled.reply);
        }
        Stage::Claim => {
            hand.keep(registration.claim_token(&request, &user, &who.unclaimed.0).await?);
        }
        Stage::CreateCodes => {
            let set = registration.create_recovery_codes(&request, &user).await?;
            hand.set = Some((set.id, set.codes[play.saved].expose_secret().to_owned()));
        }
        Stage::Challenge(way) => {
            let selection: Selection = way.selection();
            if unlocks {
                let unlock = engine.unlock();
                hand.keep(unlock.challenge(&request, &hand.ticket(), &selection).await?);
            } else {
                let reset = engine.reset();
                hand.keep(reset.challenge(&request, &hand.ticket(), &selection).await?);
            }
        }
        Stage::Deliver => return deliver(engine).await,
        Stage::Read(way) => {
            let Some(secret) = read(fixture, play, hand, way) else { return Ok(false) };
            hand.secrets.push(secret);
        }
        Stage::Acknowledge => {
            let set = hand.set.as_ref().expect("created").0.clone();
            registration.acknowledge_recovery_codes(&request, &user, &set).await?;
        }
        Stage::PutQuestions => put_questions(fixture, engine, play, hand).await?,
        Stage::Complete => return complete(engine, play, hand).await,
        Stage::Replace => {
            let fresh = if unlocks {
                engine.unlock().replace_recovery_code(&request, &hand.ticket()).await?
            } else {
                engine.reset().replace_recovery_code(&request, &hand.ticket()).await?
            };
            hand.replacement = Some(fresh.expose_secret().to_owned());
        }
        Stage::KeepReplacement => {
            let kept = if unlocks {
                engine.unlock().acknowledge_recovery_code(&request, &hand.ticket()).await
            } else {
                engine.reset().acknowledge_recovery_code(&request, &hand.ticket()).await
            };
            match kept {
                // Confirmed before a lost reply: the page shows that no confirmation is due.
                Err(Error::Refused(Refusal::Ended)) if !owed(engine, play, hand).await? => {}
                other => other?,
            }
        }
        Stage::Prove(_) | Stage::Redeem | Stage::Confirm | Stage::Present | Stage::Verify => {
            let secret = hand.secret().clone();
            give(fixture, engine, play, hand, &secret).await?;
        }
    }
    Ok(true)
}

/// Replaces the set of questions, unless an earlier call has done so.
async fn put_questions(
    fixture: &Fixture,
    engine: &Engine,
    play: &Play,
    hand: &mut Hand,
) -> Result<(), Error> {
    let (request, user) = (play.who.request(play.source), play.who.signed_in(fixture.now()));
    let registration = engine.registration();
    let listed = registration.list(&request, &user).await?;
    let is_set = |kind| kind == MethodKind::SecurityQuestions;
    let present = listed.into_iter().find(|method| is_set(method.kind)).expect("a set").id;
    if *hand.former.get_or_insert(present.clone()) != present {
        return Ok(());
    }
    let Secret::Answers(answers) = hand.secret() else { panic!("a set is chosen") };
    let answers: Vec<_> =
        answers.iter().map(|(id, answer)| (id.clone(), answer.as_str().into())).collect();
    let set = registration.set_security_questions(&request, &user, &answers).await?;
    assert_ne!(set.id, present);
    Ok(())
}

async fn deliver(engine: &Engine) -> Result<bool, Error> {
    for _ in 0..20 {
        if !engine.maintain(100).await?.more {
            return Ok(true);
        }
    }
    panic!("maintain has more to do after twenty calls at one instant");
}

async fn owed(engine: &Engine, play: &Play, hand: &Hand) -> Result<bool, Error> {
    let request = play.who.request(play.source);
    Ok(if play.cell.flow == Flow::Unlock {
        engine.unlock().view(&request, &hand.ticket()).await?.replace_recovery_code
    } else {
        engine.reset().view(&request, &hand.ticket()).await?.replace_recovery_code
    })
}

/// Reaches the goal. If it was reached before a lost reply, the page shows that.
async fn complete(engine: &Engine, play: &Play, hand: &mut Hand) -> Result<bool, Error> {
    let (request, password) = (play.who.request(play.source), SecretText::from(play.password));
    macro_rules! with {
        ($handle:expr, $done:expr) => {{
            let reply = match $done.await {
                Err(Error::Refused(Refusal::Ended)) => {
                    let shown = $handle.view(&request, &hand.ticket()).await?;
                    if !matches!(shown.step, Step::Done { .. }) {
                        return Err(Refusal::Ended.into());
                    }
                    shown
                }
                other => other?,
            };
            assert!(matches!(reply.step, Step::Done { .. }), "{:?}", reply.step);
            hand.keep(reply);
        }};
    }
    match play.cell.flow {
        Flow::Unlock => {
            with!(engine.unlock(), engine.unlock().complete(&request, &hand.ticket()))
        }
        Flow::Change => {
            let change = engine.change();
            with!(change, change.complete(&request, &hand.ticket(), &password))
        }
        _ => {
            let reset = engine.reset();
            with!(reset, reset.complete(&request, &hand.ticket(), &password))
        }
    }
    Ok(true)
}

/// An address that the person does not have yet.
fn new_method(play: &Play) -> NewMethod {
    let who = play.who;
    let phone = |text: String| PhoneNumber::parse(&text).expect("valid");
    let mobile = |over| NewMethod::mobile_phone(phone(who.mobile(true)), over).expect("reached");
    match play.cell.way {
        Way::EmailCode => NewMethod::email(EmailAddress::parse(&who.mail(true)).expect("valid")),
        Way::Sms => mobile(Channel::Sms),
        Way::Voice => mobile(Channel::Voice),
        Way::OfficePhone => NewMethod::office_phone(phone(who.office(true))),
        other => panic!("{other:?} has no address"),
    }
}

/// The secret that the person has read, or that their device shows.
pub(crate) fn read(fixture: &Fixture, play: &Play, hand: &Hand, way: Way) -> Option<Secret> {
    let (who, new) = (play.who, play.cell.flow == Flow::Registration);
    let code = |address: String| fixture.inbox.last_code_to(&address).map(Secret::Code);
    let shown = |token: &SoftToken| Some(Secret::Code(token.code(fixture.now())));
    match way {
        Way::EmailCode => code(who.mail(new)),
        Way::EmailLink => fixture.inbox.last_link_to(&who.mail(false)).map(Secret::Link),
        Way::Sms | Way::Voice => code(who.mobile(new)),
        Way::OfficePhone => code(who.office(new)),
        Way::App if new => shown(hand.seed.as_ref().expect("enrolled")),
        Way::App => shown(&who.app),
        Way::Token if new => shown(&who.unclaimed.1),
        Way::Token => shown(&who.token),
        Way::RecoveryCode if new => hand.set.as_ref().map(|set| Secret::Code(set.1.clone())),
        Way::RecoveryCode => Some(Secret::Code(who.codes[play.saved].clone())),
        Way::Questions => {
            let topics = QuestionTopic::ALL.into_iter().skip(5).take(5).map(QuestionId::from);
            let asked = if new { topics.collect() } else { hand.asked() };
            let answered = asked.into_iter().map(|id| {
                let answer = who.answer(&id, new);
                (id, answer)
            });
            let answers: Vec<_> = answered.collect();
            (!answers.is_empty()).then_some(Secret::Answers(answers))
        }
        Way::Push | Way::Passkey | Way::HostVerified => {
            let method = &fixture.external[way as usize - Way::Push as usize];
            let page = hand.page.as_deref()?;
            let response = method.response(&who.user, page);
            Some(Secret::Response(response.expose_secret().to_owned()))
        }
        Way::Password => Some(Secret::Password(who.password())),
    }
}
