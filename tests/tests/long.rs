//! Long graphs are compiled in time that grows with their length, not with its square.

use std::collections::{BTreeMap, BTreeSet};
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::report::explain;
use tilewright::report::facts::Facts;
use tilewright::report::html::{self, Subject};
use tilewright::schedule::memory;
use tilewright::schedule::plan::{Buffer, BufferId, Place, Plan};
use tilewright::{Compiled, Options, compile};
use tilewright_tests::long::{FAMILIES, Family};

fn compiled(family: &Family, nodes: usize) -> Compiled {
    let bytes = (family.model)(nodes).bytes();
    let graph = load("long.onnx", bytes.into(), &LoadOptions::default(), &NoExternalData);
    let compiled = graph.and_then(|graph| compile(graph, &Options::default()));
    compiled.unwrap_or_else(|error| panic!("{}: {error}", family.name))
}

/// The page about a network.
fn page(Compiled { source, graph, report, plan, tuning, .. }: &Compiled) -> String {
    html::page(&Subject {
        file: "long.onnx",
        source,
        plan,
        tuning,
        explanation: &explain(source, graph, report, plan),
        facts: &Facts::of(source, plan),
        source_bytes: &BTreeMap::new(),
        profile: None,
        errors: None,
    })
}

/// What [`Plan::sources`] gives for a step, by going through all that came before.
fn sources(plan: &Plan, step: usize) -> Vec<usize> {
    let range = |id: BufferId| {
        let (mut root, mut start) = (id, 0);
        while let Some(whole) = plan.buffer(root).whole {
            (root, start) = (whole.id, start + whole.at);
        }
        (root, start..start + plan.buffer(id).len)
    };
    let Some((_, reads)) = plan.steps[step].args.split_last() else { return Vec::new() };
    let scratch = plan.scratch_of(&plan.steps[step]);
    let mut found = BTreeSet::new();
    for &id in reads.iter().filter(|id| Some(**id) != scratch) {
        let (root, read) = range(id);
        for writer in (0..step).rev() {
            let Some(&target) = plan.steps[writer].args.last() else { continue };
            let (of, written) = range(target);
            if of == root && written.start < read.end && read.start < written.end {
                found.insert(writer);
                if written.start <= read.start && read.end <= written.end {
                    break;
                }
            }
        }
    }
    found.into_iter().collect()
}

#[test]
fn graphs_of_every_family() {
    for family in FAMILIES {
        let compiled = compiled(family, 300);
        let plan = &compiled.plan;
        assert!(!plan.steps.is_empty(), "{}", family.name);
        let naive: Vec<Vec<usize>> = (0..plan.steps.len()).map(|step| sources(plan, step)).collect();
        assert_eq!(plan.sources(), naive, "{}", family.name);
        assert!(page(&compiled).ends_with("</html>"), "{}", family.name);
    }
}

/// What was quadratic once would take minutes here.
#[test]
fn a_hundred_thousand_nodes() {
    let find = |name: &str| FAMILIES.iter().find(|family| family.name == name).expect("a family");
    let steps = |compiled: &Compiled| compiled.plan.steps.len();
    assert_eq!(steps(&compiled(find("relus"), 100_000)), 1);
    assert!(steps(&compiled(find("activations behind pools"), 100_000)) > 50_000);
    let residuals = compiled(find("residuals"), 100_000);
    assert!(steps(&residuals) > 33_333);
    let page = page(&residuals);
    assert!(page.matches("<tr id=").count() == steps(&residuals), "a row for each step");
}

/// Beyond some number of buffers that live together, the rest is placed on top; the plan stays sound.
#[test]
fn many_buffers_that_live_together() {
    let buffer = |i: usize| Buffer {
        name: format!("b{i}"),
        shape: vec![16],
        map: None,
        len: 16 * (1 + i % 3),
        place: Place::Arena(0),
        live: (i % 100, 10_000 + i),
        whole: None,
    };
    let mut buffers: Vec<Buffer> = (0..10_000).map(buffer).collect();
    let arena = memory::place(&mut buffers);
    // All are alive in the end: none can share.
    assert_eq!(arena, buffers.iter().map(|buffer| buffer.len).sum::<usize>());
    assert_eq!(memory::verify(&buffers, arena), [""; 0]);
    buffers[9_999].place = buffers[0].place;
    let faults = memory::verify(&buffers, arena);
    assert!(
        faults.iter().any(|fault| fault.contains("b9999") && fault.contains("both are alive")),
        "{faults:?}"
    );
}
