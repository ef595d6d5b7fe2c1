//! Code of another compiler's version.

tilewright_runtime::check_abi!(999);

fn main() {}
