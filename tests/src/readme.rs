//! README's code blocks, for tests that keep them true.

/// The text of README.
pub const TEXT: &str = include_str!("../../README.md");

/// The code block that contains this text, without its fences.
///
/// # Panics
/// When there is none.
pub fn block(part: &str) -> String {
    let inside = TEXT.split("```").skip(1).step_by(2);
    let code = inside.filter_map(|block| block.split_once('\n')).map(|(_, code)| code);
    code.filter(|code| code.contains(part)).map(str::to_owned).next().expect("a code block with this text")
}

/// The commands of the page, without what is said of them, in their order; those below the heading `but` are left out.
pub fn commands(but: &str) -> Vec<&'static str> {
    let outside = |section: &&str| !section.trim_start().starts_with(but.trim_start_matches("## "));
    let lines = TEXT.split("\n## ").filter(outside).flat_map(str::lines);
    lines
        .filter_map(|line| line.strip_prefix("$ "))
        .map(|line| line.split(" # ").next().unwrap_or(line).trim())
        .collect()
}
