//! Pictures made on the spot, and JPEG fixtures of one gradient; resizing against its definition.

use super::*;
use crate::Filter;

/// Width and height of the gradient in tests/data; the fixtures were saved at quality 95.
const SIZE: (u32, u32) = (24, 16);

fn gradient(x: u32, y: u32) -> [u8; 3] {
    [(x * 10) as u8, (y * 16) as u8, 128]
}

fn picture(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Picture {
    let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y));
    Picture { width, height, rgb: rgb.collect() }
}

/// A PNG file of these samples; without samples only its header.
fn png_file(size: (u32, u32), color: png::ColorType, depth: png::BitDepth, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, size.0, size.1);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == png::ColorType::Indexed {
        encoder.set_palette(vec![10, 20, 30, 40, 50, 60]);
    }
    let mut writer = encoder.write_header().unwrap();
    if !samples.is_empty() {
        writer.write_image_data(samples).unwrap();
        writer.finish().unwrap();
    } else {
        // Dropping the writer would close the file.
        std::mem::forget(writer);
    }
    file
}

#[test]
fn each_kind_of_png_becomes_rgb() {
    use png::{BitDepth, ColorType};
    // Two pixels each.
    let cases: [(ColorType, BitDepth, &[u8], [u8; 6]); 8] = [
        (ColorType::Rgb, BitDepth::Eight, &[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]),
        (ColorType::Rgba, BitDepth::Eight, &[1, 2, 3, 0, 4, 5, 6, 99], [1, 2, 3, 4, 5, 6]),
        (ColorType::Grayscale, BitDepth::Eight, &[7, 8], [7, 7, 7, 8, 8, 8]),
        (ColorType::GrayscaleAlpha, BitDepth::Eight, &[7, 0, 8, 9], [7, 7, 7, 8, 8, 8]),
        (ColorType::Grayscale, BitDepth::One, &[0b0100_0000], [0, 0, 0, 255, 255, 255]),
        (ColorType::Indexed, BitDepth::Eight, &[1, 0], [40, 50, 60, 10, 20, 30]),
        (ColorType::Grayscale, BitDepth::Sixteen, &[7, 200, 8, 1], [7, 7, 7, 8, 8, 8]),
        (ColorType::Rgb, BitDepth::Sixteen, &[1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 9], [1, 2, 3, 4, 5, 6]),
    ];
    for (color, depth, samples, want) in cases {
        let picture = decode(&png_file((2, 1), color, depth, samples)).unwrap();
        assert_eq!(
            (picture.width, picture.height, &picture.rgb[..]),
            (2, 1, &want[..]),
            "{color:?} {depth:?}"
        );
    }
}

#[test]
fn each_kind_of_jpeg_becomes_rgb() {
    let grey = |x, y| {
        let [r, g, b] = gradient(x, y).map(f64::from);
        [(0.299 * r + 0.587 * g + 0.114 * b).round() as u8; 3]
    };
    // The progressive fixture has its chroma halved, so colours differ by up to the step of the gradient.
    type Pixel = fn(u32, u32) -> [u8; 3];
    let cases: [(&str, &[u8], Pixel, u8); 4] = [
        ("baseline", include_bytes!("../../tests/data/gradient.jpg"), gradient, 8),
        ("progressive", include_bytes!("../../tests/data/gradient_progressive.jpg"), gradient, 24),
        ("grey", include_bytes!("../../tests/data/gradient_grey.jpg"), grey, 8),
        ("CMYK", include_bytes!("../../tests/data/gradient_cmyk.jpg"), gradient, 8),
    ];
    for (name, file, want, tolerance) in cases {
        let got = decode(file).unwrap();
        let want = picture(SIZE.0, SIZE.1, want);
        assert_eq!((got.width, got.height), SIZE, "{name}");
        let worst = got.rgb.iter().zip(&want.rgb).map(|(&a, &b)| a.abs_diff(b)).max().unwrap();
        assert!(worst <= tolerance, "{name} is off by {worst}");
    }
}

/// Pictures of the gradient: lossy, without loss, with transparency, the first of two.
const WEBP: [(&str, &[u8], u8); 4] = [
    ("lossy", include_bytes!("../../tests/data/gradient.webp"), 24),
    ("lossless", include_bytes!("../../tests/data/gradient_lossless.webp"), 0),
    ("transparent", include_bytes!("../../tests/data/gradient_alpha.webp"), 24),
    ("animated", include_bytes!("../../tests/data/gradient_animated.webp"), 0),
];

