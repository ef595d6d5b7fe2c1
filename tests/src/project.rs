//! Crates of generated kernels: written below `target`, built by cargo, run on files of numbers.

pub mod planted;

use crate::case::Case;
use planted::Planted;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use tilewright::base::target::Isa;
use tilewright::emit::{File, kernel_source};
use tilewright::kernel::ir::Role;

/// A crate on disk.
#[derive(Clone, Debug)]
pub struct Project {
    name: String,
    folder: PathBuf,
}

/// How cargo compiles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// Every load and store checks its range.
    Debug,
    /// As users run it.
    Release,
    /// As users run it, but hardly optimised: what it computes is the same, and it is built in a fraction of the time.
    Light,
}

impl Profile {
    /// Name in cargo.
    const fn cargo(self) -> &'static str {
        match self {
            Profile::Debug => "dev",
            Profile::Release => "release",
            Profile::Light => "light",
        }
    }

    /// Cargo's folder for it.
    const fn folder(self) -> &'static str {
        match self {
            Profile::Debug => "debug",
            other => other.cargo(),
        }
    }
}

impl Project {
    /// Writes a crate of this name in `folder`: every case for every instruction set, kernels with planted faults, and a
    /// program that runs them.
    ///
    /// Files that are the same already stay as they are, so that cargo does not compile them again.
    pub fn kernels(folder: &Path, name: &str, cases: &[Case], isas: &[Isa], planted: &[Planted]) -> Self {
        let mut files =
            vec![("Cargo.toml".to_owned(), manifest(name)), ("src/main.rs".to_owned(), program(cases, isas))];
        for isa in isas {
            let mut modules = String::new();
            for case in cases {
                let doc = [format!(" Case `{}`.", case.name)];
                let text =
                    kernel_source(&case.kernel(isa), isa, &doc).unwrap_or_else(|error| panic!("{error}"));
                files.push((format!("src/{}/{}.rs", isa.module, case.name), text));
                let _ = writeln!(modules, "pub mod {};", case.name);
            }
            files.push((format!("src/{}/mod.rs", isa.module), modules));
        }
        files.extend(planted::files(planted));
        Self::write(folder, name, &files)
    }

    /// Writes a crate of this name in `folder`: a generated crate `network`, of these files, and a program that uses it.
    pub fn network(folder: &Path, name: &str, network: &[File], program: &str) -> Self {
        let dependency = "network = { path = \"network\" }\n\n[workspace]";
        let mut files = vec![
            ("Cargo.toml".to_owned(), manifest(name).replace("\n[workspace]", dependency)),
            ("src/main.rs".to_owned(), program.to_owned()),
        ];
        files.extend(network.iter().map(|file| (format!("network/{}", file.path), file.text.clone())));
        Self::write(folder, name, &files)
    }

    /// Writes a crate of this name in `folder`, of these files; its manifest is made here.
    pub fn program(folder: &Path, name: &str, mut files: Vec<(String, String)>) -> Self {
        files.push(("Cargo.toml".to_owned(), manifest(name)));
        Self::write(folder, name, &files)
    }

    fn write(folder: &Path, name: &str, files: &[(String, String)]) -> Self {
        let folder = folder.join(name);
        let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("a lock file");
        write_if_new(&folder.join("Cargo.lock"), &lock);
        for (path, text) in files {
            write_if_new(&folder.join(path), text);
        }
        remove_others(&folder.join("src"), &files.iter().map(|(path, _)| folder.join(path)).collect());
        Project { name: name.to_owned(), folder }
    }

    /// Builds the crate and returns the path of its program.
    pub fn build(&self, profile: Profile) -> PathBuf {
        let target = self.folder.join("target");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--offline", "--quiet"]).current_dir(&self.folder);
        cargo.env("CARGO_TARGET_DIR", &target).env_remove("RUSTC_WORKSPACE_WRAPPER");
        cargo.args(["--profile", profile.cargo()]);
        let output = cargo.output().expect("cargo runs");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} does not build:\n{text}", self.folder.display());
        target.join(profile.folder()).join(&self.name).with_extension(std::env::consts::EXE_EXTENSION)
    }

    /// Runs the kernels of an instruction set on all inputs, one behind the other, and returns all outputs.
    pub fn run(&self, program: &Path, isa: &Isa, inputs: &[f32]) -> Vec<f32> {
        let outputs = self.try_run(program, isa.module, inputs);
        outputs.unwrap_or_else(|text| panic!("the kernels for {} fail:\n{text}", isa.name))
    }

    /// Runs the kernels of an instruction set, or one with a planted fault, and returns all outputs, or what it says when it
    /// fails.
    pub fn try_run(&self, program: &Path, which: &str, inputs: &[f32]) -> Result<Vec<f32>, String> {
        let profile = program.parent().and_then(Path::file_name).unwrap_or_default().display();
        let [from, to] = ["in", "out"].map(|end| self.folder.join(format!("{profile}-{which}.{end}")));
        let bytes: Vec<u8> = inputs.iter().flat_map(|x| x.to_le_bytes()).collect();
        std::fs::write(&from, bytes).expect("a writable folder");
        let output = Command::new(program).arg(which).args([&from, &to]).output().expect("the program runs");
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        let bytes = std::fs::read(&to).expect("the program's output");
        Ok(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the workspace")
}

/// The folder of the runtime.
pub fn runtime() -> PathBuf {
    root().join("runtime")
}

fn write_if_new(path: &Path, text: &str) {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    let parent = path.parent().expect("a file in a folder");
    std::fs::create_dir_all(parent).and_then(|()| std::fs::write(path, text)).expect("a writable folder");
}

fn remove_others(folder: &Path, keep: &BTreeSet<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            remove_others(&path, keep);
        } else if !keep.contains(&path) {
            std::fs::remove_file(path).expect("a writable folder");
        }
    }
}

