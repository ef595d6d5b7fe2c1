//! NumPy's `.npy` files: f32 in and out, f64 in.
//!
//! The format is a magic number, a version, and a Python dictionary with three keys, in front of the raw array
//! (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>). npyz reads it too, but its parser of Python
//! literals takes 28 s of processor time and a C compiler to build.

use crate::{Error, memory};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

const MAGIC: &[u8] = b"\x93NUMPY";

/// Bytes of the longest header that is read: NumPy's own are shorter than a hundredth of it.
const MOST_HEADER: u64 = 1 << 20;

/// A row-major f32 array.
#[derive(Clone, PartialEq, Debug)]
pub struct Array {
    /// Extents, outermost first.
    pub shape: Vec<usize>,
    /// The elements; as many as the shape says.
    pub floats: Vec<f32>,
}

/// Reads the array in the file at `path`.
///
/// # Errors
/// When it cannot be read or is none that this module understands; the text begins with the path.
pub fn read(path: &Path) -> Result<Array, Error> {
    open(path)?.read().map_err(|error| error.at(path.display()))
}

/// Opens the file at `path` and reads its header.
///
/// # Errors
/// When it cannot be read or is no array of numbers; the text begins with the path.
pub fn open(path: &Path) -> Result<Reader<File>, Error> {
    File::open(path)
        .map_err(|error| unreadable(&error))
        .and_then(Reader::new)
        .map_err(|error| error.at(path.display()))
}

/// Decodes a file: little-endian f32, or f64 rounded to f32, in C order.
///
/// # Errors
/// What is wrong with the file, or memory is short.
pub fn decode(bytes: &[u8]) -> Result<Array, Error> {
    Reader::new(bytes)?.read()
}

/// An array whose elements have not been read yet: its shape may tell that no one wants them.
#[derive(Debug)]
pub struct Reader<R> {
    header: Header,
    data: R,
}

impl<R: Read> Reader<R> {
    /// Reads a header.
    ///
    /// # Errors
    /// When it is cut short or that of no array of numbers.
    pub fn new(mut data: R) -> Result<Self, Error> {
        let text = header_text(&mut data)?.ok_or_else(|| {
            Error::new("is no .npy file, or its header is cut short; write it by numpy.save(path, array)")
        })?;
        let header = std::str::from_utf8(&text).ok().and_then(Header::parse).ok_or_else(|| {
            Error::new("has a header that is no array of numbers; write it by numpy.save(path, array)")
        })?;
        Ok(Reader { header, data })
    }

    /// Extents, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// Reads the elements.
    ///
    /// # Errors
    /// When they are others than the header says, or of a kind that is not read, or memory is short.
    pub fn read(self) -> Result<Array, Error> {
        let Header { descr, fortran, shape } = self.header;
        if fortran {
            return Err(Error::new(
                "is in Fortran order; write it by numpy.save(path, numpy.ascontiguousarray(array))",
            ));
        }
        let floats = match descr.as_str() {
            "<f4" => words(self.data, &shape, f32::from_le_bytes)?,
            "<f8" => words(self.data, &shape, |word| f64::from_le_bytes(word) as f32)?,
            other => {
                return Err(Error::new(format!(
                    "has elements of type {other:?}; write it by numpy.save(path, array.astype(\"<f4\"))"
                )));
            }
        };
        Ok(Array { shape, floats })
    }
}

/// Encodes an array as a `.npy` file of version 1.0, as NumPy does.
pub fn encode(shape: &[usize], floats: &[f32]) -> Vec<u8> {
    let mut file = header(shape);
    file.extend(floats.iter().flat_map(|x| x.to_le_bytes()));
    file
}

/// Writes the same to a stream, without a copy of it in memory.
///
/// # Errors
/// Those of the stream.
pub fn write(out: &mut dyn Write, shape: &[usize], floats: &[f32]) -> io::Result<()> {
    out.write_all(&header(shape))?;
    let mut bytes = [[0; size_of::<f32>()]; 4096];
    for chunk in floats.chunks(bytes.len()) {
        bytes.iter_mut().zip(chunk).for_each(|(bytes, x)| *bytes = x.to_le_bytes());
        out.write_all(bytes[..chunk.len()].as_flattened())?;
    }
    Ok(())
}

