//! Names the colours of pictures:
//!
//! ```console
//! cargo run --release -p tilewright-classify -- examples/data/flower.png
//! ```

use std::error::Error;
use tilewright_runtime::{Ranked, image};

tilewright_runtime::include_model!(colours);

// Known when this compiles, so that it does not compile when the model has grown.
const _: () = assert!(colours::ARENA_BYTES <= 256 << 10);

fn main() -> Result<(), Box<dyn Error>> {
    let model = colours::Model::new()?;
    let mut workspace = colours::Workspace::new()?;
    for path in std::env::args_os().skip(1) {
        let picture = image::load(path.as_ref(), &colours::INFO.preprocess)?;
        let shares: &[f32; 6] = model.run(&mut workspace, picture.as_slice().try_into()?);
        let best: Vec<String> = colours::INFO.postprocess.apply(shares).iter().map(text).collect();
        println!("{}: {}", path.display(), best.join(", "));
    }
    Ok(())
}

fn text(colour: &Ranked) -> String {
    format!("{} {:.0} %", colour.label.unwrap_or("?"), colour.probability * 100.0)
}
