//! Writes the little models that other examples compile:
//!
//! ```console
//! cargo run -p tilewright-examples --example models
//! ```

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    for (path, bytes) in tilewright_examples::models::files() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        std::fs::write(&file, &bytes)?;
        println!("{}: {} bytes", file.display(), bytes.len());
    }
    Ok(())
}
