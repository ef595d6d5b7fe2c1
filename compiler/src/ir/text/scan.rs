//! A cursor over one line of graph text.

/// Characters that are written with a backslash in quoted names: the letter, the character.
pub(super) const ESCAPES: [(char, char); 4] = [('"', '"'), ('\\', '\\'), ('n', '\n'), ('r', '\r')];

/// True for characters of names that need no quotes.
pub(super) fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_/.:-@".contains(c)
}

/// What is left of a line. Every method first skips spaces.
pub(super) struct Scan<'a>(pub &'a str);

impl<'a> Scan<'a> {
    /// Takes `token` if it is next.
    pub fn eat(&mut self, token: &str) -> bool {
        self.0 = self.0.trim_start();
        let rest = self.0.strip_prefix(token);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// Takes `token`, which must be next.
    pub fn require(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(format!("`{token}` is missing before `{}`", self.0)) }
    }

    /// Takes everything up to `end`, and `end` itself.
    pub fn until(&mut self, end: char) -> Result<&'a str, String> {
        let (text, rest) = self.0.split_once(end).ok_or_else(|| format!("`{end}` is missing"))?;
        self.0 = rest;
        Ok(text.trim())
    }

    /// Takes `%name`.
    pub fn reference(&mut self) -> Result<String, String> {
        self.require("%")?;
        self.name()
    }

    /// Takes a name, plain or in quotes. A plain name does not end in `:`, which then separates.
    pub fn name(&mut self) -> Result<String, String> {
        self.0 = self.0.trim_start();
        if let Some(rest) = self.0.strip_prefix('"') {
            return self.quoted(rest);
        }
        let end = self.0.find(|c| !is_plain(c)).unwrap_or(self.0.len());
        let (name, _) = self.0.split_at(end);
        let name = name.strip_suffix(':').unwrap_or(name);
        self.0 = self.0.strip_prefix(name).unwrap_or_default();
        if name.is_empty() {
            Err(format!("a name is missing before `{}`", self.0))
        } else {
            Ok(name.to_owned())
        }
    }

    fn quoted(&mut self, text: &'a str) -> Result<String, String> {
        let mut name = String::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => {
                    self.0 = chars.as_str();
                    return Ok(name);
                }
                '\\' => {
                    let letter = chars.next();
                    let escape = ESCAPES.iter().find(|(escape, _)| Some(*escape) == letter);
                    name.push(escape.ok_or("a name has an unknown escape")?.1);
                }
                _ => name.push(c),
            }
        }
        Err("a name does not end".to_owned())
    }

    /// Names between commas up to the end of the line.
    pub fn names(&mut self) -> Result<Vec<String>, String> {
        let mut names = vec![self.name()?];
        while self.eat(",") {
            names.push(self.name()?);
        }
        self.end()?;
        Ok(names)
    }

    /// Nothing is left.
    pub fn end(&mut self) -> Result<(), String> {
        match self.0.trim() {
            "" => Ok(()),
            rest => Err(format!("`{rest}` is too much")),
        }
    }
}
