//! Generates the messages of the etcd adapter.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../src/adapters/etcd/proto");
    let messages = protox::compile(["etcd.proto"], [&folder])?;
    let mut config = prost_build::Config::new();
    // They hold a password and a token.
    config.skip_debug(["AuthenticateRequest", "AuthenticateResponse"]);
    config.out_dir(&folder).compile_fds(messages)?;
    // The generator names the file after the package in `etcd.proto`.
    std::fs::rename(folder.join("etcdserverpb.rs"), folder.join("messages.rs"))?;
    Ok(())
}
