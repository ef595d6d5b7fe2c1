//! Compiles long graphs and says what each stage of the compiler took, in milliseconds.
//!
//! ```console
//! cargo run --release -p tilewright-tests --example long -- 100000 [FAMILY]
//! ```

use std::collections::BTreeMap;
use std::time::Instant;
use tilewright::base::target::ISAS;
use tilewright::emit::{self, EmitOptions, Form, RuntimeDep, Weights};
use tilewright::ir::{hash, reference};
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::passes::{self, Moment};
use tilewright::report::explain;
use tilewright::report::facts::Facts;
use tilewright::report::html::{Subject, page};
use tilewright::schedule::choose::Choice;
use tilewright::schedule::lower;
use tilewright::schedule::tuning::Tuning;
use tilewright::weights::pack;
use tilewright_tests::long::FAMILIES;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let nodes: usize = args.first().map_or(10_000, |text| text.parse().expect("a number of nodes"));
    let families = FAMILIES.iter().filter(|family| args.get(1).is_none_or(|name| family.name.contains(name)));
    for family in families {
        let bytes = (family.model)(nodes).bytes();
        println!("{} of {nodes} nodes, {} bytes", family.name, bytes.len());
        match stages(bytes) {
            Ok(summary) => println!("  {summary}"),
            Err(error) => println!("  refused: {}", error.chars().take(300).collect::<String>()),
        }
    }
}

/// Every stage, one after the other.
fn stages(bytes: Vec<u8>) -> Result<String, String> {
    let text = |error: tilewright::base::diag::Error| error.to_string();
    let mut clock = Clock(Instant::now());
    let graph = load("long.onnx", bytes.into(), &LoadOptions::default(), &NoExternalData);
    clock.lap("import");
    let source = graph.map_err(text)?;
    let imported = source.clone();
    let hash = hash::graph_hash(&source);
    clock.lap("hash");
    let (graph, report) = passes::run_some(source, passes::PASSES, |pass, moment, _| match moment {
        Moment::Before => clock.lap("verify graph"),
        Moment::After => clock.lap(pass.name),
    })
    .map_err(text)?;
    clock.lap("verify graph");
    let (plan, _) = lower::plan(&graph, hash, &ISAS, Choice::Fast, &Tuning::default()).map_err(text)?;
    clock.lap("lower and place");
    assert_eq!(plan.verify(), Vec::<String>::new());
    clock.lap("verify plan");
    let peak = plan.peak();
    clock.lap("peak");
    let explanation = explain(&imported, &graph, &report, &plan);
    clock.lap("explain");
    let page = page(&Subject {
        file: "long.onnx",
        source: &imported,
        plan: &plan,
        tuning: &Tuning::default(),
        explanation: &explanation,
        facts: &Facts::of(&imported, &plan),
        source_bytes: &BTreeMap::new(),
        profile: None,
        errors: None,
    });
    clock.lap("page");
    let options = EmitOptions {
        name: "long".into(),
        form: Form::Crate,
        c_abi: false,
        tests: false,
        benches: false,
        command: String::new(),
        weights: Weights::Embed,
        runtime: RuntimeDep::Registry,
        standalone: true,
        preprocess: tilewright::Preprocess::IMAGENET,
        scores: tilewright::emit::Scores { softmax: false, top: 0, labels: Vec::new() },
        limits: tilewright::Limits::default(),
    };
    let files = emit::files(&plan, &options).map_err(text)?;
    clock.lap("emit");
    let weights = pack::file(&plan, |id| reference::constant(&graph, id)).map_err(text)?;
    clock.lap("pack");
    let bytes: usize = files.iter().map(|file| file.text.len()).sum();
    Ok(format!(
        "{} steps, {} kernels, arena {}, peak {peak:?}, {bytes} bytes of text, {} of weights, {} of the page",
        plan.steps.len(),
        plan.kernels.len(),
        plan.arena,
        weights.len(),
        page.len()
    ))
}

/// Says what took longer than it should.
struct Clock(Instant);

impl Clock {
    fn lap(&mut self, stage: &str) {
        let took = self.0.elapsed().as_millis();
        if took > 50 {
            println!("  {took:>7} {stage}");
        }
        self.0 = Instant::now();
    }
}
