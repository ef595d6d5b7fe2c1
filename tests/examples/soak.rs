//! Runs two models in parallel threads, beside a busy one, for a long time: nothing may hang or differ.
//!
//! ```console
//! cargo run --release --example soak -- --minutes 10
//! ```

use std::path::Path;
use tilewright_tests::project::Profile;
use tilewright_tests::threads::Threads;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let minutes: f64 = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => 1.0,
        ["--minutes", number] => number.parse().expect("a number of minutes"),
        _ => panic!("soak [--minutes N]"),
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/soak");
    print!("{}", Threads::build(&folder, Profile::Release).run((minutes * 60.0) as u64));
}
