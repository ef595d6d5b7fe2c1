//! User errors as values: each names the place, the reason and the remedy, and all are reported at once.

use std::fmt;

/// One thing that is wrong with what the user gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a node with its operator, a tensor, a file.
    pub place: String,
    /// What is wrong there.
    pub reason: String,
    /// What the user can do about it.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)?;
        if !self.remedy.is_empty() {
            write!(f, "; {}", self.remedy)?;
        }
        Ok(())
    }
}

/// Collects problems until a border is reached where they become an [`Error`].
#[derive(Clone, Debug, Default)]
pub struct Problems {
    list: Vec<Problem>,
}

impl Problems {
    /// An empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one problem.
    pub fn push(&mut self, place: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) {
        self.list.push(Problem { place: place.into(), reason: reason.into(), remedy: remedy.into() });
    }

    /// Adds the problems of an error from further down.
    pub fn absorb(&mut self, error: Error) {
        self.list.extend(error.problems);
    }

    /// True while nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// `Ok(value)` when nothing is wrong.
    ///
    /// # Errors
    /// All problems collected so far, as one error.
    pub fn into_result<T>(self, value: T) -> Result<T, Error> {
        if self.list.is_empty() { Ok(value) } else { Err(Error { subject: None, problems: self.list }) }
    }
}

/// Problems that the text of an error has; the others it only counts.
const SHOWN: usize = 1000;

/// Everything that is wrong with an input; never empty.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    /// The file or model that the problems are about, where that is not clear from the call.
    subject: Option<String>,
    problems: Vec<Problem>,
}

impl Error {
    /// An error of one problem.
    pub fn one(place: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        let problem = Problem { place: place.into(), reason: reason.into(), remedy: remedy.into() };
        Error { subject: None, problems: vec![problem] }
    }

    /// The same error about a file or model, which its text then begins with.
    #[must_use]
    pub fn about(self, subject: impl Into<String>) -> Self {
        Error { subject: Some(subject.into()), ..self }
    }

    /// The problems, in the order they were found.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = self.subject.as_deref().filter(|subject| match self.problems.as_slice() {
            [one] => !one.place.starts_with(subject),
            _ => true,
        });
        if let Some(subject) = subject {
            write!(f, "{subject}: ")?;
        }
        match self.problems.as_slice() {
            [one] => write!(f, "{one}"),
            many => {
                write!(f, "{} problems:", many.len())?;
                many.iter().take(SHOWN).try_for_each(|problem| write!(f, "\n  - {problem}"))?;
                match many.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(f, "\n  and {more} more"),
                }
            }
        }
    }
}

/// As [`Display`](fmt::Display): it is what a build script prints whose `main` returns the error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
