//! Arrays in and out: `--input`, `--output`, `--dump`.

use super::Stop;
use super::session::Session;
use super::table::{dims, shape};
use crate::info::TensorInfo;
use crate::{Dump, Error, Network, NoProbe, memory, npy, whole};
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Runs the model on the arrays of `inputs` and writes those of `outputs`; each is `FILE` or `NAME=FILE`.
pub(super) fn run<N: Network>(
    session: &mut Session<N>,
    inputs: &[OsString],
    outputs: &[OsString],
) -> Result<(), Stop> {
    // Before the run, so that a wrong name costs no time.
    let targets =
        outputs.iter().map(|arg| bind(arg, "--output", N::INFO.outputs)).collect::<Result<Vec<_>, _>>()?;
    let mut paths = BTreeSet::new();
    for (_, path) in &targets {
        if !paths.insert(path) {
            return Err(
                Error::usage(format!("--output: two outputs would be one file, {}", path.display())).into()
            );
        }
    }
    session.run(&read(inputs, N::INFO.inputs)?, &mut NoProbe)?;
    for (index, path) in targets {
        write(&path, N::INFO.outputs[index].shape, session.output(index))?;
    }
    Ok(())
}

/// Runs the model and writes the value of each step to `folder`, which is made.
pub(super) fn dump<N: Network>(
    session: &mut Session<N>,
    inputs: &[OsString],
    folder: &Path,
    out: &mut dyn Write,
) -> Result<(), Stop> {
    let inputs = read(inputs, N::INFO.inputs)?;
    std::fs::create_dir_all(folder)
        .map_err(|error| Error::new(format!("{}: cannot be made ({error})", folder.display())))?;
    // The values that the probe unpacks.
    let most = N::INFO.steps.iter().map(|info| info.output.elements()).max().unwrap_or(0);
    memory::room::<f32>(most)?;
    let mut written: Result<(), Error> = Ok(());
    let mut probe = Dump::new(N::INFO.steps, |step, info, value| {
        if written.is_ok() {
            let path = folder.join(format!("{step:03}.npy"));
            let put = whole::put(&path, |file, _| npy::write(file, info.output.shape, &value));
            written = put.map_err(|error| unwritable(&path, &error));
        }
    });
    session.run(&inputs, &mut probe)?;
    written?;
    for (step, info) in N::INFO.steps.iter().enumerate() {
        writeln!(out, "{step:03}.npy  {}  {}", info.value, dims(info.output.shape))?;
    }
    Ok(())
}

/// The arrays of all inputs, in the model's order.
pub(super) fn read(args: &[OsString], infos: &[TensorInfo]) -> Result<Vec<Vec<f32>>, Error> {
    let mut arrays: Vec<Option<Vec<f32>>> = vec![None; infos.len()];
    for arg in args {
        let (index, path) = bind(arg, "--input", infos)?;
        let info = &infos[index];
        // The shape before the elements: there may be more of them than memory, or no end of them.
        let array = npy::open(&path)?;
        if array.shape() != info.shape {
            return Err(Error::new(format!(
                "{}: has the shape {} and input {:?} has {}",
                path.display(),
                dims(array.shape()),
                info.name,
                shape(info)
            )));
        }
        let array = array.read().map_err(|error| error.at(path.display()))?;
        if arrays[index].replace(array.floats).is_some() {
            return Err(Error::usage(format!("--input: there are two files for input {:?}", info.name)));
        }
    }
    let missing = |(array, info): (Option<Vec<f32>>, &TensorInfo)| {
        array.ok_or_else(|| {
            Error::usage(format!("input {:?} is missing; say --input {}=X.npy", info.name, info.name))
        })
    };
    arrays.into_iter().zip(infos).map(missing).collect()
}

/// Arrays for a measurement: those given, or made-up numbers between -1 and 1.
pub(super) fn read_or_make(args: &[OsString], infos: &[TensorInfo]) -> Result<Vec<Vec<f32>>, Error> {
    if !args.is_empty() {
        return read(args, infos);
    }
    let make = |info: &TensorInfo| {
        let mut floats = memory::room(info.elements())?;
        floats.extend((0..info.elements()).map(|i| (i * 37 % 255) as f32 / 127.0 - 1.0));
        Ok(floats)
    };
    infos.iter().map(make).collect()
}

/// Which tensor a `FILE` or `NAME=FILE` is for. A name counts only when a tensor has it, since paths may contain `=`.
fn bind(arg: &OsStr, option: &str, infos: &[TensorInfo]) -> Result<(usize, PathBuf), Error> {
    let named = arg.to_str().and_then(|text| {
        // A name may contain `=` too.
        infos.iter().enumerate().find_map(|(index, info)| {
            let path = text.strip_prefix(info.name)?.strip_prefix('=')?;
            Some((index, PathBuf::from(path)))
        })
    });
    match (named, infos) {
        (Some(bound), _) => Ok(bound),
        (None, [_]) => Ok((0, arg.into())),
        (None, _) => {
            let names: Vec<&str> = infos.iter().map(|info| info.name).collect();
            Err(Error::usage(format!(
                "{option} {}: say for which tensor, as NAME=FILE; there are {}",
                arg.display(),
                names.join(", ")
            )))
        }
    }
}

/// Writes an array to a file, whole or not at all.
fn write(path: &Path, shape: &[usize], floats: &[f32]) -> Result<(), Error> {
    whole::replace(path, |file, _| npy::write(file, shape, floats)).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::new(format!("{}: cannot be written ({error})", path.display()))
}