/// What a file has in front of its data.
fn header(shape: &[usize]) -> Vec<u8> {
    let mut tuple: String = shape.iter().map(|extent| format!("{extent}, ")).collect();
    // A tuple of one needs its comma; NumPy leaves it out of longer ones.
    tuple.truncate(tuple.len().saturating_sub(if shape.len() == 1 { 1 } else { 2 }));
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({tuple}), }}");
    // Data start at a multiple of 64 bytes, behind a line end.
    let unpadded = MAGIC.len() + 4 + header.len() + 1;
    header.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');
    let length = (header.len() as u16).to_le_bytes();
    [MAGIC, &[1, 0], &length, header.as_bytes()].concat()
}

/// The text of a header; `None` where there is none, or not a whole one.
fn header_text(data: &mut impl Read) -> Result<Option<Vec<u8>>, Error> {
    let Some([magic @ .., major, _minor]) = bytes::<8>(data)? else { return Ok(None) };
    let length = match major {
        _ if magic != MAGIC => return Ok(None),
        1 => bytes(data)?.map(|length| u64::from(u16::from_le_bytes(length))),
        2 | 3 => bytes(data)?.map(|length| u64::from(u32::from_le_bytes(length))),
        _ => return Ok(None),
    };
    let Some(length) = length.filter(|length| *length <= MOST_HEADER) else { return Ok(None) };
    let mut text = Vec::new();
    data.take(length).read_to_end(&mut text).map_err(|error| unreadable(&error))?;
    Ok(Some(text).filter(|text| text.len() as u64 == length))
}

/// The next `N` bytes; `None` where there are fewer.
fn bytes<const N: usize>(data: &mut impl Read) -> Result<Option<[u8; N]>, Error> {
    let mut bytes = [0; N];
    match data.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(unreadable(&error)),
    }
}

