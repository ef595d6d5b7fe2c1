//! The main job from end to end: writes ResNet-50 v1.5 with made-up weights, compiles it to a standalone program, classifies
//! a picture, verifies every layer on every instruction set of this processor, measures, and prints one table.
//!
//! ```console
//! cargo run --release --example resnet50
//! ```
//!
//! Everything it writes is in `target/resnet50`; the build of the program is a clean one each time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use comfy_table::{Table, presets};
use tilewright::Options;
use tilewright::base::target::{ISAS, Isa};
use tilewright::cli::facts::{self, Facts};
use tilewright::cli::file::write_file;
use tilewright::cli::program::{Program, ProgramArgs};
use tilewright::cli::progress::Progress;
use tilewright::cli::verify::{self, Difference, IsaReport, Reference, Role};
use tilewright::ir::graph::Graph;
use tilewright::onnx::{LoadOptions, load_file};
use tilewright::zoo::{self, ZooOptions};

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace")?;
    let folder = root.join("target/resnet50");
    let progress = Progress::new();
    let graph = model(&folder, &progress)?;

    let built = folder.join("build");
    if built.exists() {
        fs::remove_dir_all(&built)?;
    }
    let options = Options {
        name: Some("resnet50".to_owned()),
        command: "cargo run --release --example resnet50".to_owned(),
        ..Options::default()
    };
    let args = ProgramArgs { target_dir: Some(built), static_libc: true, dynamic: false };
    let program = args.build(graph, options, &progress)?;
    let memory = compiler_memory();
    program.install(&folder.join("resnet50"))?;
    let facts = Facts::of(&program.compiled.source, &program.compiled.plan);
    let count = |name| facts.operators.get(name).copied().unwrap_or(0);
    let found = (facts.parameters, count("conv"), count("batch_norm"));
    ensure!(found == (25_557_032, 53, 53), "parameters, convolutions, normalisations: {found:?}");

    progress.clear();
    let picture = root.join("examples/data/flower.png");
    println!("{}", output(&program, &[picture.as_os_str(), "--top".as_ref(), "3".as_ref()])?.trim_end());

    let reports = verified(&program, &Progress::new())?;
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY).set_header(["ResNet-50 v1.5, 1 x 3 x 224 x 224", ""]);
    size_rows(&mut table, &program, &facts)?;
    let seconds = program.build_time.as_secs_f64();
    table.add_row(["clean build of the program".to_owned(), format!("{seconds:.1} s")]);
    table.add_row(["memory of the Rust compiler, at most".to_owned(), memory]);
    table.add_row(["start time".to_owned(), format!("{:.1} ms", program.start_time()?.as_secs_f64() * 1e3)]);
    for report in &reports {
        let name = format!("{}: largest difference of a layer / of the logits", report.isa.name);
        let off = |roles: &[Role]| report.worst(roles).map_or(0.0, Difference::relative);
        let (layer, logits) = (off(&[Role::Layer]), off(&[Role::Logits, Role::Output]));
        table.add_row([name, format!("{layer:.1e} / {logits:.1e}")]);
    }
    for report in &reports {
        bench_row(&mut table, &program, report.isa)?;
    }
    println!("\n{table}");
    let faults: Vec<String> = reports.iter().filter_map(IsaReport::fault).collect();
    ensure!(faults.is_empty(), "{}", faults.join("; "));
    Ok(())
}

/// Writes the network and reads it back.
fn model(folder: &Path, progress: &Progress) -> Result<Graph> {
    progress.say("making the network");
    fs::create_dir_all(folder)?;
    let path = folder.join("resnet50.onnx");
    let bytes = zoo::build("resnet50", &ZooOptions::default()).context("the zoo has a ResNet-50")?;
    write_file(&path, &bytes)?;
    Ok(load_file(&path, &LoadOptions::default())?)
}

/// Compares every layer with the reference evaluator on every instruction set that this processor has.
fn verified(program: &Program, progress: &Progress) -> Result<Vec<IsaReport>> {
    let inputs = verify::inputs(&program.compiled.source, &[], 0)?;
    let reference = Reference::evaluate(&program.compiled, &inputs, progress)?;
    let scratch = program.package.join("dump");
    let isas = ISAS.into_iter().filter(verify::available);
    let compare = |isa| verify::compare(&program.path, &program.compiled, &reference, isa, &scratch);
    let reports = isas.map(compare).collect();
    fs::remove_dir_all(scratch)?;
    reports
}

/// Rows about the plan, the source and the program.
fn size_rows(table: &mut Table, program: &Program, facts: &Facts) -> Result<()> {
    let compiled = &program.compiled;
    let (lines, bytes) = compiled
        .files
        .iter()
        .fold((0, 0), |(lines, bytes), file| (lines + file.text.lines().count(), bytes + file.text.len()));
    let isas = compiled.plan.isas.len();
    let rows = [
        ("parameters", facts::grouped(facts.parameters)),
        ("work", format!("{:.3} GFLOP", facts.flops as f64 * 1e-9)),
        ("nodes, steps", format!("{}, {}", facts.nodes, facts.steps)),
        ("kernels", format!("{} for each of {isas} instruction sets", facts.kernels)),
        ("memory of activations", facts::bytes(facts.arena as u64)),
        ("packed weights", facts::bytes(facts.weights as u64)),
        (
            "source",
            format!(
                "{} files, {} lines, {}",
                compiled.files.len(),
                facts::grouped(lines),
                facts::bytes(bytes as u64)
            ),
        ),
        ("program with weights", facts::bytes(program.size()?)),
    ];
    for (name, value) in rows {
        table.add_row([name.to_owned(), value]);
    }
    Ok(())
}

/// A row with the time for a picture and its ratio to what the peak of the same minute would allow.
fn bench_row(table: &mut Table, program: &Program, isa: Isa) -> Result<()> {
    let args = ["--bench", "--json", "--threads", "1", "--isa", isa.name].map(AsRef::as_ref);
    let report: serde_json::Value = serde_json::from_str(&output(program, &args)?)?;
    let number =
        |place: &str| report.pointer(place).and_then(serde_json::Value::as_f64).context(place.to_owned());
    let name = format!("{}: time per picture, 1 thread, least / median", isa.name);
    let value = format!(
        "{:.1} / {:.1} ms; {:.2} / {:.2} of the roofline at {:.0} GFLOP/s",
        number("/min/ms")?,
        number("/median/ms")?,
        number("/min/roofline_ratio")?,
        number("/median/roofline_ratio")?,
        number("/peak_gflops")?
    );
    table.add_row([name, value]);
    Ok(())
}

/// What the program prints.
fn output(program: &Program, args: &[&std::ffi::OsStr]) -> Result<String> {
    let path: &PathBuf = &program.path;
    let output = Command::new(path).args(args).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {}", output.status, errors.trim());
    Ok(String::from_utf8(output.stdout)?)
}

/// The memory of the largest process that was started until now. A process counts what this one used when it started it, so
/// this is a bound from above.
#[cfg(unix)]
fn compiler_memory() -> String {
    use nix::sys::resource::{UsageWho, getrusage};
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN);
    usage.map_or_else(|error| error.to_string(), |usage| facts::bytes(usage.max_rss() as u64 * unit))
}

#[cfg(not(unix))]
fn compiler_memory() -> String {
    "not measured".to_owned()
}
