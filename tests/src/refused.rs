//! What is said of a model that is wrong.

use crate::model::Model;
use tilewright::base::diag::Error;
use tilewright::onnx::{LoadOptions, NoExternalData, load};

/// What is wrong with a model, some of whose dimensions are fixed.
pub fn read(bytes: Vec<u8>, dims: &[(&str, usize)]) -> Error {
    let dims = dims.iter().map(|&(name, extent)| (name.to_owned(), extent)).collect();
    match load("bad.onnx", bytes.into(), &LoadOptions { dims, ..LoadOptions::default() }, &NoExternalData) {
        Ok(graph) => panic!("it was read: {}", tilewright::ir::text::print(&graph)),
        Err(error) => error,
    }
}

/// Each line of `problems` must be a problem of its own: its parts, separated by ` .. `, occur in this order.
#[track_caller]
pub fn check_bytes(bytes: Vec<u8>, problems: &[&str]) {
    let error = read(bytes, &[]);
    let found: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    let matches = |(problem, pattern): (&String, &&str)| {
        let mut rest = problem.as_str();
        pattern.split(" .. ").all(|part| match rest.split_once(part) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    };
    let same = found.len() == problems.len() && found.iter().zip(problems).all(matches);
    assert!(same, "expected\n  {}\nfound\n  {}", problems.join("\n  "), found.join("\n  "));
    assert!(
        error.problems().iter().all(|problem| !problem.remedy.is_empty()),
        "a problem without a remedy: {error}"
    );
}

/// The same of a model.
#[track_caller]
pub fn check(model: Model, problems: &[&str]) {
    check_bytes(model.bytes(), problems);
}