/// The elements of an array of this shape, and nothing behind them.
fn words<const N: usize>(
    data: impl Read,
    shape: &[usize],
    decode: fn([u8; N]) -> f32,
) -> Result<Vec<f32>, Error> {
    let unfit = |found: String| {
        Error::new(format!("has {found} bytes of data, which does not fit its shape {shape:?}"))
    };
    let wanted = shape.iter().try_fold(N as u64, |n, &extent| n.checked_mul(extent as u64));
    let wanted = wanted.filter(|bytes| *bytes < u64::MAX).ok_or_else(|| unfit("too few".to_owned()))?;
    let mut bytes = Vec::new();
    // One more shows that there are too many; what has no end is not read to it.
    data.take(wanted + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    match bytes.len() as u64 {
        found if found < wanted => return Err(unfit(found.to_string())),
        found if found > wanted => return Err(unfit(format!("more than {wanted}"))),
        _ => {}
    }
    let (words, _) = bytes.as_chunks::<N>();
    let mut floats = memory::room(words.len())?;
    floats.extend(words.iter().copied().map(decode));
    Ok(floats)
}

fn unreadable(error: &io::Error) -> Error {
    Error::new(format!("cannot be read ({error})"))
}

#[derive(Debug)]
struct Header {
    descr: String,
    fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }` with its keys in any order.
    fn parse(text: &str) -> Option<Self> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
        while !rest.is_empty() {
            let (key, value) = string(rest)?;
            let value = value.trim_start().strip_prefix(':')?.trim_start();
            rest = match key {
                "descr" => {
                    let (name, rest) = string(value)?;
                    descr = Some(name.to_owned());
                    rest
                }
                "fortran_order" => {
                    let end = value.find(',').unwrap_or(value.len());
                    let (word, rest) = value.split_at(end);
                    fortran = Some(match word.trim_end() {
                        "True" => true,
                        "False" => false,
                        _ => return None,
                    });
                    rest
                }
                "shape" => {
                    let (tuple, rest) = value.strip_prefix('(')?.split_once(')')?;
                    let extents = tuple.trim_end().trim_end_matches(',').split(',').map(str::trim);
                    let extents = extents.filter(|extent| !(tuple.trim().is_empty() && extent.is_empty()));
                    shape = Some(extents.map(|extent| extent.parse().ok()).collect::<Option<_>>()?);
                    rest
                }
                _ => return None,
            };
            rest = rest.trim_start();
            rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
        }
        Some(Header { descr: descr?, fortran: fortran?, shape: shape? })
    }
}

/// A quoted string without escapes, and what follows it.
fn string(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    text[1..].split_once(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of version 1.0 with this dictionary.
    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let length = (header.len() as u16).to_le_bytes();
        [MAGIC, &[1, 0], &length, header.as_bytes(), data].concat()
    }

    #[test]
    fn what_is_written_is_read() {
        for shape in [vec![], vec![3], vec![0], vec![2, 3], vec![1, 2, 3, 4]] {
            let floats: Vec<f32> = (0..shape.iter().product()).map(|i| i as f32 * 0.1).collect();
            let file = encode(&shape, &floats);
            assert!((file.len() - floats.len() * 4).is_multiple_of(64));
            assert_eq!(decode(&file).unwrap(), Array { shape, floats });
        }
    }

    #[test]
    fn writes_what_numpy_writes() {
        let header =
            |shape: &[usize]| String::from_utf8_lossy(&encode(shape, &[])[10..]).trim_end().to_owned();
        assert_eq!(header(&[1, 3]), "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }");
        assert_eq!(header(&[5]), "{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }");
        assert_eq!(header(&[]), "{'descr': '<f4', 'fortran_order': False, 'shape': (), }");
    }

    #[test]
    fn reads_doubles_other_versions_and_other_writers() {
        let data: Vec<u8> = [1.5f64, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
        let want = Array { shape: vec![2], floats: vec![1.5, -2.0] };
        let header = "{\"shape\": (2, ), \"fortran_order\" : False, \"descr\": \"<f8\"}";
        assert_eq!(decode(&file(header, &data)), Ok(want.clone()));
        let length = (header.len() as u32).to_le_bytes();
        assert_eq!(decode(&[MAGIC, &[2, 0], &length, header.as_bytes(), &data].concat()), Ok(want));
    }

    #[test]
    fn each_fault_is_an_error() {
        let good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
        assert!(decode(&file(good, &[0; 8])).is_ok());
        let cases: [(&str, Vec<u8>, &str); 13] = [
            ("empty", vec![], "no .npy file"),
            ("text", b"1.0, 2.0".to_vec(), "no .npy file"),
            ("version", [MAGIC, &[9, 0], &[0; 8]].concat(), "no .npy file"),
            ("long header", [MAGIC, &[2, 0], &[255; 4], &[b' '; 99]].concat(), "no .npy file"),
            ("cut header", file(good, &[])[..30].to_vec(), "cut short"),
            ("cut data", file(good, &[0; 7]), "7 bytes of data"),
            ("long data", file(good, &[0; 12]), "more than 8 bytes of data"),
            ("integers", file(&good.replace("<f4", "<i4"), &[0; 8]), "type \"<i4\""),
            ("big-endian", file(&good.replace("<f4", ">f4"), &[0; 8]), "astype(\"<f4\")"),
            ("Fortran", file(&good.replace("False", "True"), &[0; 8]), "Fortran order"),
            ("record", file(&good.replace("'<f4'", "[('a', '<f4')]"), &[0; 8]), "no array of numbers"),
            ("negative", file(&good.replace("2,", "-2,"), &[0; 8]), "no array of numbers"),
            ("overflow", file(&good.replace("2,", "99999999999, 99999999999"), &[0; 8]), "does not fit"),
        ];
        for (name, bytes, message) in cases {
            let error = decode(&bytes).err().unwrap_or_else(|| panic!("{name} was accepted")).to_string();
            assert!(error.contains(message), "{name}: {error}");
        }
    }

    #[test]
    fn what_has_no_end_is_not_read_to_it() {
        let endless = |header: &[u8]| Reader::new(io::Cursor::new(header.to_owned()).chain(io::repeat(b' ')));
        let fault = |read: Result<Array, Error>| read.unwrap_err().to_string();
        let array = endless(&encode(&[2, 3], &[])).unwrap();
        assert_eq!(array.shape(), [2, 3]);
        assert!(fault(array.read()).contains("more than 24 bytes of data"));
        for header in [&b""[..], &[MAGIC, &[2, 0], &[255; 4]].concat(), &[MAGIC, &[1, 0], &[255; 2]].concat()]
        {
            assert!(fault(endless(header).and_then(Reader::read)).contains("header"));
        }
    }

    #[test]
    fn no_damage_panics() {
        let whole = encode(&[2, 3], &[1.0; 6]);
        for at in 0..whole.len() {
            assert!(decode(&whole[..at]).is_err(), "{at} bytes");
            let mut flipped = whole.clone();
            flipped[at] ^= 0x21;
            // Some flips make another whole array; none may panic.
            let _ = decode(&flipped);
        }
    }
}
