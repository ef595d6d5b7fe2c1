//! The `data` of a JSON tensor: numbers in a list, or in lists of lists, row-major either way.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;

/// The numbers in their order, however they were nested.
#[derive(PartialEq, Debug)]
pub struct Numbers(pub Vec<f32>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut numbers = Vec::new();
        deserializer.deserialize_seq(Append(&mut numbers))?;
        Ok(Numbers(numbers))
    }
}

/// Appends a number, or all numbers of a list. The parser bounds how deep lists go.
struct Append<'a>(&'a mut Vec<f32>);

impl<'de> DeserializeSeed<'de> for Append<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Append<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a list of them")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        let number = value as f32;
        if !number.is_finite() {
            return Err(E::custom(format!("{value:e} is beyond what FP32 holds")));
        }
        self.0.push(number);
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.visit_f64(value as f64)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Append(self.0))?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Numbers, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn nested_lists_are_one_list() {
        for text in ["[1, -2, 0.5, 3]", "[[1, -2], [0.5, 3]]", "[[[1], [-2]], [[0.5], [3]]]"] {
            assert_eq!(parse(text).unwrap(), Numbers(vec![1.0, -2.0, 0.5, 3.0]));
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let deep = "[".repeat(200);
        for text in ["1", "[true]", "[\"1\"]", "[null]", "[{}]", "[1e39]", "[1,", &deep] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
