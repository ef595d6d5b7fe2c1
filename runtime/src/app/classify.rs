//! Pictures in, the best classes out.

use super::args::Classify;
use super::report::Report;
use super::session::Session;
use super::table::shape;
use super::{Stop, Streams, pictures};
use crate::{Error, ModelInfo, Network, NoProbe, Ranked, image, memory, postprocess};
use std::path::Path;

/// Tells the best classes of each picture. One that cannot be read does not keep others from being told.
pub(super) fn run<N: Network>(
    session: &mut Session<N>,
    job: &Classify,
    streams: &mut Streams<'_>,
) -> Result<(), Stop> {
    let how = &N::INFO.postprocess;
    let classes = classes(N::INFO)?;
    memory::room::<(Ranked, f64, f64)>(classes)?;
    let labels = match &job.labels {
        Some(path) => read_labels(path, classes)?,
        None => how.labels.iter().map(|&label| label.to_owned()).collect(),
    };
    let mut report = Report::begin(streams.out, job.format)?;
    let pictures = pictures::expand(&job.pictures);
    let (total, mut failed) = (pictures.len(), 0);
    let mut last = None;
    for (path, found) in pictures {
        let name = path.display().to_string();
        let bytes = found.and_then(|()| pictures::read(&path, streams.input));
        let decode = |bytes: Vec<u8>| image::decode(&bytes).map_err(|error| error.at(&name));
        let input = bytes.and_then(decode).and_then(|picture| N::INFO.preprocess.apply(&picture));
        match input {
            Ok(input) => {
                session.run(&[input], &mut NoProbe)?;
                let mut best = postprocess::rank(session.output(0), how.softmax, &labels);
                best.truncate(job.top.unwrap_or(how.top));
                report.picture(&name, &best)?;
            }
            Err(error) => {
                report.failure(&name, &error)?;
                failed += 1;
                if total > 1 {
                    // Nothing is left to do when no one reads errors.
                    let _ = writeln!(streams.errors, "{}: {error}", N::INFO.name);
                }
                last = Some(error);
            }
        }
    }
    report.end()?;
    match last {
        None => Ok(()),
        Some(error) if total == 1 => Err(error.into()),
        Some(_) => Err(Error::new(format!("{failed} of {total} pictures could not be read")).into()),
    }
}

/// The number of classes of a model that takes one picture.
fn classes(info: &ModelInfo) -> Result<usize, Error> {
    let side = info.preprocess.crop as usize;
    match (info.inputs, info.outputs) {
        ([input], [output, ..]) if input.shape == [1, 3, side, side] => Ok(output.elements()),
        (inputs, _) => {
            let inputs: Vec<String> =
                inputs.iter().map(|input| format!("{} {}", input.name, shape(input))).collect();
            Err(Error::usage(format!(
                "the model does not take one picture of {side} x {side} pixels but {}; give it by --input",
                inputs.join(", ")
            )))
        }
    }
}

fn read_labels(path: &Path, classes: usize) -> Result<Vec<String>, Error> {
    let text = image::read_file(path)?;
    let text = String::from_utf8(text)
        .map_err(|_| Error::new(format!("{}: is no text in UTF-8; save it as such", path.display())))?;
    // Before anything is made of them.
    let lines = text.lines().count();
    if lines != classes {
        return Err(Error::new(format!(
            "{}: has {lines} lines and the model has {classes} classes; give one label a line",
            path.display()
        )));
    }
    Ok(text.lines().map(|line| line.trim().to_owned()).collect())
}
