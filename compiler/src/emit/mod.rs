//! From plan to files: the only user of quote, syn and prettyplease.

mod c;
mod cargo;
mod doc;
pub mod format;
mod forward;
mod info;
pub mod kernel;
mod library;
mod model;
mod names;
pub mod proof;
mod reference;
mod table;
mod tokens;
mod walk;

use crate::base::diag::Error;
use crate::base::limits::{Limit, Limits};
use crate::base::shown::shown;
use crate::base::target::Isa;
use crate::kernel as kernels;
use crate::schedule::plan::Plan;

/// What the generated crate says of itself and how it finds what it needs.
#[derive(Clone, Debug)]
pub struct EmitOptions {
    /// Name of the crate or module: a Rust identifier.
    pub name: String,
    /// What the files are to make.
    pub form: Form,
    /// True for a crate that programs in C link.
    pub c_abi: bool,
    /// True for a crate with a test against recorded outputs.
    pub tests: bool,
    /// True for a crate with a bench.
    pub benches: bool,
    /// The command that regenerates the files.
    pub command: String,
    /// Where the model finds its weights.
    pub weights: Weights,
    /// Where the crate finds the runtime.
    pub runtime: RuntimeDep,
    /// True for a crate that is a workspace of its own.
    pub standalone: bool,
    /// How pictures become inputs.
    pub preprocess: tilewright_runtime::Preprocess,
    /// How long the text may be.
    pub limits: Limits,
    /// What becomes of the scores of a classifier.
    pub scores: Scores,
}

/// What becomes of the scores of a classifier, as `tilewright_runtime::Postprocess` has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scores {
    /// True where softmax makes probabilities of them.
    pub softmax: bool,
    /// How many classes are worth telling.
    pub top: usize,
    /// Name of each class; none where no one gave any.
    pub labels: Vec<String>,
}

/// What the generated files make together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A crate with its manifest and a standalone program.
    Crate,
    /// A module, for `tilewright_runtime::include_model!`; it lies in `tilewright/<name>` of cargo's `OUT_DIR`.
    Module,
}

impl Form {
    /// Folder of the sources among the files, with its `/`.
    fn sources(self) -> &'static str {
        match self {
            Form::Crate => "src/",
            Form::Module => "",
        }
    }
}

/// Where a generated model finds its weights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weights {
    /// In the binary. The build puts them there from a file, without showing them to rustc.
    Embed,
    /// In a file that is named when the model is loaded.
    External,
}

pub use reference::REFERENCE_FILE;

/// Name of the packed weights, beside the manifest of a crate or the sources of a module.
pub const WEIGHTS_FILE: &str = "weights.bin";

/// The variable by which a build script tells rustc which weights are embedded: code that names it is compiled again when
/// they change, which rustc would not see by itself. Modules of one crate have one each.
pub fn weights_variable(form: Form, name: &str) -> String {
    match form {
        Form::Crate => "TILEWRIGHT_WEIGHTS".to_owned(),
        Form::Module => format!("TILEWRIGHT_WEIGHTS_{}", name.to_uppercase()),
    }
}

/// The value of that variable: the part of the header that tells weights files apart, in hexadecimal.
pub fn weights_identity(file: &[u8]) -> String {
    hex(file.get(IDENTITY).unwrap_or_default())
}

/// Checksum and graph in the header of a weights file.
const IDENTITY: std::ops::Range<usize> = 24..64;

/// Where a generated crate finds the runtime.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RuntimeDep {
    /// In the registry, at the version of this compiler.
    Registry,
    /// In a folder, as the generated manifest names it.
    Path(String),
}

/// A generated file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Path in the crate, with `/`.
    pub path: String,
    /// Text.
    pub text: String,
}

