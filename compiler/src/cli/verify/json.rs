//! Reports of `verify` as JSON, for scripts and for `tilewright report`.

use super::compare::{Difference, IsaReport, Role};
use serde_json::{Value, json};

/// Every comparison on every instruction set.
pub fn reports(model: &str, reports: &[IsaReport]) -> Value {
    let isas: Vec<Value> = reports
        .iter()
        .map(|report| {
            let (outputs, steps): (Vec<_>, Vec<_>) =
                report.differences.iter().partition(|difference| difference.role == Role::Output);
            json!({
                "isa": report.isa.name,
                "agrees": report.fault().is_none(),
                "all_steps": report.steps,
                "steps": steps.into_iter().map(|step| difference("step", step)).collect::<Vec<_>>(),
                "outputs": outputs.into_iter().map(|output| difference("output", output)).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({"model": model, "isas": isas})
}

/// JSON has no number for what is infinite: that is null.
fn difference(number: &str, difference: &Difference) -> Value {
    json!({
        number: difference.index,
        "value": difference.value,
        "kernel": difference.kernel,
        "algorithm": difference.algorithm,
        "largest": difference.largest,
        "absolute": difference.absolute,
        "relative": difference.relative(),
        "diverges": difference.diverges(),
    })
}
