//! From a JPEG, PNG or WebP file to the input of a classifier, as torchvision's evaluation transforms do it.
//!
//! Pixels are taken as they are stored: orientation marks and colour profiles are not applied, transparency is dropped,
//! of 16 bits per channel the upper 8 are used, of an animation the first picture. Files and pictures have a largest size,
//! so that a small file cannot ask for all memory.

mod resize;
mod webp;

use crate::{Error, Preprocess, memory};
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// The most pixels that a picture may have; decoding takes up to 12 bytes for each.
pub const MAX_PIXELS: u64 = 1 << 27;

/// Bytes of memory for each pixel of a picture that is decoded: 16-bit coefficients of three planes, and the pixels.
const PIXEL_BYTES: u64 = 12;

/// The most bytes that a picture's file may have.
pub const MAX_BYTES: u64 = 1 << 28;

/// A decoded picture.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture {
    /// Pixels of a row; not 0.
    pub width: u32,
    /// Rows; not 0.
    pub height: u32,
    /// Red, green, blue of each pixel, row by row.
    pub rgb: Vec<u8>,
}

/// The picture at `path` as a planar f32 input `[3][crop][crop]`.
///
/// # Errors
/// When the file cannot be read or is no whole picture of a reasonable size; the text begins with the path.
pub fn load(path: &Path, how: &Preprocess) -> Result<Vec<f32>, Error> {
    let bytes = read_file(path)?;
    decode(&bytes).and_then(|picture| how.apply(&picture)).map_err(|error| error.at(path.display()))
}

/// The bytes of the file at `path`.
///
/// # Errors
/// When it cannot be read or has more than [`MAX_BYTES`]; the text begins with the path.
pub fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let file = File::open(path).map_err(|error| unreadable(&error));
    file.and_then(|mut file| read(&mut file)).map_err(|error| error.at(path.display()))
}

/// The bytes of a picture from a stream.
///
/// # Errors
/// When it cannot be read or has more than [`MAX_BYTES`].
pub fn read(stream: &mut dyn Read) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    stream.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Error::new(format!("has more than {MAX_BYTES} bytes; give a smaller one")));
    }
    Ok(bytes)
}

fn unreadable(error: &io::Error) -> Error {
    Error::new(format!("cannot be read ({error})"))
}

/// Decodes a JPEG, PNG or WebP file, told apart by their first bytes.
///
/// # Errors
/// When it is none of them, or damaged, or larger than [`MAX_PIXELS`].
pub fn decode(bytes: &[u8]) -> Result<Picture, Error> {
    let picture = match bytes {
        [0xff, 0xd8, ..] => jpeg(bytes),
        [0x89, b'P', b'N', b'G', ..] => png(bytes),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp::decode(bytes),
        [] => Err(Error::new("is empty; give a JPEG, PNG or WebP picture")),
        _ => Err(Error::new("is neither a JPEG nor a PNG nor a WebP picture; convert it to one of them")),
    }?;
    if picture.rgb.len() as u64 != 3 * u64::from(picture.width) * u64::from(picture.height) {
        return Err(damaged("JPEG, PNG or WebP", "it has too few pixels"));
    }
    Ok(picture)
}

fn jpeg(bytes: &[u8]) -> Result<Picture, Error> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let fault = |error| damaged("JPEG", error);
    decoder.decode_headers().map_err(fault)?;
    let info = decoder.info().ok_or_else(|| damaged("JPEG", "it has no size"))?;
    let (width, height) = (u32::from(info.width), u32::from(info.height));
    check_size(width, height)?;
    // The decoder takes missing bits for zeros, so a file that was cut short shows by its missing end only.
    let last = |marker| bytes.windows(2).rposition(|pair| pair == [0xff, marker]);
    let (scan, end) = (last(0xda), last(0xd9));
    if end <= scan {
        return Err(damaged("JPEG", "its end is missing"));
    }
    Ok(Picture { width, height, rgb: decoder.decode().map_err(fault)? })
}

