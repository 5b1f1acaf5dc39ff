//! Turns a list of properties into the registry, or into one test for each property.

/// Turns the store's list into the registry, or into one test for each property.
#[doc(hidden)]
#[macro_export]
macro_rules! __sspr_store_kit {
    ({ registry } $($module:ident :: $name:ident $sentence:literal $risk:literal;)*) => {
        /// Every property of a store, in the order of the contract.
        pub static PROPERTIES: &[Property] = &[
            $(Property {
                name: stringify!($name),
                sentence: $sentence,
                risk: $risk,
                check: |kit| Box::pin(store::$module::$name(kit)),
            }),*
        ];
    };
    ({ tests $harness:expr } $($module:ident :: $name:ident $sentence:literal $risk:literal;)*) => {
        /// The properties that are tests in this module.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// One function, so that the kit is compiled for one type and not for each test. Its name is not one
        /// that the expression could mean.
        fn __sspr_harness_under_test() -> ::std::sync::Arc<dyn $crate::conformance::Harness> {
            ::std::sync::Arc::new($harness)
        }

        /// Does nothing by itself: the tests about several processes start it in another process.
        #[test]
        fn other_process() {
            $crate::conformance::play_other_process_in_tests(&*__sspr_harness_under_test());
        }

        $(
            #[test]
            fn $name() {
                $crate::conformance::assert_property_in(
                    module_path!(),
                    stringify!($name),
                    __sspr_harness_under_test(),
                );
            }
        )*
    };
}

/// The same for the lists of the other ports.
#[doc(hidden)]
#[macro_export]
macro_rules! __sspr_port_kit {
    ({ registry $list:ident } $subject:path;
        $($module:ident :: $name:ident $sentence:literal $risk:literal;)*) => {
        static $list: &[PortProperty<dyn $subject>] = &[
            $(PortProperty {
                name: stringify!($name),
                sentence: $sentence,
                risk: $risk,
                check: |harness| Box::pin($module::$name(harness)),
            }),*
        ];
    };
    ({ tests $harness:expr } $subject:path;
        $($module:ident :: $name:ident $sentence:literal $risk:literal;)*) => {
        /// The properties that are tests in this module.
        pub const NAMES: &[&str] = &[$(stringify!($name)),*];

        $(
            #[test]
            fn $name() {
                $crate::conformance::assert_port_property::<dyn $subject>(
                    stringify!($name),
                    $harness,
                );
            }
        )*
    };
}

/// Makes a module with one named test per property of a [`Store`](crate::port::Store), or of another
/// port.
///
/// The first argument names the module, the second is an expression for a
/// [`Harness`](crate::conformance::Harness), evaluated once for each test. No runtime is needed
/// but the store's own. The module's `NAMES` lists the properties. Their tests stand beside a test
/// named `other_process`, which does nothing unless the kit starts it.
///
/// For another port, the port's name comes first (`clock`, `entropy`, `seal`, `slow_hash`,
/// `delivery`, `directory`, `sessions`, `external_method`, `breach_list`, `human_check` or `risk_signals`), and the expression is a
/// [`PortHarness`](crate::conformance::PortHarness).
///
/// ```
/// use sspr::adapters::memory::MemoryStore;
///
/// sspr::conformance_tests!(memory, MemoryStore::new);
/// sspr::conformance_tests!(entropy: system, || sspr::port::SystemEntropy);
///
/// # fn main() {
/// # // The tests themselves exist only in a test build.
/// # }
/// ```
#[macro_export]
macro_rules! conformance_tests {
    ($module:ident, $harness:expr $(,)?) => {
        #[cfg(test)]
        mod $module {
            #[allow(unused_imports, reason = "the harness may be named by its full path")]
            use super::*;

            $crate::__sspr_store_properties!(tests $harness);
        }
    };
    ($port:ident: $module:ident, $harness:expr $(,)?) => {
        #[cfg(test)]
        mod $module {
            #[allow(unused_imports, reason = "the harness may be named by its full path")]
            use super::*;

            $crate::__sspr_port_properties!($port tests $harness);
        }
    };
}
