//! Programs on processors without AVX-512, and without AVX2, emulated by qemu.

use super::programs::TARGET;
use super::{succeed, text, tiny};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tilewright_runtime::{Isa, npy};

/// A processor, the instruction set that a program takes there, and one that it must not even try.
const CPUS: [(&str, Isa, Isa); 2] =
    [("Nehalem", Isa::Portable, Isa::Avx2), ("Haswell", Isa::Avx2, Isa::Avx512)];

#[test]
fn a_program_takes_what_its_processor_has() {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64"))
        || Command::new("qemu-x86_64").arg("--version").output().is_err()
    {
        println!("skipped: there is no qemu-x86_64 (Debian's package qemu-user), or another system");
        return;
    }
    let folder = tiny();
    let path = |name: &str| folder.path().join(name);
    succeed(folder.path(), &["build", "tiny.onnx", "--dim", "N=1", "-o", "bin", "--target-dir", TARGET]);
    let floats: Vec<f32> = (0..192).map(|i| (i * 7 % 19) as f32 / 9.0 - 1.0).collect();
    fs::write(path("x.npy"), npy::encode(&[1, 3, 8, 8], &floats)).expect("a file");
    for (cpu, best, missing) in CPUS {
        let emulated =
            |args: &[&str]| run(folder.path(), "qemu-x86_64", &[&["-cpu", cpu, "./bin"], args].concat());
        let output = emulated(&["--input", "x.npy", "--output", "emulated.npy"]);
        assert!(output.status.success(), "{cpu}: {}", text(&output.stderr));
        let refused = emulated(&["--input", "x.npy", "--output", "y.npy", "--isa", missing.name()]);
        let error = text(&refused.stderr);
        let says = format!("no {missing}; its best instruction set is {best}");
        assert!(refused.status.code() == Some(2) && error.contains(&says), "{cpu}: {error}");
        if best.available() {
            let args = ["--input", "x.npy", "--output", "native.npy", "--isa", best.name()];
            assert!(run(folder.path(), "./bin", &args).status.success());
            let bits = |name: &str| -> Vec<u32> {
                npy::read(&path(name)).expect("an array").floats.iter().map(|x| x.to_bits()).collect()
            };
            assert_eq!(bits("emulated.npy"), bits("native.npy"), "{cpu}");
        }
    }
}

fn run(folder: &Path, program: &str, args: &[&str]) -> Output {
    Command::new(program).args(args).current_dir(folder).output().expect("it starts")
}
