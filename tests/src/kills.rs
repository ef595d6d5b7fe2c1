//! The command, killed at random moments: what it was writing is the old or the new afterwards, never a mixture.

use crate::model::{Model, floats};
use crate::numbers::Numbers;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// What was found after the kills.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Found {
    /// The command had not got so far.
    pub old: usize,
    /// It had, or was done.
    pub new: usize,
    /// Kills that hit the command while something of its own lay beside.
    pub writing: usize,
}

/// Path to content of every file below a folder.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Two models of which the second has other layers, and an instruction set more.
fn models(folder: &Path) -> [Vec<String>; 2] {
    fs::create_dir_all(folder).expect("a folder");
    let weights = |name: &str, channels: i64| {
        let count = (channels * channels) as usize;
        floats(name, &[channels, channels, 1, 1], &vec![0.5; count])
    };
    let first = Model::new(17)
        .initialiser(weights("w", 32))
        .input("x", "1 32 8 8")
        .output("y")
        .node("Conv", "x w", "y");
    let second = Model::new(17)
        .initialiser(weights("w", 48))
        .input("x", "1 48 8 8")
        .output("y")
        .node("Conv", "x w", "a")
        .node("Sigmoid", "a", "b")
        .node("Conv", "b w", "y");
    [(first, "first", "portable,avx2"), (second, "second", "portable,avx512")].map(|(model, name, isas)| {
        let path = folder.join(format!("{name}.onnx"));
        fs::write(&path, model.bytes()).expect("a model");
        [path.display().to_string().as_str(), "--isa", isas].map(str::to_owned).into()
    })
}

/// Kills `compile`, which writes a folder that has a file of the user's, and says what was found.
///
/// # Panics
/// When the folder is neither the old nor the new one, or the user's file is not there.
pub fn compile(tilewright: &Path, scratch: &Path, kills: usize) -> Found {
    let jobs = models(scratch)
        .map(|args| [vec!["compile".to_owned()], args, vec!["--name".into(), "net".into()]].concat());
    let user = |folder: &Path| {
        fs::create_dir_all(folder.join("notes")).expect("a folder");
        fs::write(folder.join("notes/mine.txt"), "mine").expect("a file");
    };
    run(tilewright, scratch, &jobs, kills, Some(&user))
}

/// Kills `weights`, which writes a file, and says what was found.
///
/// # Panics
/// When the file is neither the old nor the new one.
pub fn weights(tilewright: &Path, scratch: &Path, kills: usize) -> Found {
    let jobs = models(scratch).map(|args| [vec!["weights".to_owned()], args].concat());
    run(tilewright, scratch, &jobs, kills, None)
}

fn run(
    tilewright: &Path,
    scratch: &Path,
    jobs: &[Vec<String>; 2],
    kills: usize,
    user: Option<&dyn Fn(&Path)>,
) -> Found {
    let place = scratch.join("place");
    fs::create_dir_all(&place).expect("a folder");
    let output = place.join("out");
    let start = |job: &[String], output: &Path| {
        let mut command = Command::new(tilewright);
        command.args(job).arg("-o").arg(output).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(Stdio::null()).spawn().expect("the command starts")
    };
    let mut longest = Duration::ZERO;
    let wanted: Vec<Files> = jobs
        .iter()
        .enumerate()
        .map(|(number, job)| {
            let output = scratch.join(format!("wanted{number}")).join("out");
            fs::create_dir_all(output.parent().expect("a parent")).expect("a folder");
            let began = Instant::now();
            assert!(start(job, &output).wait().expect("an end").success());
            longest = longest.max(began.elapsed());
            if let Some(user) = user {
                user(&output);
            }
            files(&output)
        })
        .collect();
    assert!(start(&jobs[0], &output).wait().expect("an end").success());
    if let Some(user) = user {
        user(&output);
    }
    let mut numbers = Numbers::new(1);
    let (mut found, mut now) = (Found::default(), 0);
    for round in 0..kills {
        let (began, left) = (Instant::now(), beside(&place));
        let mut child = start(&jobs[1 - now], &output);
        match round % 2 {
            0 => sleep(longest.mul_f64(numbers.between(0, 1000) as f64 / 1000.0)),
            // Half of them while it writes, which takes a small part of the time.
            _ => {
                while beside(&place) == left
                    && began.elapsed() < 2 * longest
                    && child.try_wait().is_ok_and(|end| end.is_none())
                {}
                // A folder takes milliseconds, a small file a few microseconds.
                let most = 4000 >> numbers.between(0, 12);
                sleep(Duration::from_micros(numbers.between(0, most) as u64));
            }
        }
        child.kill().expect("killed");
        child.wait().expect("an end");
        found.writing += usize::from(!beside(&place).is_empty());
        let is = files(&output);
        let state = wanted.iter().position(|wanted| *wanted == is);
        match state {
            Some(state) if state == now => found.old += 1,
            Some(state) => (now, found.new) = (state, found.new + 1),
            None => panic!("after kill {round}, the output is neither old nor new: {:?}", is.keys()),
        }
    }
    // Left to itself, the command leaves nothing of its own, and removes what was left.
    assert!(start(&jobs[1 - now], &output).wait().expect("an end").success());
    assert_eq!(files(&output), wanted[1 - now]);
    assert_eq!(beside(&place), BTreeSet::new());
    found
}

/// What of the command's lies beside its output.
fn beside(place: &Path) -> BTreeSet<OsString> {
    let entries = fs::read_dir(place).expect("a folder");
    entries.filter_map(|entry| Some(entry.ok()?.file_name())).filter(|name| name != "out").collect()
}

/// A file, or every file below a folder.
fn files(place: &Path) -> Files {
    let mut found = Files::new();
    let mut open = vec![place.to_owned()];
    while let Some(path) = open.pop() {
        match path.is_dir() {
            true => open
                .extend(fs::read_dir(&path).expect("a folder").map(|entry| entry.expect("an entry").path())),
            false => {
                let inside = path.strip_prefix(place).expect("below").to_owned();
                found.insert(inside, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}
