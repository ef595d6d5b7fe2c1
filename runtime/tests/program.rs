//! The standalone program as a process: exit codes, what goes where, a reader that leaves early.
//!
//! This test is its own subject: started again with a variable set, it is the program around a fake network.

mod fake;
mod mapped;
mod memory;

use std::process::{Command, ExitCode, Output, Stdio};
use tilewright_runtime::app;

const AS_PROGRAM: &str = "TILEWRIGHT_TEST_AS_PROGRAM";

fn main() -> ExitCode {
    match std::env::var(AS_PROGRAM).as_deref() {
        Ok("huge") => return app::main::<fake::Huge>(),
        Ok("nothing") => return ExitCode::SUCCESS,
        Ok("library") => return memory::library(),
        Ok("mapped") => return mapped::reader(),
        Ok(_) => return app::main::<fake::Sums>(),
        Err(_) => {}
    }
    let tests = [exit_codes, a_reader_that_leaves_early, memory::short, mapped::cut_short];
    for test in tests {
        test();
    }
    println!("\ntest result: ok. {} passed; 0 failed", tests.len());
    ExitCode::SUCCESS
}

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(args).env(AS_PROGRAM, "1").stdin(Stdio::null());
    command
}

fn exit_codes() {
    let cases: [(&[&str], i32, &str); 3] = [
        (&["--help"], 0, ""),
        (&["no/such.png"], 1, "sums: no/such.png: cannot be read"),
        (&["--top"], 2, "sums: "),
    ];
    for (args, code, message) in cases {
        let Output { status, stdout, stderr } = program(args).output().unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(code), "{args:?}: {stderr}");
        assert!(stderr.starts_with(message) && stderr.lines().count() <= 1, "{args:?}: {stderr}");
        assert_eq!(stdout.is_empty(), code != 0, "{args:?}");
        assert_eq!(stderr.is_empty(), code == 0, "{args:?}: {stderr}");
    }
}

fn a_reader_that_leaves_early() {
    let mut child = program(&["--help"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    assert!(stderr.is_empty(), "{}", String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(0));
}
