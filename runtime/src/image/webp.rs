//! WebP files.

use super::{Picture, check_size, damaged, opaque, too_large};
use crate::Error;
use image_webp::WebPDecoder;
use std::io::Cursor;

/// Bytes of the header that the length in it does not count (RFC 9649, section 2.4).
const UNCOUNTED: u64 = 8;

/// Most bytes of the chunks that say nothing about pixels.
const MOST_METADATA: usize = 1 << 24;

/// Decodes a file that begins as WebP files do; of an animation the first picture.
pub(super) fn decode(bytes: &[u8]) -> Result<Picture, Error> {
    let fault = |error| damaged("WebP", error);
    let length = bytes.get(4..8).and_then(|length| length.try_into().ok()).map_or(0, u32::from_le_bytes);
    if (bytes.len() as u64) < u64::from(length) + UNCOUNTED {
        return Err(damaged("WebP", "its end is missing"));
    }
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(fault)?;
    decoder.set_memory_limit(MOST_METADATA);
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    let size = decoder.output_buffer_size().ok_or_else(|| too_large(width, height))?;
    let mut pixels = vec![0; size];
    decoder.read_image(&mut pixels).map_err(fault)?;
    let rgb = if decoder.has_alpha() { opaque(&pixels) } else { pixels };
    Ok(Picture { width, height, rgb })
}
