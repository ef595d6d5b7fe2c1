//! User errors as values: each names the place, the reason and the remedy, and all are reported at once.

use super::shown::shown;
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

impl Problem {
    /// A problem. What the texts quote of a model is shown, not obeyed: see [`shown`].
    pub fn new(place: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Problem { place: shown(place.into()), reason: shown(reason.into()), remedy: shown(remedy.into()) }
    }
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

/// Problems that are kept; a file can have millions, of which the others are only counted.
pub const KEPT: usize = 1000;

/// Collects problems until a border is reached where they become an [`Error`].
#[derive(Clone, Debug, Default)]
pub struct Problems {
    list: Vec<Problem>,
    /// How many there are besides.
    more: usize,
}

impl Problems {
    /// An empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one problem.
    pub fn push(&mut self, place: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) {
        if self.list.len() < KEPT {
            self.list.push(Problem::new(place, reason, remedy));
        } else {
            self.more += 1;
        }
    }

    /// Counts problems that nothing is kept of.
    pub fn count(&mut self, more: usize) {
        self.more += more;
    }

    /// Adds the problems of an error from further down.
    pub fn absorb(&mut self, error: Error) {
        let (before, found) = (self.list.len(), error.problems.len());
        self.list.extend(error.problems.into_iter().take(KEPT.saturating_sub(self.list.len())));
        self.more += error.more + before + found - self.list.len();
    }

    /// True while nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.more == 0
    }

    /// `Ok(value)` when nothing is wrong.
    ///
    /// # Errors
    /// All problems collected so far, as one error.
    pub fn into_result<T>(self, value: T) -> Result<T, Error> {
        if self.is_empty() {
            return Ok(value);
        }
        Err(Error { subject: None, problems: self.list, more: self.more })
    }
}

/// Everything that is wrong with an input; never empty.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    /// The file or model that the problems are about, where that is not clear from the call.
    subject: Option<String>,
    problems: Vec<Problem>,
    more: usize,
}

impl Error {
    /// An error of one problem.
    pub fn one(place: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Error { subject: None, problems: vec![Problem::new(place, reason, remedy)], more: 0 }
    }

    /// The same error about a file or model, which its text then begins with.
    #[must_use]
    pub fn about(self, subject: impl Into<String>) -> Self {
        Error { subject: Some(subject.into()), ..self }
    }

    /// The problems, in the order they were found; of very many, the first [`KEPT`].
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// How many problems there are besides.
    pub fn more(&self) -> usize {
        self.more
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
                write!(f, "{} problems:", many.len() + self.more)?;
                many.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))?;
                match self.more {
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