fn png(bytes: &[u8]) -> Result<Picture, Error> {
    let fault = |error| damaged("PNG", error);
    let mut decoder = png::Decoder::new(Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let (width, height) = decoder.read_header_info().map_err(fault)?.size();
    check_size(width, height)?;
    let mut reader = decoder.read_info().map_err(fault)?;
    let length = reader.output_buffer_size().ok_or_else(|| too_large(width, height))?;
    let mut pixels = vec![0; length];
    reader.next_frame(&mut pixels).map_err(fault)?;
    // The closing chunks tell whether the file is whole.
    reader.finish().map_err(fault)?;
    let rgb = match reader.output_color_type().0 {
        png::ColorType::Rgb => pixels,
        png::ColorType::Rgba => opaque(&pixels),
        png::ColorType::Grayscale => pixels.iter().flat_map(|&y| [y; 3]).collect(),
        png::ColorType::GrayscaleAlpha => {
            pixels.as_chunks::<2>().0.iter().flat_map(|&[y, _]| [y; 3]).collect()
        }
        png::ColorType::Indexed => return Err(damaged("PNG", "its palette was not expanded")),
    };
    Ok(Picture { width, height, rgb })
}

/// Red, green and blue of pixels with a fourth byte.
fn opaque(pixels: &[u8]) -> Vec<u8> {
    pixels.as_chunks::<4>().0.iter().flat_map(|&[r, g, b, _]| [r, g, b]).collect()
}

fn damaged(format: &str, reason: impl std::fmt::Display) -> Error {
    let reason = reason.to_string();
    Error::new(format!(
        "is a {format} picture that is cut short, damaged or of an unknown kind ({})",
        reason.trim()
    ))
}

/// Refuses a picture that is nothing, too large, or more than memory has room for.
fn check_size(width: u32, height: u32) -> Result<(), Error> {
    match u64::from(width) * u64::from(height) {
        0 => Err(Error::new(format!(
            "is a picture of {width} x {height} pixels, of which nothing can be seen"
        ))),
        pixels if pixels > MAX_PIXELS => Err(too_large(width, height)),
        pixels => memory::affords(PIXEL_BYTES * pixels),
    }
}

fn too_large(width: u32, height: u32) -> Error {
    Error::new(format!(
        "is a picture of {width} x {height} pixels; scale it down to at most {MAX_PIXELS} pixels in all"
    ))
}

impl Preprocess {
    /// Resizes, crops and normalises a picture to planar `[3][crop][crop]`.
    ///
    /// Sizes are rounded as torchvision rounds them: the long side down, the crop's corner to the nearest, halves to even.
    ///
    /// # Errors
    /// When the crop is larger than the short side, or nothing, or memory is short.
    pub fn apply(&self, picture: &Picture) -> Result<Vec<f32>, Error> {
        if self.crop > self.resize_short || self.crop == 0 {
            return Err(Error::usage(format!(
                "the model crops {} pixels from a short side of {}, which is impossible",
                self.crop, self.resize_short
            )));
        }
        let (width, height) = (u64::from(picture.width), u64::from(picture.height));
        let short = u64::from(self.resize_short);
        let long = width.max(height) * short / width.min(height).max(1);
        let size = if width <= height { (short, long) } else { (long, short) };
        let crop = u64::from(self.crop);
        let window = |side| {
            let corner = ((side - crop) as f64 / 2.0).round_ties_even() as u64;
            corner..corner + crop
        };
        // Rows between the two passes, pixels, and the planes.
        memory::affords(3 * crop * (u64::from(picture.height) + 5 * crop))?;
        let pixels = resize::resize(picture, size, window(size.0), window(size.1), self.filter);
        let mut planes = Vec::with_capacity(pixels.len());
        for colour in self.order.colours() {
            let (mean, std) = (self.mean[colour], self.std[colour]);
            let bytes = pixels.iter().skip(colour).step_by(3);
            planes.extend(bytes.map(|&byte| (f32::from(byte) / 255.0 - mean) / std));
        }
        Ok(planes)
    }
}

#[cfg(test)]
mod tests;
