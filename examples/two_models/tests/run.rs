//! Both models compute what they say, in memory of whatever origin, from any thread.

use std::path::Path;
use std::process::Command;
use tilewright_runtime::{AlignedBuf, LoadOptions, Network};
use tilewright_two_models::{colours, difference};

// Known when this compiles.
const _: () = assert!(colours::ARENA_BYTES > 0 && colours::WEIGHT_BYTES >= 4 * (6 * 27 + 6 + 36));
const _: () = assert!(colours::FLOPS >= 2 * 6 * 27 * 32 * 32 && colours::GRAPH_SHA256.len() == 64);
const _: () = assert!(difference::ARENA_BYTES >= 4 * 32 * 32);

/// A picture of one colour, normalised as the models want it.
fn plain(colour: [f32; 3]) -> Box<[f32; 3072]> {
    let how = colours::INFO.preprocess;
    let pixel = |i: usize| (colour[i / 1024] - how.mean[i / 1024]) / how.std[i / 1024];
    (0..3072).map(pixel).collect::<Vec<_>>().try_into().expect("as many")
}

#[test]
fn colours_are_told_apart() {
    let model = colours::Model::new().expect("a model");
    let mut workspace = colours::Workspace::new().expect("memory");
    let [o, l] = [0.0, 1.0];
    let pictures = [[l, o, o], [o, l, o], [o, o, l], [l, l, o], [l, l, l], [o, o, o]];
    for (class, colour) in pictures.into_iter().enumerate() {
        let shares = model.run(&mut workspace, &plain(colour));
        let best = (0..6).max_by(|&a, &b| shares[a].total_cmp(&shares[b]));
        assert_eq!(best, Some(class), "{colour:?}: {shares:?}");
        assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{shares:?}");
    }
}

#[test]
fn inputs_and_outputs_have_names() {
    let model = difference::Model::new().expect("a model");
    let mut workspace = difference::Workspace::new().expect("memory");
    let (left, right) = (plain([1.0, 0.0, 0.0]), plain([0.0, 0.0, 1.0]));
    let inputs = difference::Inputs { left: &left, right: &right };
    let difference::Outputs { distance, map } = model.run(&mut workspace, &inputs);
    // (1 / std)^2 for red and for blue, over three colours.
    let want = (0.229f32.powi(-2) + 0.225f32.powi(-2)) / 3.0;
    assert!(map.iter().chain(distance).all(|x| (x - want).abs() < 1e-4 * want), "{want}: {distance:?}");
    let same = difference::Inputs { left: &left, right: &left };
    assert_eq!(model.run(&mut workspace, &same).distance, &[0.0]);
}

#[test]
fn a_model_is_shared_by_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<colours::Model>();
    shared::<colours::Workspace>();
    let model = colours::Model::new().expect("a model");
    let picture = plain([0.2, 0.5, 0.3]);
    let runs = std::thread::scope(|scope| {
        let run = || {
            let mut workspace = colours::Workspace::new().expect("memory");
            model.run(&mut workspace, &picture).map(f32::to_bits)
        };
        [scope.spawn(run), scope.spawn(run)].map(|thread| thread.join().expect("a result"))
    });
    assert_eq!(runs[0], runs[1]);
}

#[test]
fn memory_may_be_the_callers() {
    let model = colours::Model::new().expect("a model");
    let picture = plain([0.2, 0.5, 0.3]);
    let mut own = colours::Workspace::new().expect("memory");
    let want = *model.run(&mut own, &picture);
    let floats = colours::ARENA_BYTES / 4;
    let mut memory = AlignedBuf::try_new(floats + 16).expect("memory");
    memory.fill(f32::NAN);
    let mut workspace = colours::Workspace::over(&mut memory).expect("enough");
    assert_eq!(model.run(&mut workspace, &picture), &want);
    let error = colours::Workspace::over(&mut memory[4..]).expect_err("not aligned").to_string();
    assert!(error.contains("16 bytes behind a multiple of 64; begin 12 floats later"), "{error}");
    let error = colours::Workspace::over(&mut memory[..floats - 3]).expect_err("too short").to_string();
    assert!(error.contains("colours") && error.contains(&format!("needs {floats}")), "{error}");
    assert!(error.ends_with(": 3 more"), "{error}");
}

#[test]
fn embedded_weights_are_whole_and_may_be_replaced() {
    let model = colours::Model::new().expect("a model");
    model.check_weights().expect("whole weights");
    let other = difference::Model::new().expect("a model");
    other.check_weights().expect("whole weights");
    let file = Path::new(env!("OUT_DIR")).join("tilewright/difference/weights.bin");
    assert!(difference::Model::with_weights(&file).is_ok());
    let error = colours::Model::with_weights(&file).err().expect("weights of another model").to_string();
    assert!(error.contains("another model"), "{error}");
    let options = LoadOptions { threads: 2, ..LoadOptions::default() };
    assert_eq!(colours::Model::with_options(&options).expect("a model").threads(), 2);
}

#[test]
fn the_program_compares_two_pictures() {
    let flower = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/flower.png");
    let mut program = Command::new(env!("CARGO_BIN_EXE_tilewright-two-models"));
    let output = program.args([&flower, &flower]).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(said, "blue\nblue\nthey differ by 0.000 on average, by 0.000 at most\n");
}
