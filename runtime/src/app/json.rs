//! The little JSON that measurements need: objects and arrays of numbers and strings.

use std::fmt::Display;

/// A string with its quotes.
pub(super) fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\0'..='\x1f' => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A number, or null for what JSON has no number for.
pub(super) fn number(x: impl Into<f64> + Copy + Display) -> String {
    if x.into().is_finite() { format!("{x}") } else { "null".to_owned() }
}

/// An array of encoded values.
pub(super) fn array(values: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", values.into_iter().collect::<Vec<_>>().join(","))
}

/// An object of encoded values.
pub(super) fn object<'a>(fields: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let fields: Vec<String> =
        fields.into_iter().map(|(key, value)| format!("{}:{value}", string(key))).collect();
    format!("{{{}}}", fields.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_nests() {
        let value = object([("a\"b", string("tab\tslash\\")), ("n", array([number(1.5), number(f64::NAN)]))]);
        assert_eq!(value, r#"{"a\"b":"tab\u0009slash\\","n":[1.5,null]}"#);
    }
}
