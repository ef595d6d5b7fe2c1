//! Kills `tilewright compile` and `tilewright weights` at random moments and looks at what they leave.
//!
//! ```console
//! cargo build --release -p tilewright && cargo run --release -p tilewright-tests --example kills -- target/release/tilewright 200
//! ```

use std::path::Path;
use tilewright_tests::kills::{compile, weights};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [tilewright, kills] = args.as_slice() else { panic!("kills TILEWRIGHT NUMBER") };
    let kills: usize = kills.parse().expect("a number of kills");
    let tilewright = Path::new(tilewright).canonicalize().expect("the command");
    let scratch = std::env::temp_dir().join(format!("tilewright-kills-{}", std::process::id()));
    for (name, job) in [("compile", compile as fn(&Path, &Path, usize) -> _), ("weights", weights)] {
        let found = job(&tilewright, &scratch.join(name), kills);
        println!("{name}: {kills} kills, {found:?}, mixed 0");
    }
    std::fs::remove_dir_all(scratch).expect("removed");
}
