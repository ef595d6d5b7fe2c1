//! NumPy's `.npy` files: f32 in and out, f64 in.
//!
//! The format is a magic number, a version, and a Python dictionary with three keys, in front of the raw array
//! (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>). npyz reads it too, but its parser of Python
//! literals takes 28 s of processor time and a C compiler to build.

use crate::{Error, memory};
use std::io::{self, Write};
use std::path::Path;

const MAGIC: &[u8] = b"\x93NUMPY";

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
    let bytes = std::fs::read(path).map_err(|error| Error::new(format!("cannot be read ({error})")));
    bytes.and_then(|bytes| decode(&bytes)).map_err(|error| error.at(path.display()))
}

/// Decodes a file: little-endian f32, or f64 rounded to f32, in C order.
///
/// # Errors
/// What is wrong with the file, or memory is short.
pub fn decode(bytes: &[u8]) -> Result<Array, Error> {
    let (header, data) = split(bytes).ok_or_else(|| {
        Error::new("is no .npy file, or its header is cut short; write it by numpy.save(path, array)")
    })?;
    let header = std::str::from_utf8(header).ok().and_then(Header::parse).ok_or_else(|| {
        Error::new("has a header that is no array of numbers; write it by numpy.save(path, array)")
    })?;
    if header.fortran {
        return Err(Error::new(
            "is in Fortran order; write it by numpy.save(path, numpy.ascontiguousarray(array))",
        ));
    }
    let elements = header.shape.iter().try_fold(1usize, |n, &extent| n.checked_mul(extent));
    let floats = match header.descr {
        "<f4" => words(data, elements, f32::from_le_bytes)?,
        "<f8" => words(data, elements, |word| f64::from_le_bytes(word) as f32)?,
        other => {
            return Err(Error::new(format!(
                "has elements of type {other:?}; write it by numpy.save(path, array.astype(\"<f4\"))"
            )));
        }
    };
    let floats = floats.ok_or_else(|| {
        Error::new(format!(
            "has {} bytes of data, which does not fit its shape {:?}",
            data.len(),
            header.shape
        ))
    })?;
    Ok(Array { shape: header.shape, floats })
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

/// Header and data of a file.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (&[major, _minor], rest) = rest.split_first_chunk()?;
    let (length, rest) = match major {
        1 => rest.split_first_chunk().map(|(&length, rest)| (u32::from(u16::from_le_bytes(length)), rest))?,
        2 | 3 => rest.split_first_chunk().map(|(&length, rest)| (u32::from_le_bytes(length), rest))?,
        _ => return None,
    };
    rest.split_at_checked(length as usize)
}

fn words<const N: usize>(
    data: &[u8],
    elements: Option<usize>,
    decode: fn([u8; N]) -> f32,
) -> Result<Option<Vec<f32>>, Error> {
    let (words, rest) = data.as_chunks::<N>();
    if !rest.is_empty() || Some(words.len()) != elements {
        return Ok(None);
    }
    let mut floats = memory::room(words.len())?;
    floats.extend(words.iter().copied().map(decode));
    Ok(Some(floats))
}

struct Header<'a> {
    descr: &'a str,
    fortran: bool,
    shape: Vec<usize>,
}

impl<'a> Header<'a> {
    /// Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }` with its keys in any order.
    fn parse(text: &'a str) -> Option<Self> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        let mut rest = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
        while !rest.is_empty() {
            let (key, value) = string(rest)?;
            let value = value.trim_start().strip_prefix(':')?.trim_start();
            rest = match key {
                "descr" => {
                    let (name, rest) = string(value)?;
                    descr = Some(name);
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
        let cases: [(&str, Vec<u8>, &str); 12] = [
            ("empty", vec![], "no .npy file"),
            ("text", b"1.0, 2.0".to_vec(), "no .npy file"),
            ("version", [MAGIC, &[9, 0], &[0; 8]].concat(), "no .npy file"),
            ("cut header", file(good, &[])[..30].to_vec(), "cut short"),
            ("cut data", file(good, &[0; 7]), "7 bytes of data"),
            ("long data", file(good, &[0; 12]), "12 bytes of data"),
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
