//! Models whose names would do something where they are shown, and messages about them: none is obeyed, none is code, and
//! none fills a terminal.

use tilewright::base::diag::KEPT;
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::{Options, compile};
use tilewright_tests::model::{Model, floats};
use tilewright_tests::refused::{check, read};

fn relu() -> Model {
    Model::new(17).input("x", "1 2 4 4").output("y").node("Relu", "x", "y")
}

/// Names end up in messages, reports and code: what a terminal, an editor or rustc would obey is refused, and said in
/// letters.
#[test]
fn names_that_are_obeyed() {
    for (c, said) in
        [('\u{1b}', "001B"), ('\n', "000A"), ('\0', "0000"), ('\u{9b}', "009B"), ('\u{202e}', "202E")]
    {
        let name = format!("a{c}b");
        let mut model = Model::new(17).input(&name, "1").output("y").initialiser(floats("w", &[1], &[1.0]));
        model = model.node("Add", "x w", "y");
        model.graph.node[0].input[0] = name.clone();
        model.graph.node[0].name = Some(name.clone());
        let shown = format!("`a\\u{{{:x}}}b`: its name has the character U+{said}", u32::from(c));
        check(model.clone(), &[&format!("node {shown}"), &format!("input {shown}")]);
        // Texts that name nothing only have to be shown.
        model.graph.node[0].name = None;
        model.graph.node[0].op_type = Some(name.clone());
        model.graph.node[0].domain = Some(name.clone());
        model.graph.name = Some(name.clone());
        let error = read(model.bytes(), &[]).to_string();
        assert!(!error.replace("\n  - ", "").contains(c), "{error:?}");
    }
}

/// What would be code if it ended the comment that it stands in.
const INJECTED: &str = "a`\n*/\npub fn injected() {}\n/*";

/// The name of a graph is not that of a value: it is read, and stands in comments.
#[test]
fn names_do_not_become_code() {
    let mut model = relu();
    model.graph.name = Some(INJECTED.into());
    let graph = load("injected.onnx", model.bytes().into(), &LoadOptions::default(), &NoExternalData);
    let read = graph.expect("a model");
    // A graph that was not read, but made.
    let mut made = read.clone();
    made.name = INJECTED.into();
    made.nodes.iter_mut().for_each(|node| node.sources = vec![INJECTED.into()]);
    made.values.iter_mut().for_each(|value| value.name.push_str(INJECTED));
    for graph in [read, made] {
        let options = Options { c_abi: true, tests: true, benches: true, ..Options::default() };
        let options = Options { name: Some("injected".into()), command: INJECTED.into(), ..options };
        for file in compile(graph.clone(), &options).expect("a crate").files {
            let code = file.text.lines().find(|line| line.trim_start().starts_with("pub fn injected"));
            assert_eq!(code, None, "{}", file.path);
        }
    }
}

/// A message is as long as it takes to understand it, and of very many only the first are said.
#[test]
fn long_messages() {
    let long = "n".repeat(1 << 20);
    let mut model = relu();
    model.graph.node[0].domain = Some(long.clone());
    model.graph.node[0].op_type = Some(long);
    let error = read(model.bytes(), &[]).to_string();
    assert!(error.len() < 5000 && error.contains(" bytes) .. "), "{}", error.len());
    let mut model = relu();
    model.graph.node[0].input = (0..50_000).map(|number| format!("u{number}")).collect();
    let error = read(model.bytes(), &[]);
    assert_eq!((error.problems().len(), error.more()), (KEPT, 50_001 - KEPT));
    let text = error.to_string();
    assert!(text.starts_with("50001 problems:") && text.ends_with("and 49001 more"), "{text}");
    let nodes = (0..5000)
        .fold(relu(), |model, number| model.node(&format!("No{number}"), "x", &format!("z{number}")));
    let error = read(nodes.bytes(), &[]);
    assert_eq!((error.problems().len(), error.more()), (KEPT, 5000 - KEPT));
}
