//! The generated files in `OUT_DIR`: each whole or not at all, and untouched where nothing changed.

use crate::base::diag::Error;
use crate::emit::{File, WEIGHTS_FILE};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// End of the name of a file that is not whole yet.
const NEW: &str = ".new";

/// The folder of one model.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
}

impl Place {
    /// The folder of the model of this name, below cargo's.
    ///
    /// # Errors
    /// When this script has given the name to another model.
    pub fn claim(out_dir: &Path, name: &str, model: &Path) -> Result<Self, Error> {
        static CLAIMED: Mutex<BTreeMap<PathBuf, PathBuf>> = Mutex::new(BTreeMap::new());
        let folder = out_dir.join("tilewright").join(name);
        let mut claimed = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner);
        let first = claimed.entry(folder.clone()).or_insert_with(|| model.to_owned());
        if first != model {
            return Err(Error::one(
                model.display().to_string(),
                format!("another model, {}, is called `{name}` too", first.display()),
                "give one of them another name by .out_name(..)",
            ));
        }
        Ok(Place { folder })
    }

    /// Makes the folder contain these sources and weights, and nothing else.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, sources: &[File], weights: Option<&[u8]>) -> Result<(), Error> {
        let sources = sources.iter().map(|file| (file.path.as_str(), file.text.as_bytes()));
        let files: Vec<(PathBuf, &[u8])> = sources
            .chain(weights.map(|bytes| (WEIGHTS_FILE, bytes)))
            .map(|(path, bytes)| (self.folder.join(path), bytes))
            .collect();
        for (path, bytes) in &files {
            put(path, bytes).map_err(|error| failed(path, &error))?;
        }
        let kept: BTreeSet<&Path> = files.iter().map(|(path, _)| path.as_path()).collect();
        remove_others(&self.folder, &kept).map_err(|error| failed(&self.folder, &error))
    }
}

/// Writes a file whole, unless it has this content already.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|old| old.len() == bytes.len() as u64)
        && std::fs::read(path).is_ok_and(|old| old == bytes)
    {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut new = path.as_os_str().to_owned();
    new.push(NEW);
    std::fs::write(&new, bytes)?;
    std::fs::rename(&new, path)
}

/// Removes what an earlier run wrote and this one does not, kernels that are no longer needed.
fn remove_others(folder: &Path, kept: &BTreeSet<&Path>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(&path, kept)?;
            if std::fs::read_dir(&path)?.next().is_none() {
                std::fs::remove_dir(&path)?;
            }
        } else if !kept.contains(path.as_path()) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::one(
        path.display().to_string(),
        format!("cannot be written ({error})"),
        "make room, or run `cargo clean`",
    )
}
