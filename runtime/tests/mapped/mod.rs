//! A weights file that is cut short under a process that has mapped it: SIGBUS, as SECURITY.md says, and no result.

use crate::AS_PROGRAM;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use tilewright_runtime::weights::header::Header;
use tilewright_runtime::{Expected, Weights};

/// Sixteen pages of weights.
const EXPECTED: Expected = Expected { graph: [7; 32], floats: 16 << 10 };

/// As a process of its own: maps the file that it is given, waits for a line, and prints the sum of its weights.
pub fn reader() -> ExitCode {
    let path = std::env::args_os().nth(1).map(PathBuf::from).unwrap();
    let weights = match Weights::open(&path, &EXPECTED) {
        Ok(weights) => weights,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!("mapped");
    stdout().flush().unwrap();
    stdin().lock().read_line(&mut String::new()).unwrap();
    println!("{}", weights.floats().iter().sum::<f32>());
    ExitCode::SUCCESS
}

fn start(path: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(path).env(AS_PROGRAM, "mapped");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What the process prints and how it ends when the file is changed while it waits.
fn changed(path: &Path, change: impl FnOnce()) -> (Vec<String>, ExitStatus) {
    let mut child = start(path);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut said = vec![lines.next().unwrap().unwrap()];
    change();
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    said.extend(lines.map(Result::unwrap));
    (said, child.wait().unwrap())
}

pub fn cut_short() {
    if !cfg!(all(target_os = "linux", feature = "mmap")) {
        println!("skipped: weights are mapped with the feature `mmap`, and cut off on Linux only");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let [path, next] = ["weights.bin", "next.bin"].map(|name| folder.join(name));
    let write = |path: &Path, weight: f32| {
        let payload = weight.to_le_bytes().repeat(EXPECTED.floats);
        fs::write(path, [&Header::of(EXPECTED.graph, &payload).encode()[..], &payload].concat()).unwrap();
    };
    write(&path, 1.0);
    write(&next, 2.0);
    // Replaced as a whole, as `tilewright weights` does it: the process has the old ones, the next one the new.
    let (said, status) = changed(&path, || fs::rename(&next, &path).unwrap());
    assert!(status.success() && said == ["mapped", "16384"], "{said:?} {status}");
    let (said, status) = changed(&path, || {});
    assert!(status.success() && said == ["mapped", "32768"], "{said:?} {status}");
    let (said, status) =
        changed(&path, || File::options().write(true).open(&path).unwrap().set_len(8192).unwrap());
    assert!(status.to_string().contains("SIGBUS"), "{said:?} {status}");
    assert_eq!(said, ["mapped"], "a result of weights that are gone");
    // Before it is opened, the same is an error.
    let output = start(&path).wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("it is cut short: 8192 bytes instead of 65600"), "{error}");
}
