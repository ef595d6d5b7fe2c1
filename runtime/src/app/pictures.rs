//! Where pictures come from: files, folders, standard input.

use crate::{Error, image};
use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The name of standard input on the command line.
pub(super) const STDIN: &str = "-";

/// Ends of the names of pictures in folders, in lower case.
const ENDS: [&str; 4] = ["jpeg", "jpg", "png", "webp"];

/// The pictures that these arguments name: folders stand for the pictures in them, sorted by name. What cannot be listed
/// is there as an error.
pub(super) fn expand(args: &[PathBuf]) -> Vec<(PathBuf, Result<(), Error>)> {
    let mut found = Vec::new();
    for path in args {
        match path.is_dir().then(|| list(path)) {
            None => found.push((path.clone(), Ok(()))),
            Some(Ok(pictures)) => found.extend(pictures.into_iter().map(|picture| {
                let is_file = file(&picture).map_err(|error| error.at(picture.display()));
                (picture, is_file)
            })),
            Some(Err(error)) => found.push((path.clone(), Err(error.at(path.display())))),
        }
    }
    found
}

/// The pictures in a folder.
fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let unreadable = |error| Error::new(format!("cannot be listed ({error})"));
    let mut names: Vec<OsString> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        let end = Path::new(&name).extension().map(|end| end.to_string_lossy().to_lowercase());
        if end.is_some_and(|end| ENDS.contains(&end.as_str())) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(Error::new(format!("has no pictures; their names end in {}", ENDS.join(", "))));
    }
    names.sort();
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// An error for what only has the name of a picture: a pipe that no one writes to would be waited for without end. Who names
/// one on the command line means it.
fn file(path: &Path) -> Result<(), Error> {
    match path.metadata() {
        Ok(data) if !data.is_file() => Err(Error::new("is no file; name it on its own, or move it away")),
        // What cannot be looked at cannot be opened either, which says why.
        _ => Ok(()),
    }
}

/// The bytes of a picture.
pub(super) fn read(path: &Path, input: &mut dyn Read) -> Result<Vec<u8>, Error> {
    match path.to_str() {
        Some(STDIN) => image::read(input).map_err(|error| error.at("standard input")),
        _ => image::read_file(path),
    }
}
