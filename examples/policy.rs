//! A policy as a document on the command line: check, describe, diff, review, convert, import, export, schema,
//! dry-run. A file whose name ends in `.toml` is TOML, every other one JSON.
//!
//! ```text
//! alias policy="cargo run --features testing,toml,words --example policy --"
//! policy check policy.toml
//! policy describe policy.toml lv
//! policy diff old.json new.toml zh-TW
//! policy review policy.toml
//! policy convert old.json toml      # the present version, in the canonical form
//! policy import PasswordResetPolicies.json authorizationPolicy.json
//! policy export policy.toml         # as the portal's document
//! policy schema                     # the JSON Schema, for an editor
//! policy dry-run old.toml new.toml people.txt
//! ```
//!
//! Without arguments it shows each of them on a policy of Entra.

#[path = "policy/people.rs"]
mod people;

use std::error::Error;
use std::fs;

use sspr::message::Locale;
use sspr::policy::PolicyDocument;
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
        ["convert", file, format] => convert(&settings(file)?, format),
        ["import", file] => convert(&import(&fs::read_to_string(file)?, None)?, "json"),
        ["import", file, graph] => {
            let graph = fs::read_to_string(graph)?;
            convert(&import(&fs::read_to_string(file)?, Some(&graph))?, "json")
        }
        ["export", file] => export(&settings(file)?),
        ["schema"] => schema(),
        ["dry-run", old, new, people] => {
            people::dry_run(settings(old)?, settings(new)?, &fs::read_to_string(people)?)
        }
        _ => Err("one of: check, describe, diff, review, convert, import, export, schema, dry-run"
            .into()),
    }
}

fn settings(file: &str) -> Result<PolicySettings, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    let document = match file.ends_with(".toml") {
        true => PolicyDocument::from_toml(&text)?,
        false => PolicyDocument::from_json(&text)?,
    };
    for change in &document.migrated {
        eprintln!("migrated from version {}: {change}", document.version);
    }
    Ok(document.settings)
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

fn convert(settings: &PolicySettings, format: &str) -> Result<(), Box<dyn Error>> {
    match format {
        "json" => println!("{}", settings.to_json_document()),
        "toml" => print!("{}", settings.to_toml_document()),
        _ => return Err("one of: json, toml".into()),
    }
    Ok(())
}

/// Reads the portal's document, and Graph's authorization policy if there is one.
fn import(document: &str, graph: Option<&str>) -> Result<PolicySettings, Box<dyn Error>> {
    let mut import = PolicySettings::from_entra_document(document)?;
    if let Some(graph) = graph {
        import.not_taken.extend(import.settings.apply_graph_authorization_policy(graph)?);
    }
    for part in &import.not_taken {
        eprintln!("not taken: {part}");
    }
    Policy::new(import.settings.clone())?;
    Ok(import.settings)
}

fn export(settings: &PolicySettings) -> Result<(), Box<dyn Error>> {
    let (document, lost) = settings.to_entra_document();
    println!("{document}");
    for part in lost {
        eprintln!("lost: {part}");
    }
    Ok(())
}

fn schema() -> Result<(), Box<dyn Error>> {
    print!("{}", PolicyDocument::JSON_SCHEMA);
    Ok(())
}

/// What Graph says of the same tenant.
const GRAPH: &str = r#"{"id": "authorizationPolicy", "allowedToUseSSPR": false}"#;

/// Every command, on the policy of a pilot.
fn show() -> Result<(), Box<dyn Error>> {
    let pilot = import(PILOT, Some(GRAPH))?;
    for language in ["en", "lv", "zh-CN", "zh-TW"] {
        println!("\nthe pilot against Entra's defaults, {language}:");
        differences(&PolicySettings::entra(), &pilot, language)?;
    }
    println!("\nthe pilot in words:");
    describe(&pilot, "en")?;
    println!("\nits review:");
    review(pilot.clone())?;
    println!("\nthe pilot as a document in TOML:");
    convert(&pilot, "toml")?;
    println!("\nthe pilot as Entra's document:");
    export(&pilot)?;
    println!("\na dry run from Entra's defaults for everyone to the pilot:");
    let mut present = PolicySettings::entra();
    present.scope = sspr::policy::Scope::All;
    people::dry_run(present, pilot, people::DEMO)?;
    println!("\nthe schema has {} bytes", PolicyDocument::JSON_SCHEMA.len());
    Ok(())
}
