//! The first 64 bytes of a weights file: one definition for the compiler, which writes, and the model, which reads.
//!
//! All numbers are little-endian.
//!
//! | bytes | content |
//! |---|---|
//! | 0..8 | [`MAGIC`] |
//! | 8..12 | [`FORMAT`], u32 |
//! | 12..16 | [`abi::VERSION`], u32 |
//! | 16..24 | number of floats of the payload, u64 |
//! | 24..32 | XXH3-64 of the payload's bytes, u64 |
//! | 32..64 | hash of the graph that the weights were packed for |
//! | 64.. | the payload, f32 |
//!
//! A reader compares every field, so that no bit of the file can flip unnoticed.

use super::Expected;
use crate::{Error, abi};
use twox_hash::XxHash3_64;

/// The first bytes. As in PNG, a transfer that changes line ends or the eighth bit changes them.
pub const MAGIC: [u8; 8] = *b"\x89TLW\r\n\x1a\n";

/// Version of the file format.
pub const FORMAT: u32 = 1;

/// Bytes of the header.
pub const HEADER_BYTES: usize = 64;

/// What the header says about the payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// Hash of the graph that the weights were packed for.
    pub graph: [u8; 32],
    /// Floats of the payload.
    pub floats: u64,
    /// XXH3-64 of the payload's bytes.
    pub checksum: u64,
}

impl Header {
    /// The header of a payload of little-endian floats.
    pub fn of(graph: [u8; 32], payload: &[u8]) -> Self {
        let floats = (payload.len() / size_of::<f32>()) as u64;
        Header { graph, floats, checksum: XxHash3_64::oneshot(payload) }
    }

    /// The bytes to write in front of the payload.
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
        bytes[12..16].copy_from_slice(&abi::VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.floats.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.checksum.to_le_bytes());
        bytes[32..].copy_from_slice(&self.graph);
        bytes
    }

    /// Reads the header of a file of `file_bytes` bytes and compares it with what the model needs.
    ///
    /// # Errors
    /// The first thing that differs, and what to do about it.
    pub(crate) fn decode(bytes: &[u8], file_bytes: u64, expected: &Expected) -> Result<Self, Error> {
        if cfg!(target_endian = "big") {
            return Err(Error::new(
                "weights are little-endian, and this processor is not; there is no remedy yet",
            ));
        }
        let Some((bytes, _)) = bytes.split_first_chunk::<HEADER_BYTES>() else {
            return Err(Error::new(format!(
                "it is cut short: a weights file has at least {HEADER_BYTES} bytes and this has {file_bytes}; {AGAIN}"
            )));
        };
        if bytes[..8] != MAGIC {
            return Err(Error::new(
                "it is no weights file of tilewright (the first eight bytes are others); give the weights file \
                 that was written together with this program's source",
            ));
        }
        for (what, at, ours) in [("format", 8, FORMAT), ("ABI", 12, abi::VERSION)] {
            let theirs = u32::from_le_bytes(field(bytes, at));
            if theirs != ours {
                return Err(Error::new(format!(
                    "its {what} is version {theirs} and this program reads version {ours}; pack the weights with the \
                     compiler that generated this program, or generate both again"
                )));
            }
        }
        let header = Header {
            graph: field(bytes, 32),
            floats: u64::from_le_bytes(field(bytes, 16)),
            checksum: u64::from_le_bytes(field(bytes, 24)),
        };
        header.check(file_bytes, expected)?;
        Ok(header)
    }

    /// Compares the fields with what the model needs and with the length of the file.
    fn check(&self, file_bytes: u64, expected: &Expected) -> Result<(), Error> {
        if self.graph != expected.graph {
            return Err(Error::new(format!(
                "it belongs to another model, or was packed with other options: it is for {}.. and this program for {}..; \
                 pack the weights of this model by `tilewright weights` with the options that the program was compiled \
                 with, or compile that other model",
                hex(&self.graph[..8]),
                hex(&expected.graph[..8])
            )));
        }
        if self.floats != expected.floats as u64 {
            return Err(Error::new(format!(
                "it has {} weights and this program needs {}, though the graph is the same; {AGAIN}",
                self.floats, expected.floats
            )));
        }
        // No file has as many bytes as where this ends.
        let payload = (size_of::<f32>() as u64).saturating_mul(expected.floats as u64);
        let whole = payload.saturating_add(HEADER_BYTES as u64);
        let fault = match file_bytes.cmp(&whole) {
            std::cmp::Ordering::Less => "cut short",
            std::cmp::Ordering::Equal => return Ok(()),
            std::cmp::Ordering::Greater => "too long",
        };
        Err(Error::new(format!("it is {fault}: {file_bytes} bytes instead of {whole}; {AGAIN}")))
    }

    /// Compares the payload with its checksum.
    ///
    /// # Errors
    /// When it differs.
    pub(crate) fn verify(&self, payload: &[u8]) -> Result<(), Error> {
        if XxHash3_64::oneshot(payload) == self.checksum {
            return Ok(());
        }
        Err(Error::new(format!("its content was damaged after it was written (wrong checksum); {AGAIN}")))
    }
}

/// The remedy for a damaged file.
const AGAIN: &str = "copy it again from where it is whole, or pack the weights again";

/// `M` bytes at a constant place of the header.
fn field<const M: usize>(bytes: &[u8; HEADER_BYTES], at: usize) -> [u8; M] {
    std::array::from_fn(|i| bytes[at + i])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
