//! The runtime's sources, which the command carries so that it can build programs anywhere.

use super::folder::Content;

/// Path in the workspace and text of each file; empty in a package that came without them.
const SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// The lock file's place in [`SOURCES`].
const LOCK: &str = "Cargo.lock";

/// True when the sources are here; otherwise programs get the runtime from the registry.
pub fn embedded() -> bool {
    !SOURCES.is_empty()
}

/// A workspace whose only member is the runtime.
pub fn workspace() -> Vec<Content> {
    let sources = SOURCES.iter().filter(|(path, _)| *path != LOCK);
    sources
        .map(|(path, text)| Content { path: (*path).to_owned(), bytes: text.as_bytes().to_vec() })
        .collect()
}

/// The versions of other crates that the runtime was tested with.
pub fn lock() -> Option<&'static str> {
    SOURCES.iter().find(|(path, _)| *path == LOCK).map(|(_, text)| *text)
}
