//! Rust as a flat list of tokens, without comments, strings, tests and quoted code.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A token of the code that ships.
#[derive(Clone, Debug)]
pub struct Token {
    /// Identifier, punctuation, or a bracket; literals are left out.
    pub text: String,
    /// Line, from 1.
    pub line: usize,
}

/// A path, its `use` trees expanded.
#[derive(Clone, Debug)]
pub struct Path {
    /// Names from the root of the crate, or from an external crate.
    pub names: Vec<String>,
    /// Line of the first name.
    pub line: usize,
}

/// The tokens of a file; none when it is no Rust, which the compiler reports better.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut list = Vec::new();
    if let Ok(stream) = text.parse() {
        flatten(stream, &mut list);
    }
    list
}

fn flatten(stream: TokenStream, list: &mut Vec<Token>) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while let Some(tree) = trees.get(at) {
        if test_attribute(&trees[at..]) {
            at += item_len(&trees[at..]);
            continue;
        }
        at += 1;
        let line = tree.span().start().line;
        let mut push = |text: String| list.push(Token { text, line });
        match tree {
            TokenTree::Ident(ident) => push(ident.to_string()),
            TokenTree::Punct(punct) => push(punct.as_char().to_string()),
            TokenTree::Literal(_) => push("\"".to_owned()),
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                push(open.to_owned());
                if !quoted(&list[..list.len() - 1]) {
                    flatten(group.stream(), list);
                }
                list.push(Token { text: close.to_owned(), line: group.span_close().start().line });
            }
        }
    }
}

/// True behind `quote!`: what follows is code of another crate.
fn quoted(before: &[Token]) -> bool {
    matches!(before, [.., name, bang] if name.text == "quote" && bang.text == "!")
}

/// True at `#[cfg(test)]` or `#[test]`.
fn test_attribute(trees: &[TokenTree]) -> bool {
    let [TokenTree::Punct(hash), TokenTree::Group(group), ..] = trees else { return false };
    let text = group.stream().to_string().replace(' ', "");
    hash.as_char() == '#' && matches!(text.as_str(), "cfg(test)" | "test")
}

/// Tokens up to the end of an item: its body or its semicolon.
fn item_len(trees: &[TokenTree]) -> usize {
    let ends = |tree: &TokenTree| match tree {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    };
    trees.iter().position(ends).map_or(trees.len(), |end| end + 1)
}

/// Every path that starts with a name `::`, and every `use` of one name. `module` is the path of the file's module, by
/// which `super` is resolved; such paths, and those that start with `crate`, begin with `crate`.
pub fn paths(tokens: &[Token], module: &[String]) -> Vec<Path> {
    let mut list = Vec::new();
    for at in 0..tokens.len() {
        let follows = at > 0 && tokens[at - 1].text == ":";
        let in_use = at > 0 && tokens[at - 1].text == "use";
        if is_name(&tokens[at]) && !follows && (in_use || separator(tokens, at + 1)) {
            let line = tokens[at].line;
            let mut found = Vec::new();
            expand(tokens, at, Vec::new(), &mut found);
            list.extend(found.into_iter().map(|names| Path { names: resolve(names, module), line }));
        }
    }
    list
}

fn is_name(token: &Token) -> bool {
    token.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn separator(tokens: &[Token], at: usize) -> bool {
    matches!(tokens.get(at..at + 2), Some([a, b]) if a.text == ":" && b.text == ":")
}

/// Follows a path from `at`, through the groups of a `use`; returns where it ends.
fn expand(tokens: &[Token], mut at: usize, mut names: Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    loop {
        match tokens.get(at) {
            Some(token) if token.text == "{" && !names.is_empty() => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token.text != "}") {
                    let is_path = is_name(&tokens[at]) && tokens[at].text != "as";
                    at = if is_path { expand(tokens, at, names.clone(), found) } else { at + 1 };
                }
                return at + 1;
            }
            Some(token) if is_name(token) => names.push(token.text.clone()),
            _ => {
                found.push(names);
                return at;
            }
        }
        at += 1;
        if !separator(tokens, at) {
            found.push(names);
            return at;
        }
        at += 2;
    }
}

fn resolve(names: Vec<String>, module: &[String]) -> Vec<String> {
    let ups = names.iter().take_while(|name| *name == "super").count();
    if ups == 0 {
        return names;
    }
    let kept = module.len().saturating_sub(ups);
    let start = std::iter::once("crate".to_owned()).chain(module[..kept].iter().cloned());
    start.chain(names.into_iter().skip(ups)).collect()
}
