//! Long graphs are compiled in time that grows with their length, not with its square.

use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::schedule::memory;
use tilewright::schedule::plan::{Buffer, Place};
use tilewright::{Options, compile};
use tilewright_tests::long::{FAMILIES, Family};

fn steps(family: &Family, nodes: usize) -> usize {
    let bytes = (family.model)(nodes).bytes();
    let graph = load("long.onnx", bytes.into(), &LoadOptions::default(), &NoExternalData);
    let compiled = graph.and_then(|graph| compile(graph, &Options::default()));
    compiled.unwrap_or_else(|error| panic!("{}: {error}", family.name)).plan.steps.len()
}

#[test]
fn graphs_of_every_family() {
    for family in FAMILIES {
        assert!(steps(family, 300) > 0, "{}", family.name);
    }
}

/// What was quadratic once would take minutes here.
#[test]
fn a_hundred_thousand_nodes() {
    let find = |name: &str| FAMILIES.iter().find(|family| family.name == name).expect("a family");
    assert_eq!(steps(find("relus"), 100_000), 1);
    assert!(steps(find("residuals"), 100_000) > 33_333);
    assert!(steps(find("activations behind pools"), 100_000) > 50_000);
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
