//! Testing your host: the commonest tests, each in a few lines.
//!
//! [`testing::World`](crate::testing::World) (feature `testing`, for your dev-dependencies only) is a tenant
//! with one account, an engine, a clock, an inbox and a directory, all in memory. Its methods lead to any step
//! of a reset, so that a test starts at the step that it checks. Give its `engine` to your handlers, and
//! drive these through your own router.
//!
//! Each test below is the body of `block_on(async { ... })`, and is run with this page. Values that your code
//! must handle are in `assert` lines; what a page shows for each is in
//! [`embedding`](super::embedding#errors).
//!
//! # A reset from end to end
//!
//! The password is changed after two proofs, and the old one is gone.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let ticket = world.granted().await;
//! let reply = world.complete(&ticket, "plum tractor violet candle").await?;
//! assert_eq!(reply.step, Step::Done { propagated: true });
//! assert!(world.password_is("plum tractor violet candle"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # One gate
//!
//! Under a policy with one gate, one proof is enough.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let one_gate = World::builder().policy(|settings| settings.users.required = 1);
//! let world = one_gate.registered().open().await;
//! let (ticket, code) = world.entering().await;
//! let reply = world.prove(&ticket, &code).await?;
//! assert!(matches!(reply.step, Step::NewPassword { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Two gates
//!
//! Under the default policy the first proof leads to the second choice.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let (ticket, code) = world.entering().await;
//! let reply = world.prove(&ticket, &code).await?;
//! assert!(matches!(reply.step, Step::Choose { .. }));
//! let refused = world.complete(&reply.ticket, "plum tractor violet candle").await;
//! assert!(matches!(refused, Err(Error::Refused(Refusal::MoreProofNeeded))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # A wrong code
//!
//! It is refused, and the right one still works.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let (ticket, code) = world.entering().await;
//! let refused = world.prove(&ticket, &World::wrong(&code)).await;
//! assert!(matches!(refused, Err(Error::Refused(Refusal::NotAccepted))));
//! assert!(world.prove(&ticket, &code).await.is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Too many wrong codes
//!
//! Then the right one is refused as well, with the same refusal.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let (ticket, code) = world.entering().await;
//! for _ in 0..10 {
//!     assert!(world.prove(&ticket, &World::wrong(&code)).await.is_err());
//! }
//! assert!(world.prove(&ticket, &code).await.is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # An expired code
//!
//! The clock is the test's: no sleep.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let (ticket, code) = world.entering().await;
//! world.clock.advance(Duration::from_secs(3600));
//! assert!(world.prove(&ticket, &code).await.is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Send again
//!
//! A newer code ends the older one.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let (ticket, older) = world.entering().await;
//! world.clock.advance(Duration::from_secs(120));
//! let (reply, newer) = world.challenged(&ticket, &World::by_mail(), World::MAIL).await;
//! assert!(world.prove(&reply.ticket, &older).await.is_err());
//! assert!(world.prove(&reply.ticket, &newer).await.is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Sent too often
//!
//! The refusal tells when to try again: 429 and `Retry-After`.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let (reset, request, ticket) = (world.engine.reset(), world.request(), world.start().await.ticket);
//! let first = reset.challenge(&request, &ticket, &World::by_mail()).await?;
//! let second = reset.challenge(&request, &first.ticket, &World::by_mail()).await;
//! assert!(matches!(second, Err(Error::Refused(Refusal::TooOften { .. }))), "{second:?}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # A name that no user has
//!
//! The page is the same, and nothing is sent.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! world.inbox.clear();
//! let unknown = Identifier::parse("unknown@contoso.example")?;
//! let reply = world.engine.reset().start(&world.request(), &unknown).await?;
//! assert_eq!(reply.step, world.start().await.step);
//! world.deliver().await;
//! assert!(world.inbox.all().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # A disabled user
//!
//! The page is the same here too.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let disabled = World::builder().account(|facts| facts.enabled = false).open().await;
//! let enabled = World::builder().open().await;
//! assert_eq!(disabled.start().await.step, enabled.start().await.step);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # A back button
//!
//! An older ticket is refused: delete the cookie and start again.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let older = world.start().await.ticket;
//! let newer = world.challenge(&older, &World::by_mail()).await.ticket;
//! let code = world.code_to(World::MAIL).await;
//! world.prove(&newer, &code).await?;
//! let refused = world.complete(&older, "plum tractor violet candle").await;
//! assert!(refused.is_err_and(|error| error.ends_flow()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # A button pressed twice
//!
//! The second reset with one ticket changes nothing.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let ticket = world.granted().await;
//! world.complete(&ticket, "plum tractor violet candle").await?;
//! let again = world.complete(&ticket, "another violet candle tractor").await;
//! assert!(matches!(again, Err(Error::Refused(Refusal::Ended))));
//! assert!(world.password_is("plum tractor violet candle"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # A weak password
//!
//! The refusal has the findings for the page.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let ticket = world.granted().await;
//! let refused = world.complete(&ticket, "password").await;
//! assert!(matches!(refused, Err(Error::Refused(Refusal::Password(_)))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # A password that the directory refuses
//!
//! The engine asks for another one.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let ticket = world.granted().await;
//! world.directory.script_outcome(WriteOutcome::PolicyViolation(PolicyReason::History));
//! let refused = world.complete(&ticket, "plum tractor violet candle").await;
//! assert!(matches!(refused, Err(Error::Refused(Refusal::DirectoryPassword { .. }))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # A lost response of the directory
//!
//! A fault: the page asks for the same password again, and then it is done.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let ticket = world.granted().await;
//! world.directory.script_indeterminate_written();
//! let lost = world.complete(&ticket, "plum tractor violet candle").await;
//! assert!(matches!(lost, Err(Error::Fault(_))));
//! let reply = world.complete(&ticket, "plum tractor violet candle").await?;
//! assert_eq!(reply.step, Step::Done { propagated: true });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # The mail server is down
//!
//! The message waits, and arrives when the server is back.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! world.inbox.clear();
//! world.inbox.fail_with(Some(PortErrorKind::Unavailable));
//! world.challenge(&world.start().await.ticket, &World::by_mail()).await;
//! world.deliver().await;
//! world.inbox.fail_with(None);
//! world.clock.advance(Duration::from_secs(60));
//! assert_eq!(world.code_to(World::MAIL).await.len(), 8);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # The database is down
//!
//! A fault and not a refusal: 503, and nothing has happened.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let plan = FaultPlan::none();
//! let world = World::builder().registered().faulty(&plan).open().await;
//! let ticket = world.granted().await;
//! let plan = plan.on("store.load", InjectedFault::FailBefore);
//! let failed = world.complete(&ticket, "plum tractor violet candle").await;
//! assert!(matches!(failed, Err(Error::Fault(_))));
//! plan.heal();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Sessions end
//!
//! A thief who knew the old password is signed out.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let then = world.clock.now();
//! world.directory.open_session(&world.tenant, &world.user, "browser", then, then)?;
//! world.clock.advance(Duration::from_secs(60));
//! world.complete(&world.granted().await, "plum tractor violet candle").await?;
//! world.deliver().await;
//! assert!(world.directory.sessions(&world.tenant, &world.user).is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # The owner is told
//!
//! The notice goes to the addresses of the account.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! world.complete(&world.granted().await, "plum tractor violet candle").await?;
//! world.deliver().await;
//! let sent = world.inbox.messages_to(World::NAME);
//! assert!(sent.iter().any(|message| message.kind == "notice.password_reset"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # Two servers
//!
//! A flow that one process began ends in another.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().registered().open().await;
//! let other = world.beside().seed(8).open().await;
//! let (ticket, code) = world.entering().await;
//! assert!(other.prove(&ticket, &code).await.is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # The audit trail
//!
//! A snapshot as text: seconds since the start, who, and what.
//!
//! ```
//! # use sspr::{Error, Identifier, Refusal, Step, facts::*, port::{Clock as _, PortErrorKind}, testing::*};
//! # use std::time::Duration;
//! # block_on(async {
//! let world = World::builder().policy(|settings| settings.users.required = 1).open().await;
//! world.engine.reset().start(&world.request(), &world.name).await?;
//! let trail = world.trail().await;
//! assert!(trail.lines().any(|line| line.ends_with("policy_changed")), "{trail}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # More
//!
//! - Your own policy: [`WorldBuilder::settings`](crate::testing::WorldBuilder::settings). Your own store:
//!   [`WorldBuilder::store`](crate::testing::WorldBuilder::store).
//! - An authenticator app, recovery codes, other users: [`World::enrol_app`](crate::testing::World::enrol_app),
//!   [`World::create_recovery_codes`](crate::testing::World::create_recovery_codes),
//!   [`World::add_user`](crate::testing::World::add_user).
//! - Each port call that can fail, one after the other: the loop in [`testing`](crate::testing).
//! - Two requests at once, in every order of their port calls: [`explore`](crate::testing::explore).
//! - Your own ports: the kits of [`writing_a_store`](super::writing_a_store),
//!   [`writing_a_directory`](super::writing_a_directory) and
//!   [`writing_a_delivery`](super::writing_a_delivery).
