//! Files that appear whole or not at all: written beside their place, then renamed.
//!
//! A process that is killed leaves what it had written, under a hidden name that the target's name decides and that its
//! writer holds locked. The next one to write the same target removes what no one holds any more.
//!
//! Links are followed, as by a shell's `>`, and a file that is replaced keeps its permissions. What is no file but a device, a
//! pipe or a terminal is not replaced: it is written as it is.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicUsize, Ordering};
use twox_hash::XxHash3_64;

/// Begins the names of files that are not whole yet.
const BEGIN: &str = ".tilewright-";

/// Names that are tried: those of other machines that write to the same folder may be taken.
const ATTEMPTS: usize = 100;

/// Links that are followed one after another: more are a circle.
const MOST_LINKS: usize = 40;

/// Writes the file `target`: `fill` is given an empty file beside it, by handle and by path, which then takes its place.
/// What killed processes left of the same target is removed first.
///
/// # Errors
/// Those of `fill`, or when a file cannot be made or renamed there; `target` is as it was then.
pub fn replace(target: &Path, fill: impl FnOnce(&mut File, &Path) -> io::Result<()>) -> io::Result<()> {
    if !is_stream(target) {
        Place::of(target)?.clear();
    }
    put(target, fill)
}

/// The same without a look for what killed processes left, which takes a time that grows with the folder.
///
/// # Errors
/// As [`replace`].
pub fn put(target: &Path, fill: impl FnOnce(&mut File, &Path) -> io::Result<()>) -> io::Result<()> {
    match is_stream(target) {
        true => fill(&mut File::options().write(true).open(target)?, target),
        false => Place::of(target)?.put(fill),
    }
}

/// True for what exists and is neither a file nor a folder, through links: a pipe, a terminal, another device.
pub fn is_stream(target: &Path) -> bool {
    target.metadata().is_ok_and(|data| !data.is_file() && !data.is_dir())
}

/// What a path means, which need not exist.
fn follow(target: &Path) -> io::Result<PathBuf> {
    let mut path = target.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(to) = path.read_link() else { return Ok(path) };
        path = path.parent().unwrap_or(Path::new("")).join(to);
    }
    Err(io::Error::other("its links are a circle"))
}

/// Where a target is written.
struct Place {
    target: PathBuf,
    folder: PathBuf,
    /// With what the names of its unfinished files begin; a number of the process and one of the file follow.
    begin: String,
}

impl Place {
    fn of(target: &Path) -> io::Result<Self> {
        let target = follow(target)?;
        if target.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        // A hash, since a long name would not leave room for more.
        let begin = format!("{BEGIN}{:016x}-", XxHash3_64::oneshot(name.as_encoded_bytes()));
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        Ok(Place { folder: folder.unwrap_or(Path::new(".")).to_owned(), begin, target })
    }

    fn put(&self, fill: impl FnOnce(&mut File, &Path) -> io::Result<()>) -> io::Result<()> {
        let mut part = self.part()?;
        // Before it is filled: what was private never lies open. Elsewhere than on Unix they are no more than a mark
        // against changes, which the rename would run into.
        if let Some(old) = self.target.metadata().ok().filter(|_| cfg!(all(unix, not(miri)))) {
            // A disk without permissions has none to keep.
            let _ = part.file.set_permissions(old.permissions());
        }
        fill(&mut part.file, &part.path)?;
        fs::rename(&part.path, &self.target)
    }

