//! Einsum, as sums, transposes and matrix products: of two operands at a time, labels that both have and the result too
//! number the products of a batch, those that only the two have are summed over, all others are rows or columns.

use super::matrix;
use super::movement::{permute, spread};
use super::reduce;
use super::site::{Imported, Site};
use crate::ir::graph::ValueId;
use crate::onnx::refusal::Refusal;
use crate::ops::ReduceKind;
use std::collections::BTreeMap;

/// An axis: a letter of the equation, or a digit for an axis of an ellipsis, counted from its end.
type Label = char;

/// A value and what its axes are.
struct Labelled {
    value: ValueId,
    labels: Vec<Label>,
}

/// Einsum of any number of operands, from left to right.
pub(super) fn einsum(site: &mut Site) -> Imported {
    let equation = site.attrs.string("equation").unwrap_or_default();
    let equation: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match equation.split_once("->") {
        Some((left, right)) => (left, Some(right)),
        None => (equation.as_str(), None),
    };
    let terms: Vec<&str> = left.split(',').collect();
    if terms.len() != site.inputs.len() {
        let (terms, inputs) = (terms.len(), site.inputs.len());
        return Err(Refusal::invalid(format!("`{equation}` has {terms} terms for {inputs} operands")));
    }
    let mut operands = Vec::new();
    // The last operand that has a label.
    let mut last = BTreeMap::new();
    for (at, term) in terms.iter().enumerate() {
        let value = site.input(at)?;
        let labels = labels(term, site.shape(value).len())?;
        last.extend(labels.iter().map(|&label| (label, at)));
        operands.push(Labelled { value, labels });
    }
    let result = result(right, &operands)?;
    let extents = extents(site, &operands)?;
    let rest = operands.into_iter().map(|operand| broadcast(site, operand, &extents));
    let mut rest = rest.collect::<Result<Vec<_>, _>>()?.into_iter().enumerate();
    let (_, mut total) = rest.next().ok_or_else(|| Refusal::invalid("it has no operands"))?;
    for (at, next) in rest {
        let kept = |label: &Label| result.contains(label) || last.get(label).is_some_and(|&last| last > at);
        total = multiply(site, total, next, &kept)?;
    }
    let total = sum_out(site, total, &|label| result.contains(label))?;
    arrange(site, &total, &result)
}

/// The labels of a term for an operand of `rank` axes.
fn labels(term: &str, rank: usize) -> Result<Vec<Label>, Refusal> {
    let invalid = |what: String| Err(Refusal::invalid(what));
    let (before, after) = term.split_once("...").unwrap_or((term, ""));
    let named = before.chars().count() + after.chars().count();
    let hidden = if term.contains("...") { rank.checked_sub(named) } else { Some(0) };
    let Some(hidden) = hidden.filter(|hidden| hidden + named == rank) else {
        return invalid(format!("the term `{term}` does not label {rank} axes"));
    };
    if let Some(other) = before.chars().chain(after.chars()).find(|c| !c.is_ascii_alphabetic()) {
        return invalid(format!("the term `{term}` has `{other}`, which is no letter"));
    }
    let digits: Option<Vec<char>> = (0..hidden).rev().map(|axis| char::from_digit(axis as u32, 10)).collect();
    let Some(digits) = digits else {
        return Err(Refusal::unsupported(format!("an ellipsis of {hidden} axes")));
    };
    let labels: Vec<Label> = before.chars().chain(digits).chain(after.chars()).collect();
    if let Some(twice) = labels.iter().enumerate().find(|(at, label)| labels[..*at].contains(label)) {
        return Err(Refusal::unsupported(format!("`{}` twice in the term `{term}`, a diagonal", twice.1)));
    }
    Ok(labels)
}

/// The labels of the result: as written, or those of the ellipsis and every letter that occurs once, in order.
fn result(right: Option<&str>, operands: &[Labelled]) -> Result<Vec<Label>, Refusal> {
    let mut counts: BTreeMap<Label, usize> = BTreeMap::new();
    for &label in operands.iter().flat_map(|operand| &operand.labels) {
        *counts.entry(label).or_insert(0) += 1;
    }
    let hidden: Vec<Label> = counts.keys().rev().copied().filter(char::is_ascii_digit).collect();
    let Some(right) = right else {
        let once = counts.iter().filter(|&(label, &count)| count == 1 && label.is_ascii_alphabetic());
        return Ok(hidden.into_iter().chain(once.map(|(&label, _)| label)).collect());
    };
    let shown = if right.contains("...") { hidden.len() } else { 0 };
    let labels = labels(right, right.replace("...", "").chars().count() + shown)?;
    match labels.iter().find(|label| !counts.contains_key(label)) {
        Some(unknown) => Err(Refusal::invalid(format!("`{unknown}` of the result is in no term"))),
        None => Ok(labels),
    }
}

