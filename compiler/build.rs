//! Puts the sources of the runtime into the command, so that `tilewright build` needs no repository.
//!
//! They are a workspace of one member. Where the runtime is not beside this crate (a package from the registry), the
//! table is empty and programs take the runtime from the registry too.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Sections of a manifest that speak of files which are not embedded.
const LEFT_OUT: [&str; 4] = ["[[test]]", "[[bench]]", "[[example]]", "[dev-dependencies]"];

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let root = here.parent().unwrap_or(&here);
    let mut table = String::from("&[\n");
    if env::var_os("CARGO_FEATURE_CLI").is_some() && root.join("runtime/Cargo.toml").exists() {
        let mut row = |path: &str, text: &str| writeln!(table, "    ({path:?}, {text:?}),");
        let read = |path: &str| {
            println!("cargo::rerun-if-changed={}", root.join(path).display());
            fs::read_to_string(root.join(path))
        };
        let mut add = |path: &str, text: String| row(path, &text).map_err(io::Error::other);
        add("Cargo.toml", workspace(&read("Cargo.toml")?)?)?;
        add("Cargo.lock", read("Cargo.lock")?)?;
        add("runtime/Cargo.toml", manifest(&read("runtime/Cargo.toml")?))?;
        let mut sources = Vec::new();
        collect(&root.join("runtime/src"), &mut sources)?;
        sources.sort();
        println!("cargo::rerun-if-changed={}", root.join("runtime/src").display());
        for source in sources {
            let relative = source.strip_prefix(root).unwrap_or(&source);
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            add(&parts.join("/"), fs::read_to_string(&source)?)?;
        }
    }
    table.push_str("]\n");
    println!("cargo::rerun-if-changed=build.rs");
    fs::write(out.join("sources.rs"), table)
}

/// The manifest of the workspace with the runtime as its only member.
fn workspace(text: &str) -> io::Result<String> {
    let lines = text.lines().map(|line| match line.starts_with("members = ") {
        true => "members = [\"runtime\"]",
        false => line,
    });
    let changed: Vec<&str> = lines.filter(|line| !line.starts_with("exclude = ")).collect();
    match changed.contains(&"members = [\"runtime\"]") {
        true => Ok(changed.join("\n") + "\n"),
        false => Err(io::Error::other("Cargo.toml of the workspace has no line `members = [..]`")),
    }
}

/// The runtime's manifest without the sections of [`LEFT_OUT`].
fn manifest(text: &str) -> String {
    let mut kept = true;
    let lines = text.lines().filter(|line| {
        if line.starts_with('[') {
            kept = !LEFT_OUT.contains(line);
        }
        kept
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// All files below a folder.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, files)? } else { files.push(path) }
    }
    Ok(())
}