#[test]
fn each_kind_of_webp_becomes_rgb() {
    let want = picture(SIZE.0, SIZE.1, gradient);
    for (name, file, tolerance) in WEBP {
        let got = decode(file).unwrap();
        assert_eq!((got.width, got.height), SIZE, "{name}");
        let worst = got.rgb.iter().zip(&want.rgb).map(|(&a, &b)| a.abs_diff(b)).max().unwrap();
        assert!(worst <= tolerance, "{name} is off by {worst}");
    }
}

#[test]
fn files_and_pictures_have_a_largest_size() {
    let error = read(&mut io::repeat(0)).unwrap_err().to_string();
    assert!(error.contains("more than 268435456 bytes"), "{error}");
    // 16383 x 16383 pixels in the header of a WebP file without loss: 14 bits each, less 1.
    let mut bomb = WEBP[1].1.to_vec();
    bomb[21..25].copy_from_slice(&(0x3ffeu32 | 0x3ffe << 14).to_le_bytes());
    let error = decode(&bomb).unwrap_err().to_string();
    assert!(error.contains("16383 x 16383 pixels; scale it down"), "{error}");
}

#[test]
fn what_is_no_whole_picture_is_an_error() {
    use png::{BitDepth::Eight, ColorType::Rgb};
    let whole_png = png_file((2, 2), Rgb, Eight, &[9; 12]);
    let whole_jpeg = include_bytes!("../../tests/data/gradient.jpg");
    assert!(decode(&whole_png).is_ok() && decode(whole_jpeg).is_ok());
    let mut flipped = whole_png.clone();
    let middle = flipped.len() - 20;
    flipped[middle] ^= 0x10;
    // A JPEG that says it has no rows.
    let mut flat = whole_jpeg.to_vec();
    let frame = flat.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    flat[frame + 5..frame + 7].fill(0);
    let cases: [(&str, &[u8], &str); 11] = [
        ("empty", b"", "is empty"),
        ("no WebP", b"RIFF\x04\0\0\0WAVE", "neither a JPEG nor a PNG nor a WebP"),
        ("only a WebP's head", b"RIFF\x04\0\0\0WEBP", "WebP picture that is cut short"),
        ("text", b"GIF89a and so on", "neither a JPEG nor a PNG"),
        ("only a signature", &whole_png[..8], "PNG picture that is cut short"),
        ("half a PNG", &whole_png[..whole_png.len() / 2], "PNG picture that is cut short"),
        ("a PNG without its end", &whole_png[..whole_png.len() - 12], "PNG picture that is cut short"),
        ("a damaged PNG", &flipped, "PNG picture that is cut short, damaged"),
        ("half a JPEG", &whole_jpeg[..whole_jpeg.len() / 2], "JPEG picture that is cut short"),
        ("a flat JPEG", &flat, "picture"),
        (
            "an enormous PNG",
            &png_file((1 << 16, 1 << 16), Rgb, Eight, &[]),
            "65536 x 65536 pixels; scale it down",
        ),
    ];
    for (name, bytes, message) in cases {
        let error = decode(bytes).err().unwrap_or_else(|| panic!("{name} was accepted")).to_string();
        assert!(error.contains(message), "{name}: {error}");
    }
}

#[test]
fn no_prefix_of_a_picture_panics_or_passes() {
    let png = png_file((4, 4), png::ColorType::Rgb, png::BitDepth::Eight, &[77; 48]);
    for length in 0..png.len() {
        assert!(decode(&png[..length]).is_err(), "{length} bytes of a PNG");
    }
    let jpeg = include_bytes!("../../tests/data/gradient.jpg");
    for length in 0..jpeg.len() {
        assert!(decode(&jpeg[..length]).is_err(), "{length} of {} bytes of a JPEG", jpeg.len());
    }
    for (name, file, _) in WEBP {
        for length in 0..file.len() {
            assert!(decode(&file[..length]).is_err(), "{length} of {} bytes, {name}", file.len());
        }
    }
}

#[test]
fn no_changed_byte_panics() {
    let png = png_file((4, 4), png::ColorType::Rgb, png::BitDepth::Eight, &[77; 48]);
    let progressive = include_bytes!("../../tests/data/gradient_progressive.jpg");
    let others = [&png[..], include_bytes!("../../tests/data/gradient.jpg"), progressive];
    for file in others.into_iter().chain(WEBP.map(|(_, file, _)| file)) {
        for at in 0..file.len() {
            for change in [0x10, 0xff] {
                let mut file = file.to_vec();
                file[at] ^= change;
                // Many changes make another picture, which is then whole.
                if let Ok(picture) = decode(&file) {
                    assert!(PLAIN.apply(&picture).is_ok());
                }
            }
        }
    }
}

