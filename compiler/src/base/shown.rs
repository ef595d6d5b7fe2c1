//! Text of a model, as messages may show it: it must neither steer a terminal nor fill it.

use std::fmt::Write;

/// Bytes of a part of a message; of a longer one the middle is left out.
const LONGEST: usize = 2000;

/// True for what a terminal or an editor obeys instead of showing it: control characters, line breaks, and what changes
/// the direction of the text around.
pub fn is_control(c: char) -> bool {
    let directs =
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || directs || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The text with such characters as `\u{1b}`, and without the middle where it is long.
pub fn shown(text: String) -> String {
    if text.len() <= LONGEST && !text.contains(is_control) {
        return text;
    }
    let (head, tail) = ends(&text);
    let mut out = String::with_capacity(head.len() + tail.len());
    escape(&mut out, head);
    if head.len() + tail.len() < text.len() {
        let _ = write!(out, " .. ({} bytes) .. ", text.len() - head.len() - tail.len());
        escape(&mut out, tail);
    }
    out
}

/// Most of a long text is its beginning; the end says what it was about.
fn ends(text: &str) -> (&str, &str) {
    if text.len() <= LONGEST {
        return (text, "");
    }
    let is_boundary = |at: &usize| text.is_char_boundary(*at);
    let head = (0..=LONGEST * 3 / 4).rev().find(is_boundary).unwrap_or(0);
    let tail = (text.len() - LONGEST / 4..text.len()).find(is_boundary).unwrap_or(text.len());
    (text.get(..head).unwrap_or_default(), text.get(tail..).unwrap_or_default())
}

fn escape(out: &mut String, text: &str) {
    for c in text.chars() {
        if is_control(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_a_terminal_but_what_it_shows() {
        let cases = [
            ("conv/1:0 \u{e9}\u{1f600}", "conv/1:0 \u{e9}\u{1f600}"),
            ("\u{1b}]0;title\u{7}", "\\u{1b}]0;title\\u{7}"),
            ("a\nb\tc\u{9b}31m\u{7f}", "a\\u{a}b\\u{9}c\\u{9b}31m\\u{7f}"),
            ("a\u{202e}b\u{2028}", "a\\u{202e}b\\u{2028}"),
        ];
        for (text, want) in cases {
            assert_eq!(shown(text.to_owned()), want);
        }
    }

    #[test]
    fn long_texts_keep_their_ends() {
        for unit in ["n", "\u{e9}", "\u{1f600}"] {
            let text = format!("begin{}end", unit.repeat(1_000_000));
            let short = shown(text);
            assert!(short.len() < LONGEST + 100, "{}", short.len());
            assert!(short.starts_with("begin") && short.ends_with("end") && short.contains(" bytes) .. "));
        }
        assert_eq!(shown("x".repeat(LONGEST)), "x".repeat(LONGEST));
    }
}
