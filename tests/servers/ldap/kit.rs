//! The contract kit for directories on both servers.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use sspr::conformance::{DirectoryUnderTest, PortHarness};
use tokio::runtime::Runtime;

use super::active_directory::ActiveDirectoryFixture;
use super::open_ldap::OpenLdapFixture;

sspr::conformance_tests!(directory: open_ldap, OnOpenLdap);
sspr::conformance_tests!(directory: active_directory, OnActiveDirectory);

struct OnOpenLdap;

struct OnActiveDirectory;

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"))
}

impl PortHarness<dyn DirectoryUnderTest> for OnOpenLdap {
    fn make(&self) -> Arc<dyn DirectoryUnderTest> {
        Arc::new(OpenLdapFixture::default())
    }

    fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
        runtime().block_on(work);
    }
}

impl PortHarness<dyn DirectoryUnderTest> for OnActiveDirectory {
    fn make(&self) -> Arc<dyn DirectoryUnderTest> {
        Arc::new(ActiveDirectoryFixture::default())
    }

    fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
        runtime().block_on(work);
    }
}
