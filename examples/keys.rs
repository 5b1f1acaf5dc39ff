//! Makes a set of keys for an engine, prints it, and reads it back as a service would at its start.
//!
//! Run it with `cargo run --example keys`. Store the three lines in a secret store. Run it once for
//! each new store; `keys short 8` makes only the short-lived secret with the id 8, for a rotation.

use std::collections::BTreeMap;
use std::error::Error;

use sspr::port::{Entropy as _, SystemEntropy};
use sspr::{Keys, SecretBytes};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The names of the secrets, as variables of an environment or entries of a vault.
const LOOKUP: &str = "SSPR_LOOKUP_KEY";
const SHORT: &str = "SSPR_SHORT_KEY";
const SEAL: &str = "SSPR_SEAL_KEY";

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut lines = Vec::new();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => {
            lines.push(format!("{LOOKUP}={}", hex(&random()?)));
            lines.push(format!("{SHORT}=1:{}", hex(&random()?)));
            lines.push(format!("{SEAL}=1:{}", hex(&random()?)));
            keys(&entries(&lines))?;
        }
        ["short", id] => lines.push(format!("{SHORT}={}:{}", id.parse::<u16>()?, hex(&random()?))),
        _ => return Err("usage: keys, or keys short ID".into()),
    }
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

/// The part to copy: the keys of an engine from the entries of a secret store.
fn keys(secrets: &BTreeMap<String, String>) -> Outcome<Keys> {
    let entry = |name: &str| secrets.get(name).ok_or(format!("{name} is missing"));
    let (id, short) = entry(SHORT)?.split_once(':').ok_or("the short-lived key needs ID:HEX")?;
    let lookup = unhex(entry(LOOKUP)?)?;
    Ok(Keys::new(lookup, id.parse()?, unhex(short)?)?)
}

fn entries(lines: &[String]) -> BTreeMap<String, String> {
    let pairs = lines.iter().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn random() -> Outcome<[u8; 32]> {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes)?;
    Ok(bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Outcome<SecretBytes> {
    let byte = |at| {
        let digits = text.get(at..at + 2).ok_or("an odd number of digits")?;
        Ok::<u8, Box<dyn Error>>(u8::from_str_radix(digits, 16)?)
    };
    let bytes: Outcome<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
    Ok(SecretBytes::new(bytes?))
}
