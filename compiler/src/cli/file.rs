//! Files that are written whole or not at all, and texts that are read.

use crate::onnx::folder;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tilewright_runtime::whole;

/// A file that is read: what it is, in words, and where.
pub type Input<'a> = (&'static str, &'a Path);

/// Refuses outputs that cannot be written, which is better known before the work than after it, and those that are read:
/// what was given would be lost.
///
/// # Errors
/// The first of them.
pub fn check(outputs: &[&Path], inputs: &[Input]) -> Result<()> {
    for (index, output) in outputs.iter().enumerate() {
        let place = output.display();
        if output.is_dir() {
            bail!("{place} is a folder; name a file");
        }
        let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        if !folder.is_dir() {
            bail!("{place} cannot be written; its folder does not exist");
        }
        // A link leads elsewhere, and a stream takes no place in its folder.
        if !output.is_symlink() && !whole::is_stream(output) {
            writable(folder).with_context(|| format!("{place} cannot be written"))?;
        }
        if outputs.iter().take(index).any(|other| same(other, output)) {
            bail!("{place} would be two outputs at once; name another file for one of them");
        }
        if let Some((what, _)) = inputs.iter().find(|(_, input)| input.is_file() && same(input, output)) {
            bail!("{place} is {what}, which would be lost; name another file");
        }
    }
    Ok(())
}

/// Asks the system whether files may be made in a folder: making one would show.
#[cfg(target_os = "linux")]
fn writable(folder: &Path) -> io::Result<()> {
    use rustix::fs::{Access, access};
    Ok(access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

#[cfg(not(target_os = "linux"))]
fn writable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// True for two names of one file, links followed.
fn same(a: &Path, b: &Path) -> bool {
    let full =
        |path: &Path| -> io::Result<PathBuf> { path.canonicalize().or_else(|_| std::path::absolute(path)) };
    matches!((full(a), full(b)), (Ok(a), Ok(b)) if a == b)
}

/// The text of a file.
///
/// # Errors
/// One that cannot be read, is no text, or is longer than any that is meant to be read.
pub fn read_text(path: &Path) -> Result<String> {
    folder::read_text(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Where to tell what was written: beside bytes that go into a pipe or a device, which may be standard output itself, on
/// standard error.
pub fn teller<'a>(target: &Path, out: &'a mut dyn Write) -> Box<dyn Write + 'a> {
    if whole::is_stream(target) { Box::new(anstream::stderr()) } else { Box::new(out) }
}

/// A folder for the time of a command.
///
/// # Errors
/// There is no place for one.
pub fn scratch() -> Result<TempDir> {
    tempfile::tempdir().context("there is no place for temporary files; let TMPDIR name a folder")
}

/// Writes a file, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write_file(target: &Path, bytes: &[u8]) -> Result<()> {
    replace(target, |file| file.write_all(bytes))
}

/// Fills a file by a function, whole or not at all.
///
/// # Errors
/// As [`write_file`].
pub fn replace(target: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    whole::replace(target, |file, _| fill(file))
        .with_context(|| format!("{} cannot be written", target.display()))
}
