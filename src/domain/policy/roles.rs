//! Microsoft's lists of administrator roles, by display name.
//!
//! Neither contains readers, guest inviters or security operators. The list of 2018 is not here: its
//! sources disagree about its length, and the two roles in which it is ahead of the list of 2025
//! are in that of 2026.

use std::collections::BTreeSet;

use super::settings::AdministratorPolicy;
use crate::domain::identity::ids::RoleId;

impl AdministratorPolicy {
    /// Microsoft's list of May 2025, 27 roles. Under it, holders of the roles that were added later
    /// fall under `users`.
    ///
    /// ```
    /// use sspr::policy::AdministratorPolicy;
    ///
    /// let before = AdministratorPolicy::roles_2025();
    /// assert!(before.is_subset(&AdministratorPolicy::roles_2026()));
    /// assert!(!before.contains("Groups Administrator"));
    /// ```
    #[must_use]
    pub fn roles_2025() -> BTreeSet<RoleId> {
        named(&OF_2025)
    }

    /// Microsoft's list of May 2026, 78 roles: that of May 2025 and 51 more.
    ///
    /// ```
    /// use sspr::policy::AdministratorPolicy;
    ///
    /// let roles = AdministratorPolicy::roles_2026();
    /// assert_eq!(roles, AdministratorPolicy::default().roles);
    /// assert!(!roles.contains("Reports Reader"));
    /// ```
    #[must_use]
    pub fn roles_2026() -> BTreeSet<RoleId> {
        let mut roles = Self::roles_2025();
        roles.append(&mut named(&ADDED_IN_2026));
        roles
    }
}

fn named(names: &[&str]) -> BTreeSet<RoleId> {
    names.iter().filter_map(|name| RoleId::parse(name).ok()).collect()
}

/// The list of May 2025.
const OF_2025: [&str; 27] = [
    "Application Administrator",
    "Authentication Administrator",
    "Billing Administrator",
    "Cloud Device Administrator",
    "Compliance Administrator",
    "Directory Synchronization Accounts",
    "Directory Writers",
    "Dynamics 365 Administrator",
    "Exchange Administrator",
    "Global Administrator",
    "Helpdesk Administrator",
    "Intune Administrator",
    "Microsoft Entra Joined Device Local Administrator",
    "Partner Tier1 Support",
    "Partner Tier2 Support",
    "Password Administrator",
    "Power Platform Administrator",
    "Privileged Authentication Administrator",
    "Privileged Role Administrator",
    "Security Administrator",
    "Service Support Administrator",
    "SharePoint Administrator",
    "Skype for Business Administrator",
    "Teams Administrator",
    "Teams Communications Administrator",
    "Teams Devices Administrator",
    "User Administrator",
];

/// The roles that the list of May 2026 has in addition.
const ADDED_IN_2026: [&str; 51] = [
    "AdHoc License Administrator",
    "Application Proxy Service Administrator",
    "Attack Simulation Administrator",
    "Attribute Assignment Administrator",
    "Attribute Definition Administrator",
    "Attribute Log Administrator",
    "Authentication Extensibility Administrator",
    "Authentication Policy Administrator",
    "Azure DevOps Administrator",
    "Azure Information Protection Administrator",
    "B2C IEF Keyset Administrator",
    "B2C IEF Policy Administrator",
    "Cloud App Security Administrator",
    "Compliance Data Administrator",
    "Conditional Access Administrator",
    "Customer Lockbox Access Approver",
    "Desktop Analytics Administrator",
    "Device Administrators",
    "Domain Name Administrator",
    "Dynamics 365 Business Central Administrator",
    "Edge Administrator",
    "Email Verified User Creator",
    "Exchange Recipient Administrator",
    "External ID User Flow Administrator",
    "External ID User Flow Attribute Administrator",
    "External Identity Provider Administrator",
    "Global Secure Access Administrator",
    "Groups Administrator",
    "Hybrid Identity Administrator",
    "Identity Governance Administrator",
    "Insights Administrator",
    "Knowledge Administrator",
    "License Administrator",
    "Lifecycle Workflows Administrator",
    "Mailbox Administrator",
    "Microsoft 365 Migration Administrator",
    "Microsoft Hardware Warranty Administrator",
    "Modern Commerce Administrator",
    "Network Administrator",
    "Office Apps Administrator",
    "Organizational Branding Administrator",
    "Permissions Management Administrator",
    "Power BI Service Administrator",
    "Printer Administrator",
    "Search Administrator",
    "Virtual Visits Administrator",
    "Viva Goals Administrator",
    "Viva Pulse Administrator",
    "Windows Update Deployment Administrator",
    "Windows365 Administrator",
    "Yammer Administrator",
];
