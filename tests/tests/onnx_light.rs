//! The light networks of the ONNX package (real graphs, placeholder weights) are read as they are in their files.

use tilewright::ir::verify::verify;
use tilewright::onnx::{LoadOptions, load_file};
use tilewright_tests::networks::{SUBJECTS, folder};

#[test]
fn light_networks() {
    for subject in SUBJECTS.iter().filter(|subject| subject.name.starts_with("light_")) {
        let name = subject.name;
        let path = folder().join("light").join(format!("{name}.onnx"));
        let graph =
            load_file(&path, &LoadOptions::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        verify(&graph, "import").unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(graph.shape(graph.outputs[0]).iter().product::<usize>(), 1000, "{name}");
    }
}
