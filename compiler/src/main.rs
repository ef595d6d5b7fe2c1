//! The command `tilewright`.

use std::process::ExitCode;

fn main() -> ExitCode {
    tilewright::cli::main()
}