/// All source files of the crate or module, in a fixed order. Weights are not among them.
///
/// # Errors
/// A kernel that cannot be proved or printed: a bug of the compiler. More text than is allowed.
pub fn files(plan: &Plan, options: &EmitOptions) -> Result<Vec<File>, Error> {
    let head = Header::new(plan, options);
    let mut files = match options.form {
        Form::Crate => vec![
            File { path: "Cargo.toml".to_owned(), text: cargo::manifest(options) },
            File { path: "src/lib.rs".to_owned(), text: library::library(plan, options, &head)? },
            File { path: "src/main.rs".to_owned(), text: library::program(options, &head)? },
        ],
        Form::Module => {
            vec![File { path: "model.rs".to_owned(), text: library::module(plan, options, &head)? }]
        }
    };
    let sources = options.form.sources();
    files.extend([
        File { path: format!("{sources}info.rs"), text: info::info(plan, options, &head) },
        File { path: format!("{sources}forward.rs"), text: forward::forward(plan, &head) },
    ]);
    if options.c_abi && options.form == Form::Crate {
        let header = format!("include/{}.h", options.name);
        files.push(File { path: "src/c.rs".to_owned(), text: c::functions(plan, options, &head) });
        files.push(File { path: header, text: c::header(plan, options, &head) });
    }
    if options.form == Form::Crate {
        files.extend(reference::files(options, &head)?);
    }
    if options.weights == Weights::Embed && options.form == Form::Crate {
        files.push(File { path: "build.rs".to_owned(), text: cargo::build_script(&head) });
    }
    let mut bytes = files.iter().map(|file| file.text.len() as u64).sum();
    let mut whole = Vec::new();
    for (number, isa) in plan.isas.iter().enumerate() {
        whole.push(Vec::new());
        let mut written = Vec::new();
        let path = format!("{sources}kernels/{}/mod.rs", isa.module);
        files.push(File { path, text: table::modules(plan, isa, &head) });
        for (id, planned) in plan.kernels.iter().enumerate() {
            let schedule = &planned.schedules[number];
            let kernel = kernels::build(planned.name.clone(), &planned.spec, schedule, isa);
            written.push(proved(&kernel, isa)?);
            whole[number].push(!kernel.prologue.is_empty());
            let doc = doc::lines(plan, id, &kernel, schedule);
            let text = kernel::file(&kernel, isa, &doc, &head)?;
            bytes += text.len() as u64;
            let within = options.limits.check(Limit::GeneratedBytes, bytes);
            within.map_err(|exceeded| exceeded.at(format!("kernel `{}`", planned.name)))?;
            files.push(File { path: format!("{sources}kernels/{}/{}.rs", isa.module, planned.name), text });
        }
        if let Some(fault) = proof::steps(plan, &written).into_iter().next() {
            return Err(bug(&fault));
        }
    }
    files.push(File { path: format!("{sources}kernels/mod.rs"), text: table::table(plan, &whole, &head)? });
    Ok(files)
}

/// The file of one kernel on its own, as [`files()`] prints it but without the network that it belongs to. `doc` is
/// the doc comment of the function.
///
/// # Errors
/// As [`files()`].
pub fn kernel_source(kernel: &kernels::ir::Kernel, isa: &Isa, doc: &[String]) -> Result<String, Error> {
    proved(kernel, isa)?;
    let line = format!("Generated by tilewright {}; do not edit.", env!("CARGO_PKG_VERSION"));
    kernel::file(kernel, isa, doc, &Header { lines: vec![line] })
}

/// What a kernel writes of its output, when all is proved of it that the text for an instruction set rests on.
fn proved(kernel: &kernels::ir::Kernel, isa: &Isa) -> Result<kernels::proof::Runs, Error> {
    if kernel.lanes != isa.lanes {
        let fault =
            format!("kernel {} has vectors of {} lanes, not of {}", kernel.name, kernel.lanes, isa.lanes);
        return Err(bug(&fault));
    }
    kernels::proof::prove(kernel).map_err(|fault| bug(&fault))
}

/// The lines at the top of every generated file.
struct Header {
    lines: Vec<String>,
}

impl Header {
    fn new(plan: &Plan, options: &EmitOptions) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let lines = vec![
            format!("Generated by tilewright {version}; do not edit. Regenerate it with"),
            format!("`{}`.", options.command),
            format!("Graph: `{}`, SHA-256 {}.", plan.name, hex(&plan.graph_hash)),
        ];
        // A line break in a name would end the comment, and what follows be code.
        Header { lines: lines.into_iter().map(shown).collect() }
    }

    /// A module doc: what the file is, then where it comes from.
    fn doc(&self, first: &str) -> String {
        let mut text = format!("//! {first}\n//!\n");
        self.lines.iter().for_each(|line| text.push_str(&format!("//! {line}\n")));
        text
    }

    /// The same as ordinary comments, for a file that is included.
    fn comment(&self, first: &str) -> String {
        self.doc(first).replace("//!", "//")
    }
}

/// Lower-case hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bug(fault: &str) -> Error {
    Error::one(
        "the compiler",
        fault,
        "this is a bug of tilewright: please report it with the model's topology",
    )
}

/// True for a name that Rust takes as an identifier: no keyword.
pub fn is_identifier(name: &str) -> bool {
    syn::parse_str::<syn::Ident>(name).is_ok()
}