    /// A new file, which is ours.
    fn part(&self) -> io::Result<Part> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        for _ in 0..ATTEMPTS {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = self.folder.join(format!("{}{}-{count}", self.begin, process::id()));
            match File::options().read(true).write(true).create_new(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
                Ok(file) => {
                    let part = Part { file, path };
                    // Where a system has no locks, no one removes what others left. Elsewhere than on Unix they keep
                    // other handles of the same process away.
                    let _ = cfg!(unix).then(|| part.file.lock());
                    // Before it was locked, another writer may have taken it for one that is left over.
                    if part.path.exists() {
                        return Ok(part);
                    }
                }
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Removes unfinished files that no process holds.
    fn clear(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let numbers = name.to_str().and_then(|name| name.strip_prefix(&self.begin));
            let ours = numbers.and_then(|numbers| numbers.split_once('-')).is_some_and(|(process, file)| {
                [process, file].iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
            });
            // What is no file may take its time to open.
            if !cfg!(unix) || !ours || !entry.file_type().is_ok_and(|kind| kind.is_file()) {
                continue;
            }
            if let Ok(file) = File::open(entry.path())
                && file.try_lock().is_ok()
            {
                // While it is locked. One that stays costs space only.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// A file that is not whole yet, removed where it never is.
struct Part {
    file: File,
    path: PathBuf,
}

impl Drop for Part {
    fn drop(&mut self) {
        // After it was renamed it is not there any more; after an error, that error is the one to tell.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use tempfile::TempDir;

    fn names(folder: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_failure_leaves_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a".repeat(255));
        replace(&target, |file, _| file.write_all(b"old")).unwrap();
        let failed = replace(&target, |file, path| {
            assert_eq!(names(&folder).len(), 2, "{}", path.display());
            file.write_all(b"new")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read(&target).unwrap(), b"old");
        assert_eq!(names(&folder).len(), 1);
        assert!(replace(&folder.path().join(".."), |_, _| Ok(())).is_err());
    }

    #[cfg(all(unix, not(miri)))]
    #[test]
    fn links_are_followed_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("deep")).unwrap();
        for (link, to) in [("link", "deep/link"), ("deep/link", "../target"), ("a", "b"), ("b", "a")] {
            symlink(to, path(link)).unwrap();
        }
        for (round, mode) in [0o600, 0o444].into_iter().enumerate() {
            replace(&path("link"), |file, _| file.write_all(&[b'0' + round as u8])).unwrap();
            assert_eq!(fs::read(path("target")).unwrap(), [b'0' + round as u8]);
            fs::set_permissions(path("target"), fs::Permissions::from_mode(mode)).unwrap();
            replace(&path("link"), |file, _| file.write_all(b"new")).unwrap();
            let data = path("target").symlink_metadata().unwrap();
            assert_eq!((data.is_file(), data.permissions().mode() & 0o777), (true, mode));
        }
        assert!(path("link").is_symlink() && path("deep/link").is_symlink());
        assert!(replace(&path("a"), |_, _| Ok(())).is_err());
        assert_eq!(names(&folder), ["a", "b", "deep", "link", "target"]);
    }

    /// A pipe, or a device: who may replace it would take it from everyone.
    #[cfg(all(unix, not(miri)))]
    #[test]
    fn what_is_no_file_is_written_and_stays() {
        use std::os::unix::{fs::FileTypeExt, fs::symlink, net::UnixListener};
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        assert!(process::Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
        symlink("pipe", path("link")).unwrap();
        for name in ["pipe", "link"] {
            let pipe = path(name);
            let reader = std::thread::spawn(move || fs::read(pipe).unwrap());
            replace(&path(name), |file, _| file.write_all(b"said")).unwrap();
            // Before anyone waits for the reader: it would have no one to read from.
            assert!(path("pipe").symlink_metadata().unwrap().file_type().is_fifo());
            assert_eq!(reader.join().unwrap(), b"said");
        }
        let _listener = UnixListener::bind(path("socket")).unwrap();
        assert!(replace(&path("socket"), |_, _| Ok(())).is_err() && path("socket").exists());
        assert_eq!(names(&folder), ["link", "pipe", "socket"]);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let [target, other] = ["target", "other"].map(|name| folder.path().join(name));
        let left = |of: &Path, numbers: &str| {
            let name = format!("{}{numbers}", Place::of(of).unwrap().begin);
            fs::write(folder.path().join(&name), "half").unwrap();
            name
        };
        let [mine, others, strange] = [left(&target, "1-0"), left(&other, "1-0"), left(&target, "1-x")];
        // Another writer of the same target, which is at work.
        replace(&target, |_, held| {
            replace(&target, |file, _| file.write_all(b"second"))?;
            assert!(held.exists() && !names(&folder).contains(&mine));
            Ok(())
        })
        .unwrap();
        let mut want = [others, strange, "target".to_owned()];
        want.sort();
        assert_eq!(names(&folder), want);
        assert_eq!(fs::read(&target).unwrap(), b"", "the last to end");
    }

    #[test]
    fn many_writers_of_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        std::thread::scope(|scope| {
            for writer in 0..4u8 {
                let target = &target;
                scope.spawn(move || {
                    for _ in 0..if cfg!(miri) { 2 } else { 50 } {
                        replace(target, |file, _| file.write_all(&[writer; 4096])).unwrap();
                        let read = fs::read(target).unwrap();
                        assert!(read.len() == 4096 && read.iter().all(|byte| *byte == read[0]));
                    }
                });
            }
        });
        assert_eq!(names(&folder), ["target"]);
    }
}
