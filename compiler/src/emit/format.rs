//! From tokens to text: prettyplease, then ordinary comments and blank lines, which tokens cannot carry.

use proc_macro2::TokenStream;
use quote::quote;

/// An ordinary comment as a statement that [`pretty`] rewrites.
pub fn comment(text: &str) -> TokenStream {
    quote!(__comment!(#text);)
}

/// Formats the items of a file.
///
/// # Errors
/// Tokens that are no Rust file: a bug of the emitter.
pub fn pretty(tokens: TokenStream) -> Result<String, String> {
    let file = syn::parse2::<syn::File>(tokens).map_err(|error| error.to_string())?;
    Ok(finish(&prettyplease::unparse(&file)))
}

/// How a comment looks in the tokens.
const MARKER: &str = "__comment!(";

/// Width at which comments wrap.
const WIDTH: usize = 110;

fn finish(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut previous = "";
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if starts_item(line) && !previous.is_empty() && !continues(previous, line) {
            out.push('\n');
        }
        if line.trim_start().starts_with(MARKER) {
            // A long marker is broken into three lines.
            let rest = lines.by_ref().take(if line.ends_with(");") { 0 } else { 2 });
            let whole: String = std::iter::once(line).chain(rest.map(str::trim)).collect();
            let indent = &line[..line.len() - line.trim_start().len()];
            wrap(&mut out, indent, &comment_text(&whole));
        } else {
            out.push_str(line);
            out.push('\n');
        }
        previous = line;
    }
    out
}

/// True for the first line of an item at the left margin.
fn starts_item(line: &str) -> bool {
    !line.is_empty() && !line.starts_with([' ', '}', ')', ']'])
}

/// True when `line` belongs to the item or group of items that `previous` is part of.
fn continues(previous: &str, line: &str) -> bool {
    let head = |line: &str| line.split_whitespace().next().unwrap_or("").to_owned();
    previous.starts_with(['/', '#']) && !previous.starts_with("//!")
        || previous.starts_with("//!") && line.starts_with("//!")
        || head(previous) == head(line) && matches!(head(line).as_str(), "use" | "const" | "mod")
}

/// The text of a marker.
fn comment_text(marker: &str) -> String {
    let quoted = marker.trim().trim_start_matches(MARKER).trim_end_matches(");");
    syn::parse_str::<syn::LitStr>(quoted).map_or_else(|_| quoted.to_owned(), |text| text.value())
}

fn wrap(out: &mut String, indent: &str, text: &str) {
    let mut column = 0;
    for word in text.split(' ') {
        if column > 0 && column + 1 + word.len() > WIDTH {
            out.push('\n');
            column = 0;
        }
        if column == 0 {
            let start = format!("{indent}// {word}");
            column = start.len();
            out.push_str(&start);
        } else {
            out.push(' ');
            out.push_str(word);
            column += 1 + word.len();
        }
    }
    out.push('\n');
}
