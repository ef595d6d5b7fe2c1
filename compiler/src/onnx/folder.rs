//! The border to the file system: reads a model, the data files of its folder, and nothing outside of it; and texts that go
//! with a model.
//!
//! The only file of the reader that does IO.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use bytes::Bytes;

use super::external::ExternalData;
use super::load::load;
use super::options::LoadOptions;
use crate::base::diag::Error;
use crate::base::limits::{Limit, Limits};
use crate::base::memory;
use crate::base::tensor::Blob;
use crate::ir::graph::Graph;

/// Bytes that a text may have which goes with a model. Measurements of the largest networks have a tenth.
const MOST_TEXT: u64 = 1 << 28;

/// The folder of a model. Locations must be relative, without `..`, and must not leave the folder through a link.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder in which `model` lies.
    pub fn of(model: &Path) -> Self {
        let root = match model.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        Folder { root }
    }

    /// The file that a location means, links resolved.
    fn resolve(&self, location: &str) -> Result<PathBuf, String> {
        let relative = Path::new(location);
        let plain =
            relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !plain {
            return Err(format!("external data in `{location}`: the path leaves the model's folder"));
        }
        let canonical = |path: &Path| {
            path.canonicalize().map_err(|error| format!("external data in `{location}`: {error}"))
        };
        let root = canonical(&self.root)?;
        let file = canonical(&root.join(relative))?;
        if file.starts_with(&root) {
            Ok(file)
        } else {
            Err(format!("external data in `{location}`: a link leaves the model's folder"))
        }
    }
}

impl ExternalData for Folder {
    fn read(&self, location: &str, offset: u64, length: u64) -> Result<Blob, String> {
        let path = self.resolve(location)?;
        let fail = |error: std::io::Error| format!("external data in `{location}`: {error}");
        let data = path.metadata().map_err(fail)?;
        // To open a pipe would wait for a writer, and a device may never end.
        if !data.is_file() {
            return Err(format!("external data in `{location}`: it is no ordinary file"));
        }
        let size = data.len();
        let mut file = File::open(path).map_err(fail)?;
        // Before anything is allocated: the model may say any length.
        if offset.checked_add(length).is_none_or(|end| end > size) {
            return Err(format!(
                "external data in `{location}`: {length} bytes from {offset} are wanted, the file has {size}"
            ));
        }
        let length =
            usize::try_from(length).map_err(|_| format!("external data in `{location}` is too long"))?;
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|error| fail(error.into()))?;
        bytes.resize(length, 0);
        file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(&mut bytes)).map_err(fail)?;
        Ok(Blob::new(bytes))
    }
}

/// The data files of a model, and which of them it asked for.
#[derive(Debug)]
pub struct Data {
    folder: Folder,
    root: PathBuf,
    asked: RefCell<BTreeSet<String>>,
}

impl Data {
    /// Those beside this model.
    pub fn of(model: &Path) -> Self {
        let root = model.parent().unwrap_or(Path::new("")).to_owned();
        Data { folder: Folder::of(model), root, asked: RefCell::default() }
    }

    /// The files that were asked for so far.
    pub fn files(&self) -> Vec<PathBuf> {
        self.asked.borrow().iter().map(|location| self.root.join(location)).collect()
    }
}

impl ExternalData for Data {
    fn read(&self, location: &str, offset: u64, length: u64) -> Result<Blob, String> {
        self.asked.borrow_mut().insert(location.to_owned());
        self.folder.read(location, offset, length)
    }
}

/// A text that goes with a model: a tuning file, names of classes, measurements.
///
/// # Errors
/// A file that cannot be read, is no text, or is longer than any of these: a device may never end.
pub fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(MOST_TEXT + 1).read_to_string(&mut text)?;
    match text.len() as u64 {
        0..=MOST_TEXT => Ok(text),
        _ => Err(io::Error::other(format!("it has more than {MOST_TEXT} bytes"))),
    }
}

/// The bytes of a model's file, and one more than the limit where it is longer: a pipe or a device may never end.
///
/// # Errors
/// As for any file.
pub fn read_model(path: &Path, limits: &Limits) -> std::io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    if let Ok(size @ 1..) = file.metadata().map(|data| data.len()) {
        bytes.try_reserve_exact(
            usize::try_from(size.min(limits.most(Limit::FileBytes))).unwrap_or_default(),
        )?;
    }
    file.take(limits.most(Limit::FileBytes).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads a model from a file, and its external tensors from the folder of the file.
///
/// # Errors
/// The file cannot be read, or any error of [`load()`].
pub fn load_file(path: &Path, options: &LoadOptions) -> Result<Graph, Error> {
    load_with(path, options, &Folder::of(path))
}

/// The same with external tensors from where the caller says.
///
/// # Errors
/// As [`load_file`].
pub fn load_with(path: &Path, options: &LoadOptions, data: &dyn ExternalData) -> Result<Graph, Error> {
    let name = path.display().to_string();
    let bytes = read_model(path, &options.limits).map_err(|error| {
        let remedy = match error.kind() {
            ErrorKind::OutOfMemory => memory::REMEDY,
            _ => "give the path of an ONNX file",
        };
        Error::one(name.as_str(), error.to_string(), remedy)
    })?;
    load(&name, Bytes::from(bytes), options, data)
}
