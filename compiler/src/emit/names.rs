//! Names of a model's inputs and outputs as Rust has them.

use super::is_identifier;
use proc_macro2::{Ident, Span};
use std::collections::HashSet;

/// Names that mean something else in the code around.
const TAKEN: [&str; 3] = ["self", "workspace", "super"];

/// One identifier for each name, no two alike: letters in lower case, digits, underscores. `word` stands in front of what
/// would begin with a digit, and for what has no letter at all.
pub fn identifiers<'a>(names: impl Iterator<Item = &'a str>, word: &str) -> Vec<Ident> {
    let mut used = HashSet::new();
    let unique = |name: &str| {
        let plain = plain(name, word);
        let numbered = (2..).map(|number| format!("{plain}_{number}"));
        let free = std::iter::once(plain.clone()).chain(numbered).find(|name| used.insert(name.clone()));
        Ident::new(&free.unwrap_or(plain), Span::call_site())
    };
    names.map(unique).collect()
}

fn plain(name: &str, word: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let text: String = name.chars().map(letter).collect();
    let text = text.trim_matches('_');
    match text.chars().next() {
        None => word.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("{word}_{text}"),
        Some(_) if is_identifier(text) && !TAKEN.contains(&text) => text.to_owned(),
        Some(_) => format!("{text}_"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_becomes_an_identifier_of_its_own() {
        let cases = [
            (vec!["input"], vec!["input"]),
            (vec!["input.1", "Input:1", "input_1"], vec!["input_1", "input_1_2", "input_1_3"]),
            (vec!["a", "a_2", "A"], vec!["a", "a_2", "a_3"]),
            (vec!["495", "", "π", "//"], vec!["value_495", "value", "value_2", "value_3"]),
            (vec!["type", "self", "workspace", "Self"], vec!["type_", "self_", "workspace_", "self__2"]),
            (vec!["_logits_"], vec!["logits"]),
        ];
        for (names, want) in cases {
            let got: Vec<String> =
                identifiers(names.iter().copied(), "value").iter().map(Ident::to_string).collect();
            assert_eq!(got, want);
            assert!(got.iter().all(|name| is_identifier(name)), "{got:?}");
        }
    }
}
