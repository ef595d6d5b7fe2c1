//! Cargo as a tool: builds the standalone program of a generated crate.

use super::progress::Progress;
use anyhow::{Context, Result, bail};
use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Lines of a failed build that are worth showing.
const LAST_LINES: usize = 30;

/// What to build, and how.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Folder of the crate.
    pub package: &'a Path,
    /// Name of its program.
    pub program: &'a str,
    /// Cargo's target folder.
    pub target_dir: &'a Path,
    /// Link the C library into the program where the system can.
    pub static_libc: bool,
}

/// Builds the program and returns its path in the target folder.
///
/// # Errors
/// Cargo is missing, or the build fails; the text ends with cargo's last lines.
pub fn build(job: &Job, progress: &Progress) -> Result<PathBuf> {
    let target = host(job.package)?;
    let program = job.target_dir.join(&target).join("release");
    let program = program.join(format!("{}{}", job.program, std::env::consts::EXE_SUFFIX));
    remove(&program)?;
    let mut command = tool("CARGO", "cargo");
    // With a named target, flags of the linker do not reach build scripts and macros.
    command.args([
        "build",
        "--release",
        "--color=never",
        "--features",
        "app",
        "--target",
        &target,
        "--target-dir",
    ]);
    command.arg(job.target_dir).args(["--bin", job.program]);
    // In the package, so that the settings of the folder that the user happens to be in do not apply.
    command.current_dir(job.package).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    if job.static_libc && has_static_libc(&target) {
        let (name, flags) = rustflags();
        command.env(name, flags);
    }
    let mut child = command.spawn().map_err(|error| missing(&command, &error))?;
    let (mut last, mut unlinked) = (VecDeque::new(), None);
    if let Some(errors) = child.stderr.take() {
        for line in BufReader::new(errors).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
            progress.say(format!("cargo: {}", line.trim_start()));
            unlinked = unlinked.or_else(|| missing_linker(&line));
            last.push_back(line);
            if last.len() > LAST_LINES {
                last.pop_front();
            }
        }
    }
    let status = child.wait().context("cargo")?;
    if let Some(linker) = unlinked.filter(|_| !status.success()) {
        bail!("cargo found no linker ({linker}); {LINKERS}");
    }
    if !status.success() {
        let lines: Vec<String> = last.into_iter().collect();
        let lines = Some(lines.join("\n")).filter(|lines| !lines.trim().is_empty());
        let lines = lines.unwrap_or_else(|| format!("{} said nothing", command.get_program().display()));
        bail!("cargo build failed in {} ({status}):\n{lines}", job.package.display());
    }
    if !program.is_file() {
        let (name, program) = (command.get_program().display(), program.display());
        bail!("{name} found nothing wrong, but {program} is not there; {RUST}, or let CARGO name its cargo");
    }
    Ok(program)
}

/// Takes away the program of an earlier build. Cargo links it there again where nothing has changed; what is no cargo does
/// not, and the old program would be taken for the new one.
fn remove(program: &Path) -> Result<()> {
    match fs::remove_file(program) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be replaced", program.display()))
        }
        _ => Ok(()),
    }
}

/// The triple of this machine, as the rustc of this folder names it.
fn host(folder: &Path) -> Result<String> {
    let mut command = tool("RUSTC", "rustc");
    command.arg("-vV").current_dir(folder).stdin(Stdio::null());
    let output = command.output().map_err(|error| missing(&command, &error))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).with_context(|| {
        let (name, status) = (command.get_program().display(), output.status);
        let errors = String::from_utf8_lossy(&output.stderr);
        format!("`{name} -vV` names no host ({status}); {RUST}\n{}", errors.trim()).trim().to_owned()
    })
}

/// The tool that the environment names (cargo does so for the programs that it runs), or the one on the path.
fn tool(variable: &str, name: &str) -> Command {
    Command::new(std::env::var_os(variable).filter(|path| !path.is_empty()).unwrap_or_else(|| name.into()))
}

fn missing(command: &Command, error: &io::Error) -> anyhow::Error {
    let name = command.get_program().display();
    anyhow::anyhow!("{name} does not start ({error}); {RUST}")
}

/// What brings the tools.
const RUST: &str = "install Rust 1.89 or newer from https://rustup.rs";

/// What brings a linker.
const LINKERS: &str = "\
install a C compiler, which brings one: `apt install gcc libc6-dev` on Debian and Ubuntu, `dnf install gcc` on Fedora, \
`xcode-select --install` on macOS, the C++ build tools of Visual Studio on Windows";

/// The linker that rustc looked for in vain, where this line of its errors says so.
fn missing_linker(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("linker `")?;
    let (linker, rest) = rest.split_once('`')?;
    rest.starts_with(" not found").then(|| linker.to_owned())
}

/// True where a static C library comes with the system or with Rust.
fn has_static_libc(target: &str) -> bool {
    ["-linux-gnu", "-linux-musl", "-windows-msvc"].iter().any(|end| target.ends_with(end))
}

/// The flags of the environment and the one for a static C library, as cargo takes them.
fn rustflags() -> (&'static str, OsString) {
    const ENCODED: &str = "CARGO_ENCODED_RUSTFLAGS";
    let flag = "-Ctarget-feature=+crt-static";
    let separated = |flags: OsString, separator: &str| match flags.is_empty() {
        true => OsString::from(flag),
        false => [flags.as_os_str(), OsStr::new(separator), OsStr::new(flag)].into_iter().collect(),
    };
    match std::env::var_os(ENCODED) {
        Some(flags) => (ENCODED, separated(flags, "\u{1f}")),
        None => ("RUSTFLAGS", separated(std::env::var_os("RUSTFLAGS").unwrap_or_default(), " ")),
    }
}