#[test]
fn errors_of_files_name_them() {
    let missing = load(Path::new("no/such/cat.jpg"), &Preprocess::IMAGENET).unwrap_err().to_string();
    assert!(missing.starts_with("no/such/cat.jpg: cannot be read"), "{missing}");
    let source = load(Path::new(file!()), &Preprocess::IMAGENET);
    assert!(source.is_err());
}

const PLAIN: Preprocess =
    Preprocess { resize_short: 8, crop: 8, mean: [0.0; 3], std: [1.0; 3], ..Preprocess::IMAGENET };

#[test]
fn crops_the_middle_and_normalises_to_planes() {
    // 11 - 4 leaves 7 and 5: halves 3.5 and 2.5 go to 4 and 2.
    let how = Preprocess { resize_short: 9, crop: 4, mean: [0.5, 0.25, 0.0], std: [0.5, 0.25, 2.0], ..PLAIN };
    let source = picture(11, 9, |x, y| [x as u8, y as u8, 100]);
    let planes = how.apply(&source).unwrap();
    assert_eq!(planes.len(), 48);
    for (i, &got) in planes.iter().enumerate() {
        let (channel, y, x) = (i / 16, i / 4 % 4, i % 4);
        let byte = [x as f32 + 4.0, y as f32 + 2.0, 100.0][channel];
        assert_eq!(got, (byte / 255.0 - how.mean[channel]) / how.std[channel]);
    }
}

#[test]
fn blue_comes_first_with_its_own_mean() {
    let how = Preprocess { mean: [0.5, 0.25, 0.0], std: [0.5, 0.25, 2.0], ..PLAIN };
    let bgr = Preprocess { order: crate::ChannelOrder::Bgr, ..how };
    let source = picture(8, 8, |x, y| [x as u8, y as u8, 100]);
    let [rgb, bgr] = [how, bgr].map(|how| how.apply(&source).unwrap());
    assert_eq!(bgr, [&rgb[128..], &rgb[64..128], &rgb[..64]].concat());
}

#[test]
fn a_crop_larger_than_the_picture_is_an_error() {
    for crop in [0, 9] {
        let error = Preprocess { crop, ..PLAIN }.apply(&picture(9, 9, gradient)).unwrap_err().to_string();
        assert!(error.contains("impossible"), "{error}");
    }
}

#[test]
fn an_elongated_picture_costs_no_more_than_its_middle() {
    let planes = PLAIN.apply(&picture(1, 1 << 20, |_, _| [255; 3])).unwrap();
    assert!(planes.len() == 192 && planes.iter().all(|&x| x == 1.0));
}

/// tests/data/noise.png (40 x 30 random pixels) resized by Pillow 13.0, one file for each size and filter.
#[test]
fn resizes_to_the_very_bits_of_pillow() {
    let source = decode(include_bytes!("../../tests/data/noise.png")).unwrap();
    let cases: [(&[u8], Filter); 6] = [
        (include_bytes!("../../tests/data/noise_17x13_bilinear.png"), Filter::Bilinear),
        (include_bytes!("../../tests/data/noise_17x13_bicubic.png"), Filter::Bicubic),
        (include_bytes!("../../tests/data/noise_40x11_bilinear.png"), Filter::Bilinear),
        (include_bytes!("../../tests/data/noise_40x11_bicubic.png"), Filter::Bicubic),
        (include_bytes!("../../tests/data/noise_53x47_bilinear.png"), Filter::Bilinear),
        (include_bytes!("../../tests/data/noise_53x47_bicubic.png"), Filter::Bicubic),
    ];
    for (file, filter) in cases {
        let want = decode(file).unwrap();
        let (width, height) = (u64::from(want.width), u64::from(want.height));
        let got = resize::resize(&source, (width, height), 0..width, 0..height, filter);
        assert!(got == want.rgb, "{filter:?} to {width} x {height}");
        // A window of it is the same as a part of the whole.
        let part = resize::resize(&source, (width, height), 3..9, 2..5, filter);
        let row = |y: usize| &want.rgb[(y * width as usize + 3) * 3..][..18];
        assert_eq!(part, [row(2), row(3), row(4)].concat());
    }
}
