//! A trained network, from files to labels: EfficientNet-Lite0 in `../shared`, which is optional.
//!
//! All its convolutions are direct: its 3x3 ones are depthwise or have stride 2, so Winograd's algorithm has no place.

use super::{succeed, text};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tilewright_runtime::{Isa, npy};

/// Pictures, and the ImageNet classes that they show: tiger cat, espresso, missile, football helmet.
const PICTURES: [(&str, &str, usize); 4] =
    [("chelsea", "jpg", 282), ("coffee", "png", 967), ("rocket", "jpg", 657), ("astronaut", "jpg", 560)];

/// `(x - 127) / 128` for bytes, where the program has them between 0 and 1.
const MEAN: &str = "0.49803922,0.49803922,0.49803922";
const STD: &str = "0.5019608,0.5019608,0.5019608";

/// Largest difference of a logit to onnxruntime's, relative to the largest logit.
const LOGITS: f64 = 1e-4;

fn shared(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(path)
}

fn start(program: &Path, args: &[&Path]) -> Output {
    let output = Command::new(program).args(args).output().expect("it starts");
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    output
}

/// The class with the largest score.
fn best(logits: &[f32]) -> usize {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("classes")
}

#[test]
fn efficientnet_knows_four_pictures() {
    let model = shared("models/efficientnet_lite0.onnx");
    if !model.exists() {
        println!("skipped: there is no {}", model.display());
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("efficientnet");
    let path = |path: &Path| path.to_str().expect("text").to_owned();
    let (model, bin) = (path(&model), path(&program));
    let build = ["build", &model, "-o", &bin, "--target-dir", super::programs::TARGET];
    let picture = ["--filter", "bicubic", "--mean", MEAN, "--std", STD];
    succeed(folder.path(), &[&build[..], &picture[..]].concat());

    for isa in [Isa::Portable, Isa::Avx2, Isa::Avx512] {
        if !isa.available() {
            println!("skipped: this processor has no {}", isa.name());
            continue;
        }
        for (name, _, class) in PICTURES {
            let recorded = |what: &str| shared(&format!("models/efficientnet_lite0.{name}.{what}.npy"));
            let written = folder.path().join("y.npy");
            let isa_args = [Path::new("--isa"), Path::new(isa.name())];
            let files = [Path::new("--input"), &recorded("input"), Path::new("--output"), &written];
            start(&program, &[&isa_args[..], &files[..]].concat());
            let got = npy::read(&written).expect("logits").floats;
            let want = npy::read(&recorded("output")).expect("logits").floats;
            assert_eq!(got.len(), want.len());
            let largest = want.iter().fold(0.0, |most: f64, x| most.max(f64::from(x.abs())));
            let apart = got.iter().zip(&want).map(|(got, want)| f64::from(got - want).abs());
            let apart = apart.fold(0.0, f64::max) / largest;
            println!("{name}, {}: logits are off by {apart:.1e} of the largest", isa.name());
            assert!(apart <= LOGITS, "{name}, {}: {apart:.1e}", isa.name());
            assert_eq!((best(&got), best(&want)), (class, class), "{name}, {}", isa.name());
        }
    }

    // The whole way: the file is decoded, resized, cut and normalised by the program itself.
    for (name, end, class) in PICTURES {
        let file = shared(&format!("images/{name}.{end}"));
        let said = text(&start(&program, &[&file, Path::new("--top"), Path::new("1")]).stdout);
        let first = said.lines().nth(1).unwrap_or_default().trim();
        println!("{name}: {first}");
        assert!(first.starts_with(&format!("1  {class} ")), "{said}");
    }
}
