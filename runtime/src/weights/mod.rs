//! The packed weights of a model: embedded into the program, read from a file, or mapped.
//!
//! The file format is that of [`header`].

mod embed;
pub mod header;

#[doc(hidden)]
pub use embed::embeddable;

use crate::Error;
use crate::arena::{ALIGN, AlignedBuf};
use header::{HEADER_BYTES, Header};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::ptr::NonNull;

/// What the weights of a model must be; the generated code contains it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
    /// Hash of the graph that the kernels were generated for.
    pub graph: [u8; 32],
    /// Number of packed floats.
    pub floats: usize,
}

/// Packed weights, aligned to 64 bytes, read by any number of threads.
pub struct Weights {
    start: NonNull<f32>,
    len: usize,
    header: Header,
    _owner: Owner,
}

/// What keeps the floats alive; never read.
enum Owner {
    Program,
    Heap {
        _floats: AlignedBuf,
    },
    #[cfg(feature = "mmap")]
    File {
        _map: memmap2::Mmap,
    },
}

impl Weights {
    /// Weights that are part of the program, header included. No copy, and no pass over them: the linker put them there
    /// whole, and [`verify`](Weights::verify) compares them with their checksum where that is doubted.
    ///
    /// # Errors
    /// When the header does not fit the model or the bytes are not aligned to 64.
    pub fn from_static(bytes: &'static [u8], expected: &Expected) -> Result<Self, Error> {
        let place = "the embedded weights";
        let header = Header::decode(bytes, bytes.len() as u64, expected).map_err(|error| error.at(place))?;
        let payload = &bytes[HEADER_BYTES..];
        if !payload.as_ptr().addr().is_multiple_of(ALIGN) {
            return Err(Error::new(format!(
                "{place}: not aligned to {ALIGN} bytes; embed them by embed_weights!"
            )));
        }
        Ok(Weights { start: first(payload), len: expected.floats, header, _owner: Owner::Program })
    }

    /// A copy of a weights file in memory.
    ///
    /// # Errors
    /// When it is not what the model needs, or damaged, or memory is short.
    pub fn from_bytes(bytes: &[u8], expected: &Expected) -> Result<Self, Error> {
        let length = bytes.len() as u64;
        Self::read(bytes, length, expected).map_err(|error| error.at("the weights"))
    }

    /// The weights file at `path`: mapped with feature `mmap`, read otherwise.
    ///
    /// A mapped file must not change while the weights are in use, as for every program that maps a file.
    ///
    /// # Errors
    /// When it cannot be read, or is not what the model needs, or damaged, or memory is short.
    pub fn open(path: &Path, expected: &Expected) -> Result<Self, Error> {
        // A pipe that no one writes to would be waited for without end.
        let other = path.metadata().is_ok_and(|data| !data.is_file());
        let opened = match other {
            true => Err(Error::new("is no file; give the path of a weights file")),
            false => Self::open_file(path, expected),
        };
        opened.map_err(|error| error.at(path.display()))
    }

    #[cfg(not(feature = "mmap"))]
    fn open_file(path: &Path, expected: &Expected) -> Result<Self, Error> {
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        Self::read(file, length, expected)
    }

    #[cfg(feature = "mmap")]
    fn open_file(path: &Path, expected: &Expected) -> Result<Self, Error> {
        let mut file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let header = read_header(&mut file, length, expected)?;
        // SAFETY: the documentation of `open` demands that the file does not change meanwhile.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(unreadable)?;
        let payload =
            map.get(HEADER_BYTES..).filter(|payload| payload.len() / size_of::<f32>() == expected.floats);
        let payload = payload.ok_or_else(|| Error::new("it changed while it was opened; try again"))?;
        header.verify(payload)?;
        let start = first(payload);
        Ok(Weights { start, len: expected.floats, header, _owner: Owner::File { _map: map } })
    }

    /// Reads a weights file of `length` bytes.
    fn read(mut file: impl Read, length: u64, expected: &Expected) -> Result<Self, Error> {
        let header = read_header(&mut file, length, expected)?;
        let mut floats = AlignedBuf::try_new(expected.floats)?;
        // SAFETY: the floats of the buffer, as bytes, of which any are valid floats.
        let payload = unsafe {
            std::slice::from_raw_parts_mut(floats.as_mut_ptr().cast::<u8>(), size_of_val(&*floats))
        };
        file.read_exact(payload).map_err(unreadable)?;
        header.verify(payload)?;
        let start = first(payload);
        Ok(Weights { start, len: expected.floats, header, _owner: Owner::Heap { _floats: floats } })
    }

    /// Reads all weights and compares them with their checksum.
    ///
    /// # Errors
    /// When they differ.
    pub fn verify(&self) -> Result<(), Error> {
        let floats = self.floats();
        // SAFETY: the bytes of the floats, which live as long and never change.
        let bytes = unsafe { std::slice::from_raw_parts(floats.as_ptr().cast(), size_of_val(floats)) };
        self.header.verify(bytes).map_err(|error| error.at("the weights"))
    }

    /// `N` weights from float `at` on.
    ///
    /// # Safety
    /// `at + N` is at most the number of floats that the model was loaded with.
    #[inline]
    pub unsafe fn get<const N: usize>(&self, at: usize) -> &[f32; N] {
        debug_assert!(at.checked_add(N).is_some_and(|end| end <= self.len), "{at} + {N} of {}", self.len);
        // SAFETY: the caller keeps the range inside of the weights, which live as long as `self` and never change.
        unsafe { self.start.add(at).cast().as_ref() }
    }

    /// All weights.
    pub fn floats(&self) -> &[f32] {
        // SAFETY: `len` floats that live as long as `self` and never change.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

// SAFETY: the weights are only read.
unsafe impl Send for Weights {}
// SAFETY: as for Send.
unsafe impl Sync for Weights {}

/// Address of a payload that is aligned to 64 bytes; on a little-endian machine its bytes are the floats.
fn first(payload: &[u8]) -> NonNull<f32> {
    NonNull::from(payload).cast()
}

/// Reads and checks the header, as far as there is one.
fn read_header(file: &mut impl Read, length: u64, expected: &Expected) -> Result<Header, Error> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES);
    file.take(HEADER_BYTES as u64).read_to_end(&mut bytes).map_err(unreadable)?;
    Header::decode(&bytes, length, expected)
}

fn unreadable(error: std::io::Error) -> Error {
    Error::new(format!("cannot be read ({error}); give the path of a readable weights file"))
}

#[cfg(test)]
mod tests;
