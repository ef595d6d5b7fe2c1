//! The table of the operators that are read: one row per ONNX operator and change of its definition.
//!
//! To add an operator: a row in the file of its family here, and a function in a file of the importers. Everything else
//! (`tilewright ops`, the tests, the list in the repository) reads the table.

mod elementwise;
mod linear;
mod movement;
pub(super) mod row;
mod window;

use self::row::{Import, Row};

/// The rows of each family; all rows of an operator are in one.
const FAMILIES: [&[Row]; 4] = [elementwise::ROWS, linear::ROWS, movement::ROWS, window::ROWS];

fn rows() -> impl Iterator<Item = &'static Row> {
    FAMILIES.into_iter().flatten()
}

/// The row of an operator at a version of the operator set.
pub(super) fn find(name: &str, opset: i64) -> Option<&'static Row> {
    rows().filter(|row| row.name == name && row.since <= opset).max_by_key(|row| row.since)
}

/// What the reader knows of an operator, for listings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// ONNX name.
    pub name: &'static str,
    /// Versions of the operator set at which its definition changes for this reader, oldest first.
    pub since: Vec<i64>,
    /// Attributes, of any version.
    pub attributes: Vec<&'static str>,
    /// Done only where its operands are known at import (shape arithmetic).
    pub constants_only: bool,
    /// What of the newest definition is not done; empty when all of it is.
    pub limits: &'static str,
}

/// Every operator that is read, by name.
pub fn operators() -> Vec<Operator> {
    let mut sorted: Vec<&Row> = rows().collect();
    sorted.sort_by_key(|row| (row.name, row.since));
    let mut operators: Vec<Operator> = Vec::new();
    for row in sorted {
        if operators.last().is_none_or(|last| last.name != row.name) {
            let constants_only = matches!(row.import, Import::Fold(_));
            operators.push(Operator {
                name: row.name,
                since: Vec::new(),
                attributes: Vec::new(),
                constants_only,
                limits: row.limits,
            });
        }
        let Some(operator) = operators.last_mut() else { continue };
        operator.since.push(row.since);
        operator.limits = row.limits;
        for (attribute, _) in row.attributes {
            if !operator.attributes.contains(attribute) {
                operator.attributes.push(attribute);
            }
        }
    }
    operators
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_sorted_and_disjoint() {
        for family in FAMILIES {
            let keys: Vec<_> = family.iter().map(|row| (row.name, row.since)).collect();
            assert!(keys.is_sorted_by(|a, b| a < b), "{keys:?}");
        }
        let mut names: Vec<_> = FAMILIES
            .into_iter()
            .flat_map(|family| {
                let mut names: Vec<_> = family.iter().map(|row| row.name).collect();
                names.dedup();
                names
            })
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "an operator is in two families");
    }
}
