//! A folder becomes another at one moment: the new one is made beside it, and the two change places.
//!
//! What is not ours is linked into the new folder before, so that it is there at every moment, and what came meanwhile is
//! brought over afterwards. A kill leaves the old folder or the new one, and a hidden folder beside it, which the next run
//! removes.

use super::stage::{Stage, remove};
use super::{Changes, Content, LIST, STAGE, WEIGHTS, list, owned};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Says that a folder is a cache, whose content can be made again (<https://bford.info/cachedir/>).
const CACHE: &str = "CACHEDIR.TAG";

/// Files of others that are linked at most: a folder with more is no place of ours alone.
const MOST_OTHERS: usize = 10_000;

/// What became of it.
pub enum Outcome {
    /// The folder is the new one.
    Done,
    /// It cannot be exchanged here: nothing was changed.
    Impossible,
}

/// Makes the folder have these files. `folder` is absolute, and `beside` a place next to it that nothing else uses.
///
/// # Errors
/// New files that cannot be written; nothing has changed then.
pub fn exchange(folder: &Path, beside: &Path, files: &[Content], changes: &Changes) -> Result<Outcome> {
    // Who stands in the folder would stand in the old one, which is removed; a repository is more than ours.
    let stands = std::env::current_dir().is_ok_and(|here| here.starts_with(folder));
    if !cfg!(target_os = "linux") || stands || folder.join(".git").exists() {
        return Ok(Outcome::Impossible);
    }
    let Some(number) = number(folder) else { return Ok(Outcome::Impossible) };
    let beside = &numbered(beside, number);
    let Ok(stage) = Stage::new(beside.clone()) else { return Ok(Outcome::Impossible) };
    let before = owned(folder)?;
    let list = list(&before, files);
    let wanted: BTreeSet<&String> = changes.missing.iter().chain(&changes.stale).collect();
    for file in files.iter().chain([&list]) {
        let to = beside.join(&file.path);
        if wanted.contains(&file.path) {
            stage.put(&to, &file.bytes)?;
        } else if link(&folder.join(&file.path), &to).is_err() {
            return Ok(Outcome::Impossible);
        }
    }
    let ours = Ours::of([before, files.iter().map(|file| file.path.clone()).collect()], files);
    if ours.link_others(folder, beside, "", &mut 0).is_err()
        || fs::set_permissions(beside, fs::metadata(folder)?.permissions()).is_err()
        || swap(beside, folder).is_err()
    {
        return Ok(Outcome::Impossible);
    }
    // From here on the folder is the new one; the stage is the old one, and goes, unless something of the user's is left in
    // it. Then the next run tries again.
    match ours.bring_over(beside, folder, "") {
        Ok(()) => Ok(Outcome::Done),
        Err(error) => {
            std::mem::forget(stage);
            Err(error)
        }
    }
}

/// Removes what killed runs left beside the folder. Where that is the old folder, which is known by its number, what is not
/// ours is brought out of it first.
///
/// # Errors
/// Files that cannot be moved or removed.
pub fn clear(beside: &Path, folder: &Path, files: &[Content]) -> Result<()> {
    let (Some(parent), Some(name)) = (beside.parent(), beside.file_name()) else { return Ok(()) };
    let Ok(entries) = fs::read_dir(parent) else { return Ok(()) };
    for left in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let ours = |left: &std::ffi::OsStr| left.as_encoded_bytes().starts_with(name.as_encoded_bytes());
        if !left.file_name().is_some_and(ours) {
            continue;
        }
        let is_old = number(&left).is_some_and(|number| left == numbered(beside, number));
        if is_old && folder.exists() {
            let names = files.iter().map(|file| file.path.clone()).collect();
            Ours::of([owned(&left)?, owned(folder)?, names], files).bring_over(&left, folder, "")?;
        }
        remove(&left)?;
    }
    Ok(())
}

/// The name of the new folder tells which folder it is to replace, so that afterwards it tells that it is the old one.
fn numbered(beside: &Path, number: u64) -> PathBuf {
    let mut name = beside.as_os_str().to_owned();
    name.push(format!("-{number}"));
    PathBuf::from(name)
}

/// The number that a folder keeps when its name changes.
fn number(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    let number = {
        use std::os::unix::fs::MetadataExt;
        fs::symlink_metadata(folder).ok().map(|data| data.ino())
    };
    #[cfg(not(unix))]
    let number = None;
    number
}

/// The paths of our files, with `/`.
struct Ours(BTreeSet<String>);

impl Ours {
    fn of<const N: usize>(sets: [BTreeSet<String>; N], files: &[Content]) -> Self {
        let mut all: BTreeSet<String> = sets.into_iter().flatten().collect();
        all.insert(LIST.to_owned());
        // Weights that no one makes anew stay as a file of the user's does.
        if !files.iter().any(|file| file.path == WEIGHTS) {
            all.remove(WEIGHTS);
        }
        Ours(all)
    }

    fn is_other(&self, path: &str) -> bool {
        path != STAGE && !self.0.contains(path)
    }

    /// Links everything else from one folder to the other; caches are moved later.
    fn link_others(&self, from: &Path, to: &Path, path: &str, count: &mut usize) -> io::Result<()> {
        for entry in fs::read_dir(from.join(path))? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            if !self.is_other(&path) {
                continue;
            }
            *count += 1;
            if *count > MOST_OTHERS {
                return Err(io::ErrorKind::QuotaExceeded.into());
            }
            if !entry.file_type()?.is_dir() {
                link(&from.join(&path), &to.join(&path))?;
            } else if !entry.path().join(CACHE).exists() {
                if fs::read_dir(entry.path())?.next().is_none() {
                    fs::create_dir_all(to.join(&path))?;
                }
                self.link_others(from, to, &path, count)?;
                if to.join(&path).exists() {
                    fs::set_permissions(to.join(&path), entry.metadata()?.permissions())?;
                }
            }
        }
        Ok(())
    }

    /// Moves caches, and what was made or replaced since everything was linked.
    fn bring_over(&self, from: &Path, to: &Path, path: &str) -> Result<()> {
        for entry in fs::read_dir(from.join(path))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = if path.is_empty() { name } else { format!("{path}/{name}") };
            let (source, target) = (from.join(&path), to.join(&path));
            if !self.is_other(&path) {
                continue;
            }
            let is_dir = entry.file_type()?.is_dir();
            let is_cache = source.join(CACHE).exists() && !target.exists();
            if is_dir && !is_cache {
                self.bring_over(from, to, &path)?;
            } else if is_dir || is_news(&source, &target) {
                target.parent().map_or(Ok(()), fs::create_dir_all)?;
                fs::rename(&source, &target)
                    .with_context(|| format!("{} cannot be moved", source.display()))?;
            }
        }
        Ok(())
    }
}

/// Another name for a file.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    to.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::hard_link(from, to)
}

/// True for a file that the other place lacks, or has in an older version.
fn is_news(source: &Path, target: &Path) -> bool {
    let written = |path: &Path| fs::symlink_metadata(path).and_then(|data| data.modified()).ok();
    match (written(source), written(target)) {
        (Some(source), Some(target)) => source > target,
        _ => true,
    }
}

/// Lets two folders change places, at one moment.
#[cfg(target_os = "linux")]
fn swap(a: &Path, b: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE)?)
}

#[cfg(not(target_os = "linux"))]
fn swap(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
