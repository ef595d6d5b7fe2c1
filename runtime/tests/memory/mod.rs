//! A process whose memory is short: what a model or its input is too large for is an error, and no abort.

use crate::{AS_PROGRAM, fake::Huge};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Output};
use tilewright_runtime::{Network, Workspace, npy};

/// Kilobytes of addresses that a process may have.
const LIMIT: &str = "131072";

/// As a process of its own: a caller of the library that gets errors.
pub fn library() -> ExitCode {
    let array = |name: &str| npy::read(Path::new(name)).err();
    let [long, doubles] = ["long.npy", "doubles.npy"].map(array);
    let errors = [Workspace::<Huge>::new().err(), Huge.new_arena().err(), long, doubles];
    errors.iter().flatten().for_each(|error| println!("{error}"));
    ExitCode::SUCCESS
}

fn limited(program: &str, folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v \"$0\" && exec \"$@\"", LIMIT]).arg(std::env::current_exe().unwrap());
    command.args(args).current_dir(folder).env(AS_PROGRAM, program).output().unwrap()
}

pub fn short() {
    if !cfg!(target_os = "linux") {
        println!("skipped: only Linux is sure to limit the addresses of a process");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    if !limited("nothing", folder, &[]).status.success() {
        println!("skipped: a sanitizer takes more addresses than the limit");
        return;
    }
    array(&folder.join("long.npy"), "<f4", 1 << 28);
    array(&folder.join("doubles.npy"), "<f8", 12 << 20);
    fs::write(folder.join("large.png"), picture(8000)).unwrap();
    let cases: [(&str, &[&str], &str); 2] = [
        ("huge", &["--bench"], "huge: arena: there is no memory for a buffer of 1073741824 bytes; "),
        ("sums", &["large.png"], "sums: large.png: there is no memory for a buffer of 768000000 bytes; "),
    ];
    for (program, args, message) in cases {
        let Output { status, stdout, stderr } = limited(program, folder, args);
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(1), "{args:?}: {status} {stderr}");
        assert!(stderr.starts_with(message) && stderr.lines().count() == 1, "{args:?}: {stderr}");
        assert!(stderr.contains("memory"), "{args:?}: {stderr}");
        assert!(stdout.is_empty(), "{args:?}");
    }
    // More elements than memory has room for, which the model does not want anyway.
    let Output { status, stderr, .. } =
        limited("sums", folder, &["--input", "long.npy", "--output", "y.npy"]);
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(
        status.code() == Some(1) && stderr.starts_with("sums: long.npy: has the shape 268435456 "),
        "{stderr}"
    );
    assert_eq!(fs::read_dir(folder).unwrap().count(), 3, "no output, whole or half");
    // It is not the limit itself that they stumble over.
    for (program, args) in [("huge", "--info"), ("library", "")] {
        let Output { status, stdout, stderr } = limited(program, folder, &[args]);
        assert!(status.success() && stderr.is_empty(), "{program}: {status}");
        if program == "library" {
            let text = String::from_utf8(stdout).unwrap();
            let bytes = "there is no memory for a buffer of 1073741824 bytes";
            assert!(text.starts_with(&format!("workspace: {bytes}")), "{text}");
            assert!(text.contains(&format!("\narena: {bytes}")), "{text}");
            for array in ["long.npy", "doubles.npy"] {
                let line = text.lines().find(|line| line.starts_with(array)).unwrap_or_default();
                assert!(line.contains("memory"), "{text}");
            }
        }
    }
}

/// An array of zeros that takes no room on the disk.
fn array(path: &Path, kind: &str, elements: usize) {
    let header = npy::encode(&[elements], &[]);
    let header = String::from_utf8_lossy(&header[10..]).replace("<f4", kind);
    let mut file = File::create(path).unwrap();
    file.write_all(&npy::encode(&[], &[])[..8]).unwrap();
    file.write_all(&(header.len() as u16).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    let bytes = elements * if kind == "<f8" { 8 } else { 4 };
    file.set_len((10 + header.len() + bytes) as u64).unwrap();
}

/// A black PNG of so many pixels on each side.
fn picture(side: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let pixels = vec![0; (side.div_ceil(8) * side) as usize];
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    file
}
