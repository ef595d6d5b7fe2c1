//! Pictures in, the best classes out.

use super::Stop;
use super::session::Session;
use super::table::{Align, Table, shape};
use crate::{Error, ModelInfo, Network, NoProbe, image};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Prints the `top` best classes of each picture.
pub(super) fn run<N: Network>(
    session: &mut Session<N>,
    pictures: &[PathBuf],
    top: usize,
    labels: Option<&Path>,
    out: &mut dyn Write,
) -> Result<(), Stop> {
    let classes = classes(N::INFO)?;
    let labels = labels.map(|path| read_labels(path, classes)).transpose()?;
    for path in pictures {
        let input = image::load(path, &N::INFO.preprocess)?;
        session.run(&[input], &mut NoProbe)?;
        let scores = session.output(0);
        let mut table = Table::new([Align::Right, Align::Right, Align::Left, Align::Right, Align::Right]);
        for (rank, (class, probability)) in ranking(scores).into_iter().take(top).enumerate() {
            let label = labels.as_ref().and_then(|labels| labels.get(class)).cloned().unwrap_or_default();
            table.row([
                (rank + 1).to_string(),
                class.to_string(),
                label,
                format!("{:.4}", scores[class]),
                format!("{:.2} %", probability * 100.0),
            ]);
        }
        write!(out, "{}\n{table}", path.display())?;
    }
    Ok(())
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
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::new(format!("{}: cannot be read ({error})", path.display())))?;
    let labels: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    if labels.len() != classes {
        return Err(Error::new(format!(
            "{}: has {} lines and the model has {classes} classes; give one label a line",
            path.display(),
            labels.len()
        )));
    }
    Ok(labels)
}

/// Classes with their probabilities, the best first.
///
/// Scores that already are probabilities (of a model that ends in a softmax) stay as they are.
fn ranking(scores: &[f32]) -> Vec<(usize, f64)> {
    let scores = scores.iter().map(|&score| f64::from(score));
    let sum: f64 = scores.clone().sum();
    let are_probabilities = scores.clone().all(|p| (0.0..=1.0).contains(&p)) && (sum - 1.0).abs() < 1e-3;
    let probabilities: Vec<f64> = if are_probabilities {
        scores.clone().collect()
    } else {
        let greatest = scores.clone().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = scores.clone().map(|score| (score - greatest).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.iter().map(|power| power / sum).collect()
    };
    let scores: Vec<f64> = scores.collect();
    let mut ranking: Vec<(usize, f64)> = probabilities.into_iter().enumerate().collect();
    ranking.sort_by(|a, b| scores[b.0].total_cmp(&scores[a.0]));
    ranking
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_logits_by_softmax() {
        let ranking = ranking(&[0.0, 3f32.ln(), -1000.0]);
        assert_eq!(ranking.iter().map(|entry| entry.0).collect::<Vec<_>>(), [1, 0, 2]);
        assert!(
            (ranking[0].1 - 0.75).abs() < 1e-6 && (ranking[1].1 - 0.25).abs() < 1e-6 && ranking[2].1 == 0.0
        );
    }

    #[test]
    fn keeps_probabilities() {
        assert_eq!(ranking(&[0.25, 0.75]), [(1, 0.75), (0, 0.25)]);
    }

    #[test]
    fn survives_what_is_no_number() {
        assert_eq!(ranking(&[f32::NAN, 1.0, f32::INFINITY]).len(), 3);
        assert!(ranking(&[]).is_empty());
    }
}
