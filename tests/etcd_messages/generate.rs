//! Generates the messages of the etcd adapter. With `--check` it compares them with the file instead.

use std::error::Error;
use std::fs;
use std::path::Path;

use prost_build::{Config, Module};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/adapters/etcd/proto");
    let messages = protox::compile(["etcd.proto"], [&folder])?;
    let mut config = Config::new();
    // They hold a password and a token.
    config.skip_debug(["AuthenticateRequest", "AuthenticateResponse"]);
    let files = messages.file.into_iter();
    let modules = files.map(|file| (Module::from_protobuf_package_name(file.package()), file));
    let generated: String = config.generate(modules.collect())?.into_values().collect();
    let path = folder.join("messages.rs");
    if !std::env::args().any(|argument| argument == "--check") {
        return Ok(fs::write(path, generated)?);
    }
    if fs::read_to_string(path)? == generated {
        return Ok(());
    }
    Err("messages.rs differs from what etcd.proto generates: run without `--check`".into())
}
