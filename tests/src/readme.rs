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
