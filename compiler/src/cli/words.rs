//! Words of the commands that regenerate something.

use std::path::Path;

/// A word of a command line on one line, such that a shell takes it for that word and nothing else.
///
/// In single quotes a shell expands nothing. What cannot be seen, or would end the line, is there as octal numbers, which
/// shells read between `$'` and `'` (POSIX.1-2024, section 2.2.4).
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:=/+@".contains(c);
    // The standard library escapes what has no shape of its own, and quotes.
    let hidden = |c: char| !"'\"\\".contains(c) && c.escape_debug().len() > 1;
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !word.chars().any(hidden) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut text = "$'".to_owned();
    for c in word.chars() {
        match c {
            '\'' | '\\' => text.extend(['\\', c]),
            c if hidden(c) => {
                let octal = |byte: &u8| format!("\\{byte:03o}");
                text.extend(c.encode_utf8(&mut [0; 4]).as_bytes().iter().map(octal));
            }
            c => text.push(c),
        }
    }
    text + "'"
}

/// A file's name without its folder.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use std::process::Command;

    const WORDS: [&str; 14] = [
        "plain-1.onnx",
        "",
        "two words",
        "$(touch x).onnx",
        "`touch x`",
        "it's",
        "''",
        "\"$HOME\"",
        "!history",
        "a\\nb",
        "two\nlines'; touch x #",
        "\u{1b}[31m\u{7f}1",
        "\u{202e}gpj.x\u{2028}$(y)",
        "Modèle 模型",
    ];

    #[test]
    fn words_stay_on_one_line() {
        assert_eq!(quoted("plain-1.onnx"), "plain-1.onnx");
        assert_eq!(quoted("$(touch x).onnx"), "'$(touch x).onnx'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("a\nit's"), r"$'a\012it\'s'");
        for word in WORDS {
            let text = quoted(word);
            assert!(!text.contains(|c: char| c.is_control() || "\u{202e}\u{2028}".contains(c)), "{text:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn shells_read_the_words() {
        for word in WORDS {
            let script = format!("printf %s {}", quoted(word));
            let Ok(output) = Command::new("bash").args(["-c", &script]).output() else {
                println!("skipped: there is no bash");
                return;
            };
            assert!(output.status.success() && output.stderr.is_empty(), "{script}: {output:?}");
            assert_eq!(String::from_utf8_lossy(&output.stdout), word, "{script}");
        }
    }
}
