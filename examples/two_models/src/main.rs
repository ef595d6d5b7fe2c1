//! Says of two pictures which colour each has most of, and how different they are:
//!
//! ```console
//! cargo run --release -p tilewright-two-models -- LEFT.png RIGHT.png
//! ```

use std::error::Error;
use tilewright_runtime::image;
use tilewright_two_models::{LABELS, colours, difference};

fn main() -> Result<(), Box<dyn Error>> {
    let paths: Vec<_> = std::env::args_os().skip(1).collect();
    let [left, right] = &paths[..] else { return Err("name two pictures".into()) };
    let [left, right] = [left, right].map(|path| image::load(path.as_ref(), &colours::INFO.preprocess));
    let (left, right) = (left?, right?);

    let model = colours::Model::new()?;
    let mut workspace = colours::Workspace::new()?;
    for picture in [&left, &right] {
        let shares = model.run(&mut workspace, picture.as_slice().try_into()?);
        let most = (0..LABELS.len()).max_by(|&a, &b| shares[a].total_cmp(&shares[b]));
        println!("{}", LABELS[most.unwrap_or(0)]);
    }

    // Several inputs and outputs are structs, so that none is taken for another. This model runs in memory of ours.
    let model = difference::Model::new()?;
    let mut memory = tilewright_runtime::AlignedBuf::try_new(difference::ARENA_BYTES / 4)?;
    let mut workspace = difference::Workspace::over(&mut memory)?;
    let inputs = difference::Inputs { left: left[..].try_into()?, right: right[..].try_into()? };
    let difference::Outputs { distance: [distance], map } = model.run(&mut workspace, &inputs);
    let largest = map.iter().copied().fold(0.0, f32::max);
    println!("they differ by {distance:.3} on average, by {largest:.3} at most");
    Ok(())
}
