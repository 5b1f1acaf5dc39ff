//! Registering methods for the account.

use std::time::Duration;

use super::{World, expected};
use crate::admin::Contacts;
use crate::facts::{EmailAddress, PhoneNumber, UserFacts};
use crate::method::{
    Channel, NewAuthenticator, NewMethod, OathParameters, QuestionId, SignInContext,
};
use crate::port::Clock as _;
use crate::testing::SoftToken;
use crate::{Attempt, SecretText, SignedIn, UserId};

impl World {
    /// The account's user, who has just signed in with a second factor.
    #[must_use]
    pub fn signed_in(&self) -> SignedIn {
        self.signed_in_as(&self.user)
    }

    /// This user, who has just signed in with a second factor.
    #[must_use]
    pub fn signed_in_as(&self, user: &UserId) -> SignedIn {
        let now = self.clock.now();
        let context = SignInContext::new("s", now).with_second_factor(now);
        SignedIn::vouch(self.tenant.clone(), user.clone(), context)
    }

    /// Adds a user with this id, who signs in with `name` and the password
    /// [`PASSWORD`](Self::PASSWORD), and has no methods.
    pub fn add_user(&self, id: &str, name: &str) -> UserId {
        let user = expected("an id", UserId::parse(id));
        let facts = UserFacts::new(user.clone());
        let added = self.directory.add_user(&self.tenant, facts, &[name], Self::PASSWORD);
        expected("a new user", added);
        user
    }

    /// Supplies contact data of a user as an administrator: it counts at once.
    pub async fn supply_contacts(&self, user: &UserId, contacts: &Contacts) {
        expected("supplied", self.admin().supply_contacts(user, contacts).await);
    }

    /// Adds a method of the account and confirms it with the code that arrives at `address`.
    ///
    /// # Panics
    ///
    /// If a call fails, no code arrives, or the method is not active afterwards.
    pub async fn register(&self, method: NewMethod, address: &str) {
        let (request, user) = (self.request(), self.signed_in());
        let registration = self.engine.registration();
        let reply = expected("added", registration.add(&request, &user, &method).await);
        let code = expected("a code", Attempt::code(&self.code_to(address).await));
        let confirmed = registration.confirm(&request, &user, &reply.ticket, &code).await;
        assert!(expected("confirmed", confirmed).active, "the method is not active");
    }

    /// Registers [`MAIL`](Self::MAIL) and [`MOBILE`](Self::MOBILE), delivers the notices, and
    /// advances the clock by two days, after which both count for a reset.
    pub async fn register_contacts(&self) {
        let mail = expected("an address", EmailAddress::parse(Self::MAIL));
        self.register(NewMethod::email(mail), Self::MAIL).await;
        let mobile = expected("a number", PhoneNumber::parse(Self::MOBILE));
        let mobile = expected("a channel", NewMethod::mobile_phone(mobile, Channel::Sms));
        self.register(mobile, Self::MOBILE).await;
        self.deliver().await;
        self.clock.advance(Duration::from_secs(2 * 86_400));
    }

    /// Enrols an authenticator app for the account. Its present code is consumed.
    ///
    /// # Panics
    ///
    /// If a call fails, or the app is not active afterwards.
    pub async fn enrol_app(&self) -> SoftToken {
        let (request, user) = (self.request(), self.signed_in());
        let app = NewAuthenticator::new("Contoso", Self::NAME);
        let registration = self.engine.registration();
        let enrolled = registration.enrol_authenticator(&request, &user, &app).await;
        let enrolled = expected("enrolled", enrolled);
        let token = SoftToken::new(enrolled.seed.expose_secret(), OathParameters::default());
        let token = expected("a seed", token);
        let code = expected("a code", Attempt::code(&token.code(self.clock.now())));
        let confirmed = registration.confirm(&request, &user, &enrolled.reply.ticket, &code).await;
        assert!(expected("confirmed", confirmed).active, "the app is not active");
        token
    }

    /// Registers security questions of the account, as many as its policy requires: the first of the
    /// policy, each answered with `answer to` and its id.
    ///
    /// # Panics
    ///
    /// If a call fails, or the set is not active afterwards.
    pub async fn set_questions(&self) {
        let (request, user) = (self.request(), self.signed_in());
        let registration = self.engine.registration();
        let offered = registration.security_questions(&request, &user).await;
        let (questions, count) = expected("offered", offered);
        let chosen = questions.into_iter().take(count.into()).map(|view| view.question);
        let answers: Vec<_> = chosen.map(|id| (id.clone(), Self::answer_to(&id))).collect();
        let set = registration.set_security_questions(&request, &user, &answers).await;
        assert!(expected("set", set).active, "the questions are not active");
    }

    /// The answer that [`set_questions`](Self::set_questions) gives.
    #[must_use]
    pub fn answer_to(question: &QuestionId) -> SecretText {
        SecretText::new(format!("Answer to {question}"))
    }

    /// Creates recovery codes of the account and acknowledges them.
    ///
    /// # Panics
    ///
    /// If a call fails, or the codes are not active afterwards.
    pub async fn create_recovery_codes(&self) -> Vec<String> {
        let (request, user) = (self.request(), self.signed_in());
        let registration = self.engine.registration();
        let codes = expected("created", registration.create_recovery_codes(&request, &user).await);
        let reply = registration.acknowledge_recovery_codes(&request, &user, &codes.id).await;
        assert!(expected("acknowledged", reply).active, "the codes are not active");
        codes.codes.iter().map(|code| code.expose_secret().to_owned()).collect()
    }
}
