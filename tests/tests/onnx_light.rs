//! The light networks of the ONNX package (real graphs, placeholder weights), where they are.

use tilewright::ir::verify::verify;
use tilewright::onnx::{LoadOptions, load_file};
use tilewright_tests::shared_models;

/// Networks of which every operator is done.
const READ: [&str; 2] = ["light_resnet50", "light_vgg19"];

#[test]
fn light_networks() {
    for path in shared_models("light") {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        match load_file(&path, &LoadOptions::default()) {
            Ok(graph) => {
                verify(&graph, "import").unwrap_or_else(|error| panic!("{name}: {error}"));
                assert_eq!(graph.shape(graph.outputs[0]).iter().product::<usize>(), 1000, "{name}");
            }
            Err(error) => {
                assert!(!READ.contains(&name.as_str()), "{name}: {error}");
                // What is not done is an operator, and said of its nodes.
                let of_nodes = error.problems().iter().all(|problem| problem.place.contains("node"));
                assert!(of_nodes, "{name}: {error}");
            }
        }
    }
}