/// What each label counts to. Axes of ellipses may have the extent 1 in some operands.
fn extents(site: &Site, operands: &[Labelled]) -> Result<BTreeMap<Label, usize>, Refusal> {
    let mut extents = BTreeMap::new();
    for operand in operands {
        for (&label, &extent) in operand.labels.iter().zip(site.shape(operand.value)) {
            let known = extents.entry(label).or_insert(extent);
            match (*known, extent) {
                (1, _) if label.is_ascii_digit() => *known = extent,
                (_, 1) if label.is_ascii_digit() => {}
                (known, extent) if known == extent => {}
                (known, extent) => {
                    return Err(Refusal::invalid(format!("`{label}` counts to {known} and to {extent}")));
                }
            }
        }
    }
    Ok(extents)
}

/// The operand with all axes at their full extents.
fn broadcast(
    site: &mut Site,
    operand: Labelled,
    extents: &BTreeMap<Label, usize>,
) -> Result<Labelled, Refusal> {
    let shape: Vec<usize> = operand.labels.iter().filter_map(|label| extents.get(label).copied()).collect();
    Ok(Labelled { value: spread(site, operand.value, &shape)?, ..operand })
}

/// Sums over the axes that are not kept, and drops them.
fn sum_out(site: &mut Site, x: Labelled, kept: &dyn Fn(&Label) -> bool) -> Result<Labelled, Refusal> {
    let axes: Vec<usize> = (0..x.labels.len()).filter(|&axis| !kept(&x.labels[axis])).collect();
    if axes.is_empty() {
        return Ok(x);
    }
    let sums = reduce::over(site, x.value, ReduceKind::Sum, &axes)?;
    let labels: Vec<Label> = x.labels.into_iter().filter(kept).collect();
    let shape = site.shape(sums).iter().enumerate().filter(|(axis, _)| !axes.contains(axis));
    let shape = shape.map(|(_, &extent)| extent).collect();
    Ok(Labelled { value: site.reshape(sums, shape)?, labels })
}

/// The same value with its axes in another order.
fn arrange(site: &mut Site, x: &Labelled, order: &[Label]) -> Imported {
    let perm = order.iter().filter_map(|label| x.labels.iter().position(|own| own == label)).collect();
    permute(site, x.value, perm)
}

/// The product of two values, summed over what is not kept.
fn multiply(
    site: &mut Site,
    a: Labelled,
    b: Labelled,
    kept: &dyn Fn(&Label) -> bool,
) -> Result<Labelled, Refusal> {
    let others = b.labels.clone();
    let a = sum_out(site, a, &|label| kept(label) || others.contains(label))?;
    let others = a.labels.clone();
    let b = sum_out(site, b, &|label| kept(label) || others.contains(label))?;
    let (both, rows): (Vec<Label>, Vec<Label>) = a.labels.iter().partition(|label| b.labels.contains(label));
    let (batch, inner): (Vec<Label>, Vec<Label>) = both.into_iter().partition(kept);
    let columns: Vec<Label> = b.labels.iter().copied().filter(|label| !a.labels.contains(label)).collect();
    let left = arrange(site, &a, &[batch.as_slice(), &rows, &inner].concat())?;
    let right = arrange(site, &b, &[batch.as_slice(), &inner, &columns].concat())?;
    let at = [batch.len(), batch.len() + rows.len()];
    let (outer, m) = site.shape(left).split_at(at[0]);
    let (outer, (m, k)) = (outer.to_vec(), m.split_at(at[1] - at[0]));
    let (m, k, n) =
        (m.to_vec(), k.iter().product(), site.shape(right).split_at(at[0] + inner.len()).1.to_vec());
    let matrices = |rows: usize, columns: usize| match outer.is_empty() {
        true => vec![rows, columns],
        false => vec![outer.iter().product(), rows, columns],
    };
    let left = site.reshape(left, matrices(m.iter().product(), k))?;
    let right = site.reshape(right, matrices(k, n.iter().product()))?;
    let product = matrix::product(site, left, right)?;
    let value = site.reshape(product, [outer, m, n].concat())?;
    Ok(Labelled { value, labels: [batch, rows, columns].concat() })
}
