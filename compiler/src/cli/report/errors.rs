//! Errors of layers, as `tilewright verify --json` prints them.

use crate::cli::file::read_text;
use crate::schedule::plan::Plan;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;

/// The largest error of each step over all instruction sets, relative to its largest element; `None` for what was not
/// compared.
///
/// # Errors
/// A file that cannot be read or is no output of `verify`; one of another program.
pub fn read(path: &Path, plan: &Plan) -> Result<Vec<Option<f64>>> {
    let place = path.display();
    let text = read_text(path)?;
    let value: Value = serde_json::from_str(&text)
        .with_context(|| format!("{place} is no JSON; `tilewright verify --json` prints it"))?;
    let Some(isas) = value["isas"].as_array() else {
        bail!("{place} has no errors; `tilewright verify --json` prints them");
    };
    let mut errors: Vec<Option<f64>> = vec![None; plan.steps.len()];
    for found in isas.iter().filter_map(|isa| isa["steps"].as_array()).flatten() {
        let number = found["step"].as_u64().and_then(|step| usize::try_from(step).ok());
        let step = number.and_then(|step| Some((errors.get_mut(step)?, plan.steps.get(step)?)));
        let kernel = found["kernel"].as_str().unwrap_or_default();
        match step {
            Some((worst, step)) if plan.kernel(step).name == kernel => {
                // What is no number is infinite.
                let relative = found["relative"].as_f64().unwrap_or(f64::INFINITY);
                *worst = Some(worst.unwrap_or(0.0).max(relative));
            }
            _ => bail!(
                "{place} is of another program: there is no step {} with the kernel `{kernel}` here; verify with the options of \
                 the report",
                found["step"]
            ),
        }
    }
    Ok(errors)
}
