//! A policy as a document on the command line: check, describe, diff, review, import, export.
//!
//! ```text
//! cargo run --example policy --features words -- check policy.json
//! cargo run --example policy --features words -- describe policy.json lv
//! cargo run --example policy --features words -- diff old.json new.json zh-TW
//! cargo run --example policy --features words -- review policy.json
//! cargo run --example policy --features words -- import PasswordResetPolicies.json
//! cargo run --example policy --features words -- export policy.json
//! ```
//!
//! Without arguments it shows each of them on a policy of Entra.

use std::error::Error;
use std::fs;

use sspr::message::Locale;
use sspr::words::Catalogue;
use sspr::{Policy, PolicySettings};

/// What the portal of Entra keeps for a tenant with a pilot group.
const PILOT: &str = r#"{
    "objectId": "default",
    "enablementType": 1,
    "passwordResetEnabledGroupIds": ["6e7b768e-07e2-4810-8459-485f84f8f204"],
    "passwordResetEnabledGroupName": "SSPR pilot",
    "numberOfAuthenticationMethodsRequired": 2,
    "emailOptionEnabled": true,
    "mobilePhoneOptionEnabled": true,
    "mobileAppCodeEnabled": true,
    "registrationReconfirmIntevalInDays": 90,
    "skipRegistrationAllowed": false
}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => show(),
        ["check", file] => check(&settings(file)?),
        ["describe", file] => describe(&settings(file)?, "en"),
        ["describe", file, language] => describe(&settings(file)?, language),
        ["diff", old, new] => differences(&settings(old)?, &settings(new)?, "en"),
        ["diff", old, new, language] => differences(&settings(old)?, &settings(new)?, language),
        ["review", file] => review(settings(file)?),
        ["import", file] => import(&fs::read_to_string(file)?).map(drop),
        ["export", file] => export(&settings(file)?),
        _ => Err("one of: check, describe, diff, review, import, export".into()),
    }
}

fn settings(file: &str) -> Result<PolicySettings, Box<dyn Error>> {
    Ok(PolicySettings::from_json(&fs::read_to_string(file)?)?)
}

fn check(settings: &PolicySettings) -> Result<(), Box<dyn Error>> {
    Policy::new(settings.clone())?;
    println!("no fault");
    Ok(())
}

fn describe(settings: &PolicySettings, language: &str) -> Result<(), Box<dyn Error>> {
    let catalogue = Catalogue::new();
    for line in catalogue.phrases(&Locale::parse(language)?).describe(settings) {
        println!("{line}");
    }
    Ok(())
}

fn differences(
    old: &PolicySettings,
    new: &PolicySettings,
    language: &str,
) -> Result<(), Box<dyn Error>> {
    let catalogue = Catalogue::new();
    for change in catalogue.phrases(&Locale::parse(language)?).differences(old, new) {
        println!("{change}");
    }
    Ok(())
}

fn review(settings: PolicySettings) -> Result<(), Box<dyn Error>> {
    println!("{}", Policy::new(settings)?.review());
    Ok(())
}

fn import(document: &str) -> Result<PolicySettings, Box<dyn Error>> {
    let import = PolicySettings::from_entra_document(document)?;
    for part in &import.not_taken {
        println!("not taken: {part}");
    }
    check(&import.settings)?;
    Ok(import.settings)
}

fn export(settings: &PolicySettings) -> Result<(), Box<dyn Error>> {
    let (document, lost) = settings.to_entra_document();
    println!("{document}");
    for part in lost {
        println!("lost: {part}");
    }
    Ok(())
}

/// Every command, on the policy of a pilot.
fn show() -> Result<(), Box<dyn Error>> {
    let pilot = import(PILOT)?;
    for language in ["en", "lv", "zh-CN", "zh-TW"] {
        println!("\nthe pilot against Entra's defaults, {language}:");
        differences(&PolicySettings::entra(), &pilot, language)?;
    }
    println!("\nthe pilot as Entra's document:");
    export(&pilot)
}
