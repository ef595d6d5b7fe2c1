//! The one error type of the runtime: a paragraph for the user, and whether the command line was at fault.

use std::fmt;

/// Whose fault an [`Error`] is; decides the exit code of the standalone program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The command line or a call is wrong: exit code 2.
    Usage,
    /// A file, the memory or the machine does not suffice: exit code 1.
    Other,
}

/// What went wrong, in one paragraph that names the file or argument and the remedy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// An error of the surroundings: a file, the memory, the machine.
    pub fn new(message: impl Into<String>) -> Self {
        Error { kind: ErrorKind::Other, message: message.into() }
    }

    /// An error of the caller: a wrong argument.
    pub fn usage(message: impl Into<String>) -> Self {
        Error { kind: ErrorKind::Usage, message: message.into() }
    }

    /// Whose fault it is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The same error with `place: ` in front of its message.
    #[must_use]
    pub fn at(mut self, place: impl fmt::Display) -> Self {
        self.message = format!("{place}: {}", self.message);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_goes_in_front_and_keeps_the_kind() {
        let error = Error::usage("no such option").at("--top");
        assert_eq!(error.to_string(), "--top: no such option");
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert_eq!(Error::new("x").kind(), ErrorKind::Other);
    }
}
