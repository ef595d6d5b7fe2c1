//! Draws the picture that the other examples classify, so that it is ours to give away:
//!
//! ```console
//! cargo run --release --example picture
//! ```

use std::error::Error;
use std::fs::File;
use std::path::Path;

const WIDTH: u32 = 320;
const HEIGHT: u32 = 256;

/// Circles, from back to front: centre, radius, colour. The last ones lie like the petals and the heart of a flower.
const CIRCLES: [([f32; 2], f32, [f32; 3]); 10] = [
    ([262.0, 52.0], 27.0, [1.00, 0.93, 0.55]),
    ([60.0, 250.0], 90.0, [0.16, 0.42, 0.20]),
    ([250.0, 275.0], 120.0, [0.20, 0.50, 0.22]),
    ([150.0, 92.0], 34.0, [0.85, 0.20, 0.35]),
    ([189.0, 120.0], 34.0, [0.90, 0.30, 0.30]),
    ([174.0, 166.0], 34.0, [0.80, 0.18, 0.40]),
    ([126.0, 166.0], 34.0, [0.88, 0.25, 0.38]),
    ([111.0, 120.0], 34.0, [0.83, 0.22, 0.30]),
    ([150.0, 132.0], 30.0, [0.98, 0.78, 0.15]),
    ([143.0, 124.0], 9.0, [1.00, 0.92, 0.50]),
];

/// The colour of a point: sky that darkens upwards, then the circles, each darker to its lower right.
fn colour(x: f32, y: f32) -> [f32; 3] {
    let height = y / HEIGHT as f32;
    let mut colour = [0.25 + 0.5 * height, 0.5 + 0.4 * height, 0.9];
    for ([cx, cy], radius, paint) in CIRCLES {
        let (dx, dy) = ((x - cx) / radius, (y - cy) / radius);
        // A soft edge, one pixel wide.
        let cover = ((1.0 - dx.hypot(dy)) * radius + 0.5).clamp(0.0, 1.0);
        let light = 1.0 - 0.18 * (dx + dy + 1.0);
        for (channel, paint) in colour.iter_mut().zip(paint) {
            *channel += cover * ((paint * light).clamp(0.0, 1.0) - *channel);
        }
    }
    colour
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/flower.png");
    let points = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| colour(x as f32, y as f32)));
    let bytes: Vec<u8> = points.flatten().map(|channel| (255.0 * channel).round() as u8).collect();
    let mut encoder = png::Encoder::new(File::create(&path)?, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    encoder.write_header()?.write_image_data(&bytes)?;
    println!("{}", path.display());
    Ok(())
}
