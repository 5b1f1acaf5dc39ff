//! The *it was not me* link of notices.

use crate::domain::identity::ids::Identifier;
use crate::engine::api::attempt::Attempt;
use crate::engine::api::error::Error;
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::engine::flow::repudiate;
use crate::engine::observe::Operation;

/// What an owner does who did not make a change.
///
/// A notice by mail about a change holds a link if the policy has a
/// [page](crate::policy::DeskPolicy::repudiation_link) for it. The page asks for the sign-in name and
/// has a button, which calls [`redeem`](Self::redeem). To show the page, call nothing: a mail scanner
/// that opens the link changes nothing, and one that presses buttons does not know the name.
#[derive(Clone, Copy, Debug)]
pub struct Repudiation<'a> {
    pub(crate) core: &'a Core,
}

impl Repudiation<'_> {
    /// Repudiates the change of the notice, and all that has happened since. As far as possible it is
    /// undone: methods that were confirmed or begun since then are removed, flows, codes and grants
    /// are void, known devices are forgotten, and all sessions end. A password that was written stays
    /// written, and a method that was removed stays removed.
    ///
    /// The account is then blocked: until an administrator calls
    /// [`unblock`](crate::Admin::unblock), no reset, unlock, change or registration is possible, and
    /// [`explain`](crate::Admin::explain) gives
    /// [`SsprReason::Repudiated`](crate::error::SsprReason::Repudiated). The owner and the help desk are
    /// notified. Tell the owner to call an administrator.
    ///
    /// A link is accepted once. Using one voids the links of all earlier notices, and so does
    /// `unblock`.
    ///
    /// ```
    /// use sspr::{Attempt, Engine, Error, Identifier, Refusal, Request};
    ///
    /// async fn pressed(
    ///     engine: &Engine,
    ///     request: &Request,
    ///     name: &str,
    ///     url: &str,
    /// ) -> Result<&'static str, Error> {
    ///     let (name, link) = (Identifier::parse(name)?, Attempt::link(url)?);
    ///     match engine.repudiation().redeem(request, &name, &link).await {
    ///         Ok(()) => Ok("Your account is safe. Call your administrator."),
    ///         Err(Error::Refused(Refusal::NotAccepted)) => Ok("The link was used or has expired."),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`](crate::Refusal::NotAccepted) for a link that is wrong, used, void or
    /// expired, or belongs to another account, and for an unknown name: hold the response back as
    /// [`Engine::floor_left`](crate::Engine::floor_left) says.
    /// [`Refusal::NotOffered`](crate::Refusal::NotOffered) if the policy has no page for the links;
    /// [`Refusal::HumanCheckRequired`](crate::Refusal::HumanCheckRequired);
    /// [`InvalidInput::Malformed`](crate::InvalidInput::Malformed) for an attempt that is not a link;
    /// [`Error::Fault`].
    pub async fn redeem(
        &self,
        request: &Request,
        identifier: &Identifier,
        link: &Attempt,
    ) -> Result<(), Error> {
        let done = repudiate::redeem(self.core, request, identifier, link);
        self.core.observe(Operation::RepudiationRedeem, &request.tenant, done).await
    }
}
