//! Who may use whom: the tables of the architecture, and the rules that read them.

use super::Source;
use super::tokens::{Path, Token, paths, tokens};

/// What each folder of the compiler may use of the others.
const LAYERS: [(&str, &[&str]); 11] = [
    ("base", &[]),
    ("kernel", &["base"]),
    ("ir", &["base", "ops"]),
    ("ops", &["base", "kernel::spec"]),
    ("onnx", &["base", "ir", "ops"]),
    ("zoo", &["base", "onnx"]),
    ("passes", &["base", "ir", "ops"]),
    (
        "schedule",
        &[
            "base",
            "ir",
            "ops",
            "kernel::spec",
            "kernel::layout",
            "kernel::name",
            "kernel::ir::Role",
            "kernel::Schedule",
            "kernel::tile",
            "kernel::winograd::WinogradSchedule",
        ],
    ),
    (
        "weights",
        &["base", "ir::graph::ValueId", "kernel::layout", "kernel::winograd::matrices", "schedule::plan"],
    ),
    ("emit", &["base", "kernel", "schedule::plan"]),
    (
        "report",
        &["base", "ir", "ops", "passes", "kernel::spec", "kernel::layout", "kernel::name", "schedule"],
    ),
];

/// Folders that stand above all layers; files directly in `src` do too.
const ABOVE: [&str; 2] = ["cli", "configure"];

/// Those of them that are a program: no one calls it as a library.
const PROGRAMS: [&str; 1] = ["cli"];

/// Crates that only some folders of the compiler use.
const CRATES: [(&str, &[&str]); 8] = [
    ("maud", &["report::html"]),
    ("prost", &["onnx"]),
    ("sha2", &["ir", "schedule"]),
    ("quote", &["emit"]),
    ("syn", &["emit"]),
    ("proc_macro2", &["emit"]),
    ("prettyplease", &["emit"]),
    ("tilewright_runtime", &["emit", "weights::pack", "weights::file"]),
];

/// What a core that does no IO and reads no clock or environment stays away from.
const OUTSIDE: [&str; 5] = ["std::fs", "std::env", "std::net", "std::process", "std::time"];

/// Modules of the compiler that reach outside: the borders.
const BORDERS: [&str; 1] = ["onnx::folder"];

/// Macros that end a program or write to its terminal.
const MACROS: [&str; 9] =
    ["panic", "unreachable", "todo", "unimplemented", "println", "print", "eprintln", "eprint", "dbg"];

/// The module path of a file of the compiler's library; `None` for other files and for tests.
fn module(file: &Source) -> Option<Vec<String>> {
    let path = file.path.strip_prefix("compiler/src/")?.strip_suffix(".rs")?;
    let mut names: Vec<String> = path.split('/').map(str::to_owned).collect();
    if names.iter().any(|name| name == "tests") {
        return None;
    }
    if names.last().is_some_and(|name| matches!(name.as_str(), "mod" | "lib")) {
        names.pop();
    }
    Some(names)
}

/// The same for files that belong to a layer.
fn layered(file: &Source) -> Option<Vec<String>> {
    let inside = file.path.strip_prefix("compiler/src/").is_some_and(|path| path.contains('/'));
    module(file).filter(|module| inside && !ABOVE.contains(&module[0].as_str()))
}

/// True when `path` is `prefix` or below it.
fn below(path: &[String], prefix: &str) -> bool {
    let mut names = path.iter();
    prefix.split("::").all(|name| names.next().is_some_and(|n| n == name))
}

/// Paths within the crate keep to the table of layers.
pub fn inside(file: &Source) -> Vec<(usize, String)> {
    let Some(module) = layered(file) else { return Vec::new() };
    let folder = module[0].as_str();
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == folder) else {
        return vec![(1, format!("the folder {folder} is in no layer; add a row to LAYERS in {}", file!()))];
    };
    let wrong = |path: Path| {
        let [root, names @ ..] = path.names.as_slice() else { return None };
        let own = names.first().is_none_or(|name| name == folder);
        let fine = own || root != "crate" || allowed.iter().any(|prefix| below(names, prefix));
        let list = if allowed.is_empty() { "std only".to_owned() } else { allowed.join(", ") };
        let text = format!("{folder} must not use {}; it may use {list}", names.join("::"));
        (!fine).then_some((path.line, text))
    };
    paths(&tokens(&file.text), &module).into_iter().filter_map(wrong).collect()
}

/// Crates stay in their folders.
pub fn external(file: &Source) -> Vec<(usize, String)> {
    let Some(module) = layered(file) else { return Vec::new() };
    let wrong = |path: Path| {
        let (name, folders) = CRATES.iter().find(|(name, _)| *name == path.names[0])?;
        let fine = folders.iter().any(|folder| below(&module, folder));
        let text = format!("{} must not use {name}; only {} may", module.join("::"), folders.join(", "));
        (!fine).then_some((path.line, text))
    };
    paths(&tokens(&file.text), &module).into_iter().filter_map(wrong).collect()
}

/// The core does no IO.
pub fn io(file: &Source) -> Vec<(usize, String)> {
    let Some(module) = layered(file) else { return Vec::new() };
    if BORDERS.iter().any(|border| below(&module, border)) {
        return Vec::new();
    }
    let wrong = |path: Path| {
        let found = OUTSIDE.iter().find(|outside| below(&path.names, outside))?;
        Some((path.line, format!("the core must not use {found}; take what it gives as an argument")))
    };
    paths(&tokens(&file.text), &module).into_iter().filter_map(wrong).collect()
}

/// The runtime never uses the compiler.
pub fn runtime(file: &Source) -> Vec<(usize, String)> {
    let text = "the runtime must not use the compiler";
    if file.path == "runtime/Cargo.toml" {
        let names = |line: &str| line.split(['=', '.', ' ']).next() == Some("tilewright");
        let lines = file.text.lines().enumerate().filter(|(_, line)| names(line));
        return lines.map(|(at, _)| (at + 1, text.to_owned())).collect();
    }
    if !file.path.starts_with("runtime/") || !file.path.ends_with(".rs") {
        return Vec::new();
    }
    let list = paths(&tokens(&file.text), &[]).into_iter().filter(|path| path.names[0] == "tilewright");
    list.map(|path| (path.line, text.to_owned())).collect()
}

/// The compiler's library returns problems as values.
pub fn panics(file: &Source) -> Vec<(usize, String)> {
    if module(file).is_none_or(|module| module.first().is_some_and(|name| PROGRAMS.contains(&name.as_str())))
    {
        return Vec::new();
    }
    let tokens = tokens(&file.text);
    let wrong = |at: usize| {
        let [a, b, c] = &tokens[at..at + 3] else { return None };
        // A method of that name whose error is passed on is another one.
        let call = a.text == "." && matches!(b.text.as_str(), "unwrap" | "expect") && c.text == "(";
        let panics = call && !passes_on(&tokens[at + 3..]);
        let expands = MACROS.contains(&b.text.as_str()) && c.text == "!";
        let advice = "return a base::diag::Error, or make the case impossible";
        (panics || expands).then(|| (b.line, format!("the library must not use {}; {advice}", b.text)))
    };
    (0..tokens.len().saturating_sub(2)).filter_map(wrong).collect()
}

/// True when `?` follows the arguments that begin here.
fn passes_on(arguments: &[Token]) -> bool {
    let mut depth = 1;
    let end = arguments.iter().position(|token| {
        depth += usize::from(token.text == "(");
        depth -= usize::from(token.text == ")");
        depth == 0
    });
    end.and_then(|end| arguments.get(end + 1)).is_some_and(|token| token.text == "?")
}
