//! The workspace keeps its own rules, and each rule can be broken.

use std::path::Path;
use tilewright_tests::tidy::tracked::{self, Tracked, tracked};
use tilewright_tests::tidy::{RULES, Source, check, workspace};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the workspace")
}

#[test]
fn the_workspace_is_tidy() {
    let files = workspace(root());
    assert!(files.iter().any(|file| file.path == "compiler/src/lib.rs"), "the sources are there");
    let faults: Vec<String> = check(&files).iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{} rules broken:\n{}\n", faults.len(), faults.join("\n"));
}

#[test]
fn the_repository_keeps_nothing_large_or_packed() {
    let Some(files) = tracked(root()) else {
        println!("skipped: there is no git, or this is no repository");
        return;
    };
    assert!(files.iter().any(|file| file.path == "compiler/src/lib.rs"), "the sources are there");
    let faults: Vec<String> = tracked::check(&files).iter().map(ToString::to_string).collect();
    assert!(faults.is_empty(), "{} rules broken:\n{}\n", faults.len(), faults.join("\n"));
}

#[test]
fn planted_files_are_found() {
    let found = |path: &str, bytes: u64| {
        let file = Tracked { path: path.to_owned(), bytes };
        tracked::check(&[file]).pop().map(|fault| fault.what).unwrap_or_default()
    };
    for path in
        ["onnx-1.22.0-py3-none-any.whl", "tests/data/models.tar.gz", "tests/other/cases.tar.xz", "A.ZIP"]
    {
        assert!(found(path, 10).contains("is packed"), "{path}");
    }
    assert!(found("docs/picture.png", 1_000_001).contains("the file has 1000001 bytes"));
    for (path, bytes) in [("docs/picture.png", 1_000_000), ("tests/conformance/cases.tar.xz", 2_000_000)] {
        assert_eq!(found(path, bytes), "", "{path}");
    }
}

/// The faults of one file, as `line: text`.
fn faults(path: &str, text: &str) -> Vec<String> {
    let file = Source { path: path.to_owned(), text: text.to_owned() };
    check(&[file]).iter().map(|fault| format!("{}: {}", fault.line, fault.what)).collect()
}

/// Violations: where they are planted, the text below the module doc, the line, and what the message says.
const PLANTED: [(&str, &str, usize, &str); 23] = [
    ("compiler/src/kernel/x.rs", "use crate::ir::graph::Graph;", 2, "kernel must not use ir::graph::Graph"),
    ("compiler/src/kernel/x.rs", "use super::super::schedule::plan;", 2, "must not use schedule::plan"),
    (
        "compiler/src/kernel/x.rs",
        "use crate::{\n    base::real,\n    ops::{Op, Conv},\n};",
        2,
        "not use ops::Op",
    ),
    ("compiler/src/kernel/x.rs", "fn f() { crate::emit::format::pretty() }", 2, "must not use emit"),
    ("compiler/src/kernel/mod.rs", "use super::ops::Op;", 2, "kernel must not use ops::Op"),
    ("compiler/src/base/x.rs", "\nuse crate::kernel;", 3, "std only"),
    ("compiler/src/schedule/lower/x.rs", "use super::super::super::emit::format;", 2, "not use emit::format"),
    ("compiler/src/schedule/x.rs", "use crate::kernel::ir::{Role, Stmt};", 2, "not use kernel::ir::Stmt"),
    ("compiler/src/surprise/x.rs", "", 1, "the folder surprise is in no layer"),
    ("compiler/src/passes/x.rs", "use prost::Message;", 2, "passes::x must not use prost"),
    ("compiler/src/report/x.rs", "fn f() { quote::quote!() }", 2, "report::x must not use quote"),
    ("compiler/src/schedule/x.rs", "fn f() { std::fs::read(\"x\"); }", 2, "must not use std::fs"),
    ("compiler/src/ir/x.rs", "use std::{fmt, time::Instant};", 2, "must not use std::time"),
    ("compiler/src/ir/x.rs", "fn f() {\n    None.unwrap()\n}", 3, "must not use unwrap"),
    ("compiler/src/ir/x.rs", "fn f() { g(format!(\"{}\", x.expect(\"y\"))) }", 2, "must not use expect"),
    ("compiler/src/lib.rs", "fn f() { panic!(\"x\") }", 2, "must not use panic"),
    ("compiler/src/configure/x.rs", "fn f() { println!() }", 2, "must not use println"),
    ("compiler/src/ir/x.rs", "fn f() { println!() }", 2, "must not use println"),
    ("runtime/src/x.rs", "use tilewright::base;", 2, "the runtime must not use the compiler"),
    ("runtime/Cargo.toml", "tilewright = { workspace = true }", 2, "the runtime must not use the compiler"),
    ("tests/tests/x.rs", LONG, 401, "the file has 402 lines"),
    ("README.md", concat!("see /ho", "me/me/x"), 2, "is a folder of one machine"),
    ("generated/x/src/lib.rs", "fn main() {}", 1, "the file has no header"),
];

const LONG: &str = {
    const LINES: [u8; 401] = [b'\n'; 401];
    match std::str::from_utf8(&LINES) {
        Ok(text) => text,
        Err(_) => "",
    }
};

#[test]
fn planted_violations_are_found() {
    for (path, text, line, what) in PLANTED {
        let found = faults(path, &format!("//! A file.\n{text}"));
        let fits = |fault: &String| fault.starts_with(&format!("{line}: ")) && fault.contains(what);
        assert!(found.iter().any(fits), "{path}: {text}\nfound {found:?}\nwanted {line}: .. {what}");
    }
    assert_eq!(faults("examples/x.rs", "fn main() {}\n").len(), 1, "a file without a module doc");
    assert_eq!(RULES.len(), 9, "a new rule is planted here too");
}

#[test]
fn what_is_allowed_is_no_violation() {
    let fine = [
        (
            "compiler/src/kernel/x.rs",
            "use super::spec::{ConvSpec, Taps};\nuse crate::base::{real, target::Isa};",
        ),
        ("compiler/src/kernel/x.rs", "/// See [`crate::emit`]; never `.unwrap()` or panic!\nfn f() {}"),
        (
            "compiler/src/kernel/x.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::emit;\n    fn f() { x.unwrap() }\n}",
        ),
        ("compiler/src/kernel/tests.rs", "use crate::schedule::tile;\nfn f() { panic!() }"),
        ("compiler/src/kernel/conv/mod.rs", "use super::spec::ConvSpec;\nuse super::super::base::real;"),
        ("compiler/src/emit/x.rs", "fn f() { quote!(crate::ops::f(std::fs::read(x).unwrap())) }"),
        ("compiler/src/cli/x.rs", "use crate::emit;\nfn f() { println!(); x.unwrap() }"),
        ("compiler/src/ir/x.rs", "fn f() { \"panic!()\".unwrap_or(0); x.unwrap_or_default() }"),
        ("compiler/src/onnx/folder.rs", "use std::fs::File;"),
        ("runtime/src/x.rs", "use tilewright_runtime::simd;"),
        ("runtime/Cargo.toml", "name = \"tilewright-runtime\""),
        ("generated/x/src/lib.rs", "//!\n//! Generated by tilewright 0.1.0; do not edit.\nfn f() {}"),
    ];
    for (path, text) in fine {
        assert_eq!(faults(path, &format!("//! A file.\n{text}")), [""; 0], "{path}: {text}");
    }
}
