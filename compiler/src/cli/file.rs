//! Files that are written whole or not at all.

use anyhow::{Context, Result};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use tilewright_runtime::whole;

/// Writes a file, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn write_file(target: &Path, bytes: &[u8]) -> Result<()> {
    replace(target, |file, _| file.write_all(bytes))
}

/// Fills a file by a function of it and of where it is meanwhile, whole or not at all.
///
/// # Errors
/// As [`write_file`].
pub fn replace(target: &Path, fill: impl FnOnce(&mut File, &Path) -> io::Result<()>) -> Result<()> {
    whole::replace(target, fill).with_context(|| format!("{} cannot be written", target.display()))
}
