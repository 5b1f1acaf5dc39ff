//! The glossary: each term of the crate, the type that carries it, and the word of the standards.
//!
//! Types with a link, such as [`Policy`](crate::Policy), are public. Types without one, such as
//! `Transition`, are internal and named for readers of the source. The last column gives the word of NIST
//! SP 800-63B-4 ("NIST"), of Microsoft Entra ID ("Entra") or of an RFC, if one of them has a word for it.
//!
//! # Who takes part
//!
//! | Term | Meaning | Type | Elsewhere |
//! |---|---|---|---|
//! | account | The record of one user: methods, flows, budgets and outbox. | `Account` | NIST: subscriber account |
//! | actor | The one who caused an event: anonymous, the user, an administrator, or the engine. | [`ActorKind`](crate::audit::ActorKind), [`Actor`](crate::Actor) | Entra: initiated by |
//! | administrator | A user whose roles the policy names; stricter rules apply. | [`AdministratorPolicy`](crate::policy::AdministratorPolicy) | Entra: administrator role |
//! | decoy | A record that stands in for a name that no account has, so that both cost the same. | `Decoy`, [`RecordKind::Decoy`](crate::port::RecordKind::Decoy) | |
//! | host | The application that embeds the crate and implements its ports. | | NIST: CSP, verifier |
//! | identifier | What a person types to name an account. | [`Identifier`](crate::Identifier) | Entra: user name |
//! | incarnation | The directory's mark that tells two users with one id apart. | [`UserFacts`](crate::facts::UserFacts) | Entra: object id |
//! | owner | The person whom the account belongs to, as opposed to the one who asks. | | NIST: subscriber |
//! | shared name | A name that several users have, so that it stands for none; if it is their mailbox, that gets their sign-in names. | [`SsprReason::SeveralUsers`](crate::error::SsprReason::SeveralUsers), [`SignInNames`](crate::message::SignInNames) | |
//! | source | Where a request comes from: an address, or a wider range of one. | [`Source`](crate::Source) | |
//! | target rules | Which administrators may act on a user, by the roles that the user holds. | [`TargetRules`](crate::admin::TargetRules) | Entra: who can reset passwords |
//! | tenant | One organisation, with its own policy, users and limits. | [`TenantId`](crate::TenantId) | Entra: tenant |
//! | user | A person in the directory. | [`UserId`](crate::UserId) | NIST: subscriber; Entra: user |
//!
//! # Methods and what proves them
//!
//! | Term | Meaning | Type | Elsewhere |
//! |---|---|---|---|
//! | authenticator app | A method whose time-based code an app computes. | [`MethodKind::AuthenticatorApp`](crate::MethodKind::AuthenticatorApp) | NIST: OTP authenticator; RFC 6238: TOTP |
//! | capabilities | What this engine can use now: channels, links, a seal, host-verified methods. | `Capabilities` | |
//! | channel | How a method is reached: mail, link, text, voice, or in hand. | [`Channel`](crate::method::Channel) | NIST: out-of-band channel |
//! | contact | An address or number of a user, from the directory or an administrator. | [`Contacts`](crate::admin::Contacts) | Entra: authentication contact info |
//! | destination | The address or number that a message goes to. | [`Destination`](crate::facts::Destination) | |
//! | factor | What a registered method stores: an address, a seed, a set of recovery codes. | `Factor` | NIST: authenticator secret |
//! | host-verified method | A method whose proofs the host checks itself. | [`ExternalMethod`](crate::port::ExternalMethod) | Entra: external authentication method |
//! | in hand | The channel of methods to which nothing is sent. | [`Channel::InHand`](crate::method::Channel::InHand) | |
//! | known device | A browser that the user asked to remember; it proves nothing, but may use the proven pool. | [`DeviceSecret`](crate::recovery::DeviceSecret) | OWASP: device cookie |
//! | familiar source | A source from which the user has registered a method or completed a flow. | `FamiliarSource` | |
//! | method | A way in which a user proves who they are. | [`MethodKind`](crate::MethodKind), [`MethodId`](crate::method::MethodId) | NIST: authenticator; Entra: authentication method |
//! | OATH token | A device, handed out, that shows time-based codes. | [`MethodKind::OathToken`](crate::MethodKind::OathToken) | Entra: OATH hardware token |
//! | recovery code | One of a set of codes that the user keeps and uses once. | [`MethodKind::RecoveryCode`](crate::MethodKind::RecoveryCode), [`RecoveryCodes`](crate::method::RecoveryCodes) | NIST: saved recovery code |
//! | seal | Encryption of authenticators' seeds at rest. | [`Seal`](crate::port::Seal) | |
//! | seed | The secret of an authenticator app or OATH token. | [`OathSeed`](crate::method::OathSeed) | RFC 6238: shared secret |
//! | step | One period of a time-based code; each step is accepted once. | [`OathParameters`](crate::method::OathParameters) | RFC 6238: time step |
//! | verification | How a kind of method is checked: by a sent code, a time-based code, a recovery code, the host, or the password. | `Verification` | |
//!
//! # A flow, from start to end
//!
//! | Term | Meaning | Type | Elsewhere |
//! |---|---|---|---|
//! | attempt | What a person enters for a challenge: a code, a link or a response. | [`Attempt`](crate::Attempt) | NIST: authentication attempt |
//! | challenge | One request for a proof over one channel, with its own life and attempts. | `Challenge`, [`ChallengeOption`](crate::method::ChallengeOption) | NIST: challenge |
//! | change | A new password set by a user who knows the present one. | [`Change`](crate::Change) | Entra: password change |
//! | consume | To use up a step, a recovery code or a challenge, so that it cannot count again. | | RFC 6238: one-time only use |
//! | eligibility | Whether the facts and the policy let a user reset, and under which gates. | `Eligibility`, [`SsprReason`](crate::error::SsprReason) | Entra: enabled for self-service password reset |
//! | epoch | The number that grows whenever everything outstanding of an account becomes void. | `CredentialEpoch` | |
//! | expected | What a challenge expects: something sent, a time-based code, a recovery code, the host, or nothing for a decoy. | `Expected` | |
//! | flow | One run of a reset, unlock, change or registration, from start to its end. | [`FlowStage`](crate::audit::FlowStage), [`FlowEnd`](crate::audit::FlowEnd) | NIST: account recovery |
//! | gate | One of the distinct methods that a flow requires. | [`Gates`](crate::policy::Gates) | Entra: number of methods required to reset |
//! | generation | The number in a ticket that grows with each proof; older tickets are void. | `Generation` | |
//! | grant | The right to set a password, earned by enough distinct proofs. | `Grant` | |
//! | link | A secret in a mail that proves the address; it may be redeemed on another device. | [`LinkBase`](crate::policy::LinkBase), [`Reset::redeem_link`](crate::Reset::redeem_link) | NIST: issued recovery code |
//! | proof | A challenge of a flow whose attempt was correct. | `Proof` | |
//! | reset | A new password set by a user who has forgotten the present one. | [`Reset`](crate::Reset) | NIST: account recovery; Entra: self-service password reset |
//! | step (of a page) | What the page shows next. | [`Step`](crate::Step) | |
//! | stand-in id | A user id that no user has: the ports are called with it for unknown names, and for host-verified methods whose budgets are spent. | | |
//! | sticky question | A security question that is asked until it is answered. | [`QuestionPolicy`](crate::policy::QuestionPolicy) | OWASP |
//! | ticket | The authenticated and masked text that names a flow; the host keeps it in a cookie. | [`ResetTicket`](crate::ResetTicket) and its kin | RFC 6265: cookie value |
//! | unlock | A lockout of the directory cleared, the password unchanged. | [`Unlock`](crate::Unlock) | Entra: unlock account |
//!
//! # Budgets and limits
//!
//! | Term | Meaning | Type | Elsewhere |
//! |---|---|---|---|
//! | anonymous pool | The part of each budget for callers who have proven nothing and are not known. | [`PoolKind::Anonymous`](crate::policy::PoolKind::Anonymous) | |
//! | proven pool | The part of each budget for flows with a proof, known devices, familiar sources and signed-in users. | [`PoolKind::Proven`](crate::policy::PoolKind::Proven) | |
//! | budget | What one account allows in a window: failures, challenges, notices. | [`FailureBudgets`](crate::policy::FailureBudgets), [`SendBudgets`](crate::policy::SendBudgets), [`NoticeBudgets`](crate::policy::NoticeBudgets) | NIST: rate limiting, throttling; Entra: smart lockout |
//! | budget effects | What a reserved attempt brings about if it is wrong: a lock, a closed or disabled method, a warning. | `BudgetEffects` | |
//! | closed, disabled | A method that only proven callers may use, and one that is out of use until it is unblocked. | [`BlockedMethod`](crate::admin::BlockedMethod) | NIST: suspended authenticator |
//! | counter increment | One addition to a counter across accounts, with its expiry. | [`CounterIncrement`](crate::port::CounterIncrement) | |
//! | escalated | Codes are longer while the tenant's limit is spent. | [`CrossLimits`](crate::policy::CrossLimits) | |
//! | guessing risk | The probability that guessing alone opens an account under a policy. | [`GuessingRisk`](crate::policy::GuessingRisk), [`AccountRisk`](crate::policy::AccountRisk), [`MethodRisk`](crate::policy::MethodRisk), [`SprayRisk`](crate::policy::SprayRisk) | |
//! | limit | What is counted across accounts: by source, identifier, destination, prefix, tenant. | [`CrossLimits`](crate::policy::CrossLimits) | |
//! | limit spent | A limit across accounts has no room left; codes escalate and an event alarms. | `LimitSpent`, [`EventKind::LimitSpent`](crate::audit::EventKind::LimitSpent) | |
//! | refund | To undo a reservation, because the attempt turned out to be no failure. | [`EventKind::AttemptRefunded`](crate::audit::EventKind::AttemptRefunded) | |
//! | reserve | To count an attempt as a failure before it is compared. | `Reservation` | |
//! | run | Failures of a method in a row, with no correct secret in between. | | NIST: consecutive failed attempts |
//! | share | The part of a budget that one source may hold. | [`SendBudgets`](crate::policy::SendBudgets) | |
//! | set aside | Said of the comparisons that a live code still allows: other challenges cannot use them up. | | |
//! | spent | Said of a budget or limit that has no room left. | [`BudgetUse`](crate::admin::BudgetUse) | |
//! | spraying | One or a few guesses at each of many accounts. | [`SprayRisk`](crate::policy::SprayRisk) | Entra: password spray |
//! | suppressed | A challenge whose reply is the usual one, but that sends nothing. | [`EventKind::ChallengeOpened`](crate::audit::EventKind::ChallengeOpened) | |
//! | throttle | A lock of an account after a number of acts, as Entra has them. | [`Throttle`](crate::policy::Throttle), [`EventKind::Throttled`](crate::audit::EventKind::Throttled) | Entra: abuse throttles |
//! | verdict | The budget effects of an attempt whose comparison has not ended. | `Verdict` | |
//!
//! # Policy
//!
//! | Term | Meaning | Type | Elsewhere |
//! |---|---|---|---|
//! | breaker | Stops codes to new numbers of one prefix while too few of them are verified. | [`Breaker`](crate::policy::Breaker), [`OpenBreaker`](crate::admin::OpenBreaker) | circuit breaker |
//! | deviation | A rule of a standard from which a policy deviates on purpose, acknowledged by name. | [`Deviation`](crate::policy::Deviation) | |
//! | disclosure | What an anonymous caller is told about why a reset is refused. | [`Disclosure`](crate::policy::Disclosure) | |
//! | report | Rows about users, accounts or events for an administrator, page by page. | [`report`](crate::report) | report |
//! | dry run | What a change of the policy would do to each user, evaluated and not written. | [`Admin::dry_run`](crate::Admin::dry_run), [`DryRunUser`](crate::admin::DryRunUser) | |
//! | effective policy | The gates, kinds, rules and reasons that apply to one user of a tenant at a time. | `EffectivePolicy` | |
//! | facts | What the directory reports about a tenant or a user. | [`TenantFacts`](crate::facts::TenantFacts), [`UserFacts`](crate::facts::UserFacts) | RFC 7643: attributes |
//! | finding | One sentence of a policy's review. | [`Finding`](crate::policy::Finding) | |
//! | new number | A phone number that is being registered, or that its user registered a few days ago. | [`NumberPolicy`](crate::policy::NumberPolicy) | |
//! | phone spend | The codes to new numbers that a policy lets through in a day. | [`PhoneSpend`](crate::policy::PhoneSpend) | |
//! | policy | The checked settings of one tenant. | [`Policy`](crate::Policy), [`PolicySettings`](crate::PolicySettings) | Entra: password reset properties |
//! | preset | Settings that follow a standard or product. | [`PolicySettings::entra`](crate::PolicySettings::entra), [`PolicySettings::nist_aal1`](crate::PolicySettings::nist_aal1) | |
//! | refusal | The result of a request that the rules do not allow, as opposed to an error. | [`Refusal`](crate::Refusal) | |
//! | retirement | The date from which a method or a provider may not be used. | [`Retirement`](crate::policy::Retirement) | Entra: retirement |
//! | setting value | A number, share or span in a policy error. | [`SettingValue`](crate::policy::SettingValue) | |
//! | withheld | Said of a kind that the policy names and that does not count now: it has retired, or the plan lacks it. | [`Withheld`](crate::admin::Withheld) | |
//! | writeback | To pass a new password on to a directory on premises. | [`OnPremisesPolicy`](crate::policy::OnPremisesPolicy) | Entra: password writeback |
//!
//! # Registration
//!
//! | Term | Meaning | Type | Elsewhere |
//! |---|---|---|---|
//! | enrolment | The binding of an authenticator: its seed shown, its first code checked. | [`Enrolment`](crate::method::Enrolment) | NIST: authenticator binding |
//! | hold | The time before a new method counts. | [`RegistrationPolicy`](crate::policy::RegistrationPolicy) | |
//! | prompt | What the host asks a user about their registration at sign-in. | [`Prompt`](crate::method::Prompt) | Entra: registration interrupt |
//! | plan | What a user may register now, what is missing, and the smallest set that is enough. | [`RegistrationPlan`](crate::method::RegistrationPlan) | |
//! | registered, enabled, capable | Has enough methods; may reset; both. | [`RegistrationStatus`](crate::method::RegistrationStatus) | Entra: `isSsprRegistered`, `isSsprEnabled`, `isSsprCapable` |
//! | registration session | The time in which one sign-in may manage methods. | `Sitting`, [`RegistrationPolicy`](crate::policy::RegistrationPolicy) | Entra: combined registration session |
//! | skip | To put the prompt off until the next session. | [`Skip`](crate::method::Skip) | Entra: skip registration |
//! | provenance | Whether a method was confirmed by the user or supplied by an administrator. | [`Provenance`](crate::method::Provenance) | |
//! | reconfirmation | The user's word that what is registered is still right. | [`Prompt`](crate::method::Prompt) | Entra: reconfirm authentication information |
//! | vouch | The host's word that a user is signed in. | [`SignedIn::vouch`](crate::SignedIn::vouch) | |
//!
//! # Records, writes and messages
//!
//! | Term | Meaning | Type | Elsewhere |
//! |---|---|---|---|
//! | clock ahead | A record was stamped by a clock so far ahead that its times are not believed. | `Transition` | |
//! | commit | A record and its events written together, if the version is the expected one. | [`Commit`](crate::port::Commit) | RFC 9110: conditional request |
//! | decision | What is done with a transition: commit it, or discard it. | `Decision` | |
//! | directory write | One password or unlock written to the directory, with its number. | [`WriteNumber`](crate::audit::WriteNumber), [`PasswordWrite`](crate::port::PasswordWrite), [`UnlockWrite`](crate::port::UnlockWrite) | |
//! | event | One entry of the audit trail. | [`Event`](crate::audit::Event), [`EventKind`](crate::audit::EventKind) | RFC 5424: log message; Entra: audit log |
//! | fault | A port that failed, and which one. | [`Fault`](crate::Fault), [`FaultOrigin`](crate::error::FaultOrigin) | |
//! | injected fault | A fault that a test puts into a port call. | `testing::InjectedFault` | |
//! | maintenance | Delivery of messages, and the end of what was interrupted. | [`Engine::maintain`](crate::Engine::maintain), [`MaintenanceReport`](crate::maintenance::MaintenanceReport) | |
//! | message | A code, a link or a notice, by id and typed parameters. | [`Message`](crate::message::Message) | |
//! | notice | A message that tells an owner or administrator what happened. | [`Notice`](crate::message::Notice) | NIST: notification |
//! | on unknown | What a step does where the outcome of its commit is not known: look again, or fail. | `OnUnknown` | |
//! | outbox | Messages and other work that wait in a record. | | |
//! | pending write | A directory write that has begun, and its conditions, scope and failures. | `PendingWrite`, `PendingWriteTerms`, `PendingWriteScope`, `PendingWriteEligibility`, `PendingWriteFailure` | |
//! | port | A trait that the host implements. | [`port`](crate::port) | |
//! | repudiation | The owner's *it was not me*: it voids what happened since a notice and blocks self-service. | [`Repudiation`](crate::recovery::Repudiation), [`RepudiationLink`](crate::message::RepudiationLink) | NIST: repudiate an event |
//! | record | One row of the store: a body, its columns and its version. | [`Record`](crate::port::Record) | |
//! | reseal page | What one call of the resealing of seeds has done. | [`ResealPage`](crate::maintenance::ResealPage) | |
//! | settle | To record how a directory write ended. | | |
//! | trail, head | The chained events of one record, and the sealed value in the record that ends the chain. | [`TrailHead`](crate::audit::TrailHead) | |
//! | transition | A loaded account that a step changes, with the events of the change. | `Transition` | |
//! | version | A count that grows with each commit of a record, and a random nonce; each commit compares both. | [`Version`](crate::port::Version) | RFC 9110: entity tag |
