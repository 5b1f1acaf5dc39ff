//! The names of what is observed: the operations of the engine and the calls of its ports.

/// Declares an enum of names, in the order in which `ALL` lists them.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum $name { $($variant,)+ }

        impl $name {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)+];

            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

names! {
    /// An operation of the engine: a public method of a handle.
    Operation {
        ResetStart = "reset.start",
        ResetView = "reset.view",
        ResetChallenge = "reset.challenge",
        ResetProve = "reset.prove",
        ResetRedeemLink = "reset.redeem_link",
        ResetCancel = "reset.cancel",
        ResetContactAdministrator = "reset.contact_administrator",
        ResetRememberDevice = "reset.remember_device",
        ResetReplaceRecoveryCode = "reset.replace_recovery_code",
        ResetAcknowledgeRecoveryCode = "reset.acknowledge_recovery_code",
        ResetComplete = "reset.complete",
        UnlockStart = "unlock.start",
        UnlockView = "unlock.view",
        UnlockChallenge = "unlock.challenge",
        UnlockProve = "unlock.prove",
        UnlockRedeemLink = "unlock.redeem_link",
        UnlockCancel = "unlock.cancel",
        UnlockContactAdministrator = "unlock.contact_administrator",
        UnlockRememberDevice = "unlock.remember_device",
        UnlockReplaceRecoveryCode = "unlock.replace_recovery_code",
        UnlockAcknowledgeRecoveryCode = "unlock.acknowledge_recovery_code",
        UnlockComplete = "unlock.complete",
        ChangeStart = "change.start",
        ChangeView = "change.view",
        ChangeComplete = "change.complete",
        ChangeCancel = "change.cancel",
        AuthenticatorVerify = "authenticator.verify",
        RepudiationRedeem = "repudiation.redeem",
        RegistrationList = "registration.list",
        RegistrationAdd = "registration.add",
        RegistrationReplace = "registration.replace",
        RegistrationEnrolAuthenticator = "registration.enrol_authenticator",
        RegistrationReplaceAuthenticator = "registration.replace_authenticator",
        RegistrationClaimContact = "registration.claim_contact",
        RegistrationClaimToken = "registration.claim_token",
        RegistrationCreateRecoveryCodes = "registration.create_recovery_codes",
        RegistrationAcknowledgeRecoveryCodes = "registration.acknowledge_recovery_codes",
        RegistrationSecurityQuestions = "registration.security_questions",
        RegistrationSetSecurityQuestions = "registration.set_security_questions",
        RegistrationConfirm = "registration.confirm",
        RegistrationRemove = "registration.remove",
        RegistrationPrompt = "registration.prompt",
        RegistrationSkip = "registration.skip",
        RegistrationView = "registration.view",
        RegistrationReview = "registration.review",
        RegistrationReconfirm = "registration.reconfirm",
        RegistrationSetDefault = "registration.set_default",
        RegistrationCheckHostVerified = "registration.check_host_verified",
        RegistrationRememberDevice = "registration.remember_device",
        AdminPolicy = "admin.policy",
        AdminPutPolicy = "admin.put_policy",
        AdminSupplyContacts = "admin.supply_contacts",
        AdminSupplyToken = "admin.supply_token",
        AdminUnblock = "admin.unblock",
        AdminEvents = "admin.events",
        AdminUserEvents = "admin.user_events",
        AdminVerifyTrail = "admin.verify_trail",
        AdminTrailHead = "admin.trail_head",
        AdminConfirmIncarnation = "admin.confirm_incarnation",
        AdminAccounts = "admin.accounts",
        AdminDryRun = "admin.dry_run",
        AdminExplain = "admin.explain",
        AdminRegistrationReport = "admin.registration_report",
        AdminUsageReport = "admin.usage_report",
        AdminUsageCounts = "admin.usage_counts",
        AdminBlockedReport = "admin.blocked_report",
        AdminExpiringReport = "admin.expiring_report",
        AdminDeskReport = "admin.desk_report",
        AdminRevokeMethods = "admin.revoke_methods",
        AdminRevokeFlows = "admin.revoke_flows",
        AdminRequireRegistration = "admin.require_registration",
        AdminInitiateReset = "admin.initiate_reset",
        AdminInvite = "admin.invite",
        AdminRevokeInvitation = "admin.revoke_invitation",
        AdminSetTemporaryPassword = "admin.set_temporary_password",
        AdminForget = "admin.forget",
        AdminBreakers = "admin.breakers",
        AdminCloseBreaker = "admin.close_breaker",
        EngineMaintain = "engine.maintain",
        EngineCheck = "engine.check",
        EnginePages = "engine.pages",
        EngineReseal = "engine.reseal",
        EngineShortKeysInUse = "engine.short_keys_in_use",
        EngineWriteCounts = "engine.write_counts",
    }
}

names! {
    /// A call of a port.
    PortCall {
        StoreLoad = "store.load",
        StoreCommit = "store.commit",
        StoreIncrement = "store.increment",
        StoreDue = "store.due",
        StoreScan = "store.scan",
        StoreEvents = "store.events",
        StorePurge = "store.purge",
        DirectoryTenant = "directory.tenant",
        DirectoryFind = "directory.find",
        DirectoryUsers = "directory.users",
        DirectoryRoleHolders = "directory.role_holders",
        DirectorySetPassword = "directory.set_password",
        DirectoryVerifyPassword = "directory.verify_password",
        DirectoryUnlock = "directory.unlock",
        SessionsRevoke = "sessions.revoke",
        DeliveryDeliver = "delivery.deliver",
        DeliveryChannels = "delivery.channels",
        BreachListContains = "breach_list.contains",
        HumanCheckPassed = "human_check.passed",
        RiskSignalsBeforeSend = "risk_signals.before_send",
        SealSeal = "seal.seal",
        SealOpen = "seal.open",
        SlowHashHash = "slow_hash.hash",
        SlowHashVerify = "slow_hash.verify",
        ExternalMethodAvailable = "external_method.available",
        ExternalMethodBegin = "external_method.begin",
        ExternalMethodVerify = "external_method.verify",
    }
}
