//! Rules about what the repository keeps: nothing large, nothing packed.

use super::Fault;
use std::path::Path;
use std::process::Command;

/// A file that git keeps.
#[derive(Clone, Debug)]
pub struct Tracked {
    /// Path from the root of the workspace, with `/`.
    pub path: String,
    /// Bytes of it.
    pub bytes: u64,
}

/// Bytes of a file at most.
const MOST_BYTES: u64 = 1_000_000;

/// Ends of the names of archives, packages and libraries: what they hold is neither read nor compared by anyone.
const PACKED: [&str; 24] = [
    ".7z", ".a", ".bz2", ".crate", ".deb", ".dll", ".dylib", ".egg", ".exe", ".gz", ".jar", ".lib", ".o",
    ".pyc", ".rar", ".rlib", ".rpm", ".so", ".tar", ".tgz", ".whl", ".xz", ".zip", ".zst",
];

/// Files that are both all the same; each has a text that says how it is made.
const ALLOWED: [&str; 1] = ["tests/conformance/cases.tar.xz"];

/// What git keeps of the folder; `None` where there is no git, or this is no repository of it.
pub fn tracked(root: &Path) -> Option<Vec<Tracked>> {
    let output = Command::new("git").args(["ls-files", "-z"]).current_dir(root).output().ok()?;
    let names = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let file = |path: &str| {
        // A file that was removed and not yet forgotten is no fault.
        let bytes = root.join(path).symlink_metadata().ok()?.len();
        Some(Tracked { path: path.to_owned(), bytes })
    };
    Some(names.split_terminator('\0').filter_map(file).collect())
}

/// Files that are too large, or packed.
pub fn check(files: &[Tracked]) -> Vec<Fault> {
    let fault = |Tracked { path, bytes }: &Tracked| {
        let name = path.to_lowercase();
        let what = if ALLOWED.contains(&path.as_str()) {
            return None;
        } else if let Some(end) = PACKED.iter().find(|end| name.ends_with(*end)) {
            format!("a {end} file is packed or built; keep what it is made from, and how")
        } else if *bytes > MOST_BYTES {
            format!("the file has {bytes} bytes, and {MOST_BYTES} is the limit; make it when it is needed")
        } else {
            return None;
        };
        Some(Fault { path: path.clone(), line: 1, what })
    };
    files.iter().filter_map(fault).collect()
}
