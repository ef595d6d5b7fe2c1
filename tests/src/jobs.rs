//! Many compiled networks in one program, built by one cargo command.

use crate::project::{Profile, Project};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use tilewright::base::target;
use tilewright::emit::{File, RuntimeDep, Weights};
use tilewright::ir::graph::Graph;
use tilewright::ir::reference;
use tilewright::schedule::choose::Choice;
use tilewright::weights::pack;
use tilewright::{Options, compile, pipeline};
use tilewright_runtime::Isa;

/// What the generated part is put into.
const PROGRAM: &str = include_str!("../data/jobs.rs");

/// A network as source.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name in the program.
    pub name: String,
    /// The files of its crate.
    pub files: Vec<File>,
}

/// One run of a network.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The network's name.
    pub network: &'a str,
    /// The instruction set.
    pub isa: Isa,
    /// The weights file.
    pub weights: &'a Path,
    /// All inputs, one behind the other.
    pub input: &'a [f32],
}

/// A program that runs jobs.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    folder: PathBuf,
}

/// Compiles a network to source for these instruction sets; it needs no numbers.
///
/// # Panics
/// When it does not compile.
pub fn source(name: &str, graph: Graph, isas: &[target::Isa]) -> Source {
    let compiled = compile(graph, &options(name, isas)).unwrap_or_else(|error| panic!("{name}: {error}"));
    Source { name: name.to_owned(), files: compiled.files }
}

/// What a network must be compiled with to become a part of a [`Program`].
pub fn options(name: &str, isas: &[target::Isa]) -> Options {
    Options {
        isas: isas.to_vec(),
        name: Some(name.to_owned()),
        weights: Weights::External,
        runtime: RuntimeDep::Path(crate::project::runtime().display().to_string()),
        standalone: false,
        ..Options::default()
    }
}

/// The bytes of its weights file.
///
/// # Panics
/// When it does not compile or has no numbers.
pub fn weights(name: &str, graph: &Graph, isas: &[target::Isa]) -> Vec<u8> {
    let (graph, _, plan) =
        pipeline::plan(graph, isas, Choice::Fast).unwrap_or_else(|error| panic!("{name}: {error}"));
    let bytes = pack::file(&plan, |id| reference::constant(&graph, id));
    bytes.unwrap_or_else(|error| panic!("{name}: {error}"))
}

impl Program {
    /// Writes the program of these networks below `folder`, and builds it. Each is a module; kernels that are the same are
    /// compiled once.
    pub fn build(folder: &Path, name: &str, networks: Vec<Source>, profile: Profile) -> Self {
        let (mut text, mut arms) = (PROGRAM.to_owned(), String::new());
        let mut files = Vec::new();
        let mut kernels = Kernels::default();
        for Source { name, files: source } in networks {
            let _ = writeln!(text, "\n#[allow(warnings)]\nmod {name};");
            let _ = writeln!(arms, "        {name:?} => run::<{name}::Model>(isa, weights, input, output),");
            files.extend(kernels.modules(&name, source));
        }
        let _ = writeln!(
            text,
            "\nfn dispatch(network: &str, isa: Isa, weights: &Path, input: &Path, output: &Path) {{\n    \
             match network {{\n{arms}        _ => panic!(\"no network {{network}}\"),\n    }}\n}}"
        );
        files.push(("src/main.rs".to_owned(), text));
        let project = Project::program(folder, name, files);
        Program { path: project.build(profile), folder: folder.join(name) }
    }

    /// Runs jobs in one process and returns, for each, all outputs, one behind the other. No two may have the same network
    /// and instruction set.
    ///
    /// # Panics
    /// With the program's words, when it fails.
    pub fn run(&self, jobs: &[Job]) -> Vec<Vec<f32>> {
        let mut list = String::new();
        let mut names = Vec::new();
        for job in jobs {
            let label = format!("{}-{}", job.network, job.isa.name());
            let [from, to] = ["in", "out"].map(|end| self.folder.join(format!("{label}.{end}")));
            let bytes: Vec<u8> = job.input.iter().flat_map(|x| x.to_le_bytes()).collect();
            std::fs::write(&from, bytes).expect("a writable folder");
            let paths = [job.weights, &from, &to].map(|path| path.display().to_string()).join(" ");
            let _ = writeln!(list, "{} {} {paths}", job.network, job.isa.name());
            names.push([from, to]);
        }
        let Some([first, _]) = names.first() else { return Vec::new() };
        let path = first.with_extension("jobs");
        std::fs::write(&path, list).expect("a writable folder");
        let output = Command::new(&self.path).arg(&path).output().expect("the program runs");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {text}", path.display());
        let read = |[from, to]: &[PathBuf; 2]| {
            let bytes = std::fs::read(to).expect("the program's output");
            for path in [from, to] {
                std::fs::remove_file(path).expect("a file of ours");
            }
            bytes.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
        };
        names.iter().map(read).collect()
    }
}

/// The kernels that were met: where the first of those with the same code is.
#[derive(Debug, Default)]
struct Kernels {
    first: HashMap<(String, String), String>,
}

impl Kernels {
    /// The files of a crate as those of a module of this name.
    fn modules(&mut self, name: &str, files: Vec<File>) -> Vec<(String, String)> {
        let mut modules = BTreeMap::new();
        let mut uses = Vec::new();
        for file in files {
            let Some(inside) = file.path.strip_prefix("src/").filter(|path| *path != "main.rs") else {
                continue;
            };
            match inside.strip_prefix("kernels/").and_then(|path| path.strip_suffix(".rs")?.split_once('/')) {
                Some((isa, kernel)) if kernel != "mod" => {
                    let at = format!("{name}::kernels::{isa}::{kernel}");
                    let first = self.first.entry((isa.to_owned(), code(&file.text))).or_insert(at.clone());
                    if *first != at {
                        uses.push((
                            isa.to_owned(),
                            format!("pub mod {kernel};"),
                            format!("pub use crate::{first};"),
                        ));
                        continue;
                    }
                }
                _ => {}
            }
            let path = if inside == "lib.rs" { "mod.rs" } else { inside };
            // Where others of the program find them.
            let text = file.text.replace("\nmod kernels;", "\npub mod kernels;");
            modules.insert(format!("src/{name}/{path}"), text);
        }
        for (isa, module, reuse) in uses {
            let list =
                modules.get_mut(&format!("src/{name}/kernels/{isa}/mod.rs")).expect("a list of kernels");
            *list = list.replace(&module, &reuse);
        }
        modules.into_iter().collect()
    }
}

/// The text of a kernel without what only says where it is used.
fn code(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}
