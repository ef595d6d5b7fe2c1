//! Programs against the checked-in ResNet-50 that must not compile, with what rustc says.
//!
//! After a change that is meant, `TRYBUILD=overwrite` writes what rustc says now.

#[test]
fn programs_that_are_wrong_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/fail/*.rs");
}
