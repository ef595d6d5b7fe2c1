//! Names the colours of pictures:
//!
//! ```console
//! cargo run --release -p tilewright-classify -- examples/data/flower.png
//! ```

use std::error::Error;
use tilewright_runtime::image;

tilewright_runtime::include_model!(colours);

// Known when this compiles, so that it does not compile when the model has grown.
const _: () = assert!(colours::ARENA_BYTES <= 256 << 10);

const LABELS: [&str; 6] = ["red", "green", "blue", "yellow", "white", "black"];

fn main() -> Result<(), Box<dyn Error>> {
    let model = colours::Model::new()?;
    let mut workspace = colours::Workspace::new()?;
    for path in std::env::args_os().skip(1) {
        let picture = image::load(path.as_ref(), &colours::INFO.preprocess)?;
        let shares: &[f32; 6] = model.run(&mut workspace, picture.as_slice().try_into()?);
        let mut ranking: Vec<(&str, &f32)> = LABELS.into_iter().zip(shares).collect();
        ranking.sort_by(|a, b| b.1.total_cmp(a.1));
        let best: Vec<String> = ranking
            .iter()
            .take(3)
            .map(|(label, share)| format!("{label} {:.0} %", **share * 100.0))
            .collect();
        println!("{}: {}", path.display(), best.join(", "));
    }
    Ok(())
}
