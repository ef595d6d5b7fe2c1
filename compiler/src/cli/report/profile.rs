//! Profiles, as programs print them in JSON.

use crate::cli::file::read_text;
use crate::report::html::Profile;
use crate::schedule::plan::Plan;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Reads a profile of the program of this plan.
///
/// # Errors
/// A file that cannot be read or is no profile; a profile of another program.
pub fn read(path: &Path, plan: &Plan) -> Result<Profile> {
    let text = read_text(path)?;
    let what = || format!("{} is no profile; `tilewright profile --json` prints one", path.display());
    let value: Value = serde_json::from_str(&text).with_context(what)?;
    let profile = parse(&value).with_context(what)?;
    let kernels: Vec<&str> = steps(&value).iter().filter_map(|step| step["kernel"].as_str()).collect();
    let planned = plan.steps.iter().map(|step| plan.kernel(step).name.as_str());
    if let Some((step, (measured, planned))) =
        kernels.iter().zip(planned).enumerate().find(|(_, (measured, planned))| **measured != *planned)
    {
        bail!(
            "{} is of another program: step {step} is `{measured}` there and `{planned}` here; profile with the options of \
             the report",
            path.display()
        );
    }
    if kernels.len() != plan.steps.len() {
        bail!(
            "{} is of another program: it has {} steps, and there are {} here",
            path.display(),
            kernels.len(),
            plan.steps.len()
        );
    }
    Ok(profile)
}

fn steps(value: &Value) -> &[Value] {
    value["steps"].as_array().map_or(&[], Vec::as_slice)
}

/// `None` where something is missing or is no measurement.
fn parse(value: &Value) -> Option<Profile> {
    let whole = |key: &str| usize::try_from(value[key].as_u64()?).ok().filter(|&count| count > 0);
    let seconds = steps(value).iter().map(|step| step["ms"].as_f64().map(|ms| ms * 1e-3));
    let kernels = value["kernels"].as_array().map_or(&[][..], Vec::as_slice).iter();
    let kernels = kernels
        .filter_map(|kernel| Some((kernel["kernel"].as_str()?.to_owned(), kernel["code_bytes"].as_u64()?)));
    // A day is more than any step takes.
    let positive = |seconds: &f64| (0.0..=86_400.0).contains(seconds);
    Some(Profile {
        isa: value["isa"].as_str()?.to_owned(),
        threads: whole("threads")?,
        rounds: whole("rounds")?,
        peak: value["peak_gflops"].as_f64().filter(|&peak| peak > 0.0)? * 1e9,
        seconds: seconds.collect::<Option<Vec<f64>>>().filter(|list| list.iter().all(positive))?,
        code_bytes: kernels.collect::<BTreeMap<String, u64>>(),
        binary_bytes: value["binary_bytes"].as_u64(),
    })
}

#[cfg(test)]
mod tests {
    use super::parse;
    use serde_json::{Value, json};

    fn profile() -> Value {
        json!({
            "isa": "avx2", "threads": 2, "rounds": 50, "peak_gflops": 100.0,
            "steps": [{"kernel": "a", "ms": 1.5}, {"kernel": "b", "ms": 0.0}],
        })
    }

    #[test]
    fn a_profile_is_read() {
        let found = parse(&profile()).expect("a profile");
        assert_eq!((found.threads, found.rounds, found.peak), (2, 50, 1e11));
        assert_eq!(found.seconds, [1.5e-3, 0.0]);
        assert!(found.code_bytes.is_empty() && found.binary_bytes.is_none());
    }

    #[test]
    fn what_is_no_profile_is_none() {
        for (key, wrong) in [
            ("isa", json!(1)),
            ("threads", json!(0)),
            ("rounds", json!(null)),
            ("peak_gflops", json!(-1.0)),
            ("steps", json!([{"kernel": "a"}])),
            ("steps", json!([{"kernel": "a", "ms": -1.0}])),
            ("steps", json!([{"kernel": "a", "ms": 1e300}])),
        ] {
            let mut value = profile();
            value[key] = wrong;
            assert!(parse(&value).is_none(), "{value}");
        }
        assert!(parse(&json!([])).is_none() && parse(&json!({})).is_none());
    }
}