fn manifest(name: &str) -> String {
    let runtime = runtime();
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
         tilewright-runtime = {{ path = {runtime:?} }}\n\n[workspace]\n\n\
         [profile.dev]\ndebug = false\n\n\
         [profile.light]\ninherits = \"dev\"\nopt-level = 1\ndebug-assertions = false\noverflow-checks = false\n"
    )
}

/// Reads the operands of each case, runs its tasks from the last to the first, and writes its result.
const FRAME: &str = r#"//! Runs every kernel of one instruction set.
#![deny(warnings)]
#![allow(unused_unsafe)]

use tilewright_runtime::Out;

/// Operands still to read, results to write.
struct Io {
    from: std::vec::IntoIter<f32>,
    to: Vec<u8>,
}

impl Io {
    fn read<const N: usize>(&mut self) -> Box<[f32; N]> {
        let list: Vec<f32> = self.from.by_ref().take(N).collect();
        list.try_into().expect("enough numbers")
    }

    fn output<const N: usize>() -> Box<[f32; N]> {
        vec![f32::NAN; N].try_into().expect("that many")
    }

    fn write(&mut self, list: &[f32]) {
        self.to.extend(list.iter().flat_map(|x| x.to_le_bytes()));
    }
}

fn main() {
    let mut args = std::env::args().skip(1);
    let mut next = || args.next().expect("instruction set, input, output");
    let (isa, from, to) = (next(), next(), next());
    let bytes = std::fs::read(from).expect("the input");
    let list: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let mut io = Io { from: list.into_iter(), to: Vec::new() };
    run(&isa, &mut io);
    std::fs::write(to, io.to).expect("the output");
}
"#;

fn program(cases: &[Case], isas: &[Isa]) -> String {
    let mut text = FRAME.to_owned();
    for isa in isas {
        let _ = writeln!(text, "\nmod {};", isa.module);
    }
    text.push_str("\n#[cfg(debug_assertions)]\n#[allow(warnings)]\nmod planted;\n");
    text.push_str("\nfn run(isa: &str, io: &mut Io) {\n    match isa {\n");
    for isa in isas {
        let _ = writeln!(text, "        \"{0}\" => run_{0}(io),", isa.module);
    }
    text.push_str(planted::ARM);
    text.push_str("        _ => panic!(\"no kernels for {isa}\"),\n    }\n}\n");
    for isa in isas {
        let _ = writeln!(text, "\nfn run_{}(io: &mut Io) {{", isa.module);
        for case in cases {
            text.push_str(&call(case, &format!("{}::{}", isa.module, case.name)));
        }
        text.push_str("}\n");
    }
    text
}

/// Calls the kernel of a case that is in this module.
fn call(case: &Case, path: &str) -> String {
    let (mut text, mut args) = (String::from("    {\n"), String::new());
    for param in case.spec.params() {
        let (name, len) = (param.name, param.len);
        if param.role.writable() {
            let source = if param.role == Role::Output { "Io::output" } else { "io.read" };
            let _ = writeln!(text, "        let mut {name} = {source}::<{len}>();");
            let _ = write!(args, "Out::new(&mut {name}), ");
        } else {
            let _ = writeln!(text, "        let {name} = io.read::<{len}>();");
            let _ = write!(args, "&{name}, ");
        }
    }
    let name = &case.name;
    let _ = writeln!(
        text,
        "        for task in (0..{path}::TASKS).rev() {{\n            \
         // SAFETY: the caller asks only for what the processor has.\n            \
         unsafe {{ {path}::{name}({args}task..task + 1) }};\n        }}\n        io.write(&*y);\n    }}"
    );
    text
}
