//! The instruction sets of the [`simd`](crate::simd) modules, and which of them this processor has.

use crate::Error;
use std::fmt;

/// An instruction set, ordered from the slowest to the fastest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Isa {
    /// Any processor.
    Portable,
    /// AVX2 with FMA.
    Avx2,
    /// AVX-512 Foundation.
    Avx512,
}

impl Isa {
    /// Every instruction set, the slowest first.
    pub const ALL: [Isa; 3] = [Isa::Portable, Isa::Avx2, Isa::Avx512];

    /// Name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Isa::Portable => "portable",
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
        }
    }

    /// The instruction set of this name.
    ///
    /// # Errors
    /// The known names, when it is none of them.
    pub fn parse(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|isa| isa.name() == name).ok_or_else(|| {
            Error::usage(format!("there is no instruction set {name:?}; there are {}", list(&Self::ALL)))
        })
    }

    /// True when this processor (and the operating system) can execute it.
    pub fn available(self) -> bool {
        match self {
            Isa::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => is_x86_feature_detected!("avx512f"),
            #[cfg(not(target_arch = "x86_64"))]
            Isa::Avx2 | Isa::Avx512 => false,
        }
    }

    /// The fastest that this processor has.
    pub fn detected() -> Self {
        Self::best_of(&Self::ALL).unwrap_or(Isa::Portable)
    }

    /// The fastest of these that this processor has, if any.
    pub fn best_of(built: &[Isa]) -> Option<Self> {
        built.iter().copied().filter(|isa| isa.available()).max()
    }

    /// The wanted instruction set, or the fastest of those that a program was built with.
    ///
    /// # Errors
    /// When the program or the processor does not have it.
    pub fn select(wanted: Option<Isa>, built: &[Isa]) -> Result<Self, Error> {
        match wanted {
            Some(isa) if !built.contains(&isa) => {
                Err(Error::usage(format!("this program was not built for {isa}; it has {}", list(built))))
            }
            Some(isa) if !isa.available() => Err(Error::usage(format!(
                "this processor has no {isa}; its best instruction set is {}",
                Self::detected()
            ))),
            Some(isa) => Ok(isa),
            None => Self::best_of(built).ok_or_else(|| {
                Error::new(format!(
                    "this program was built for {} only, which this processor does not have; build it for portable \
                     too",
                    list(built)
                ))
            }),
        }
    }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

fn list(isas: &[Isa]) -> String {
    isas.iter().map(|isa| isa.name()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for isa in Isa::ALL {
            assert_eq!(Isa::parse(isa.name()), Ok(isa));
        }
        assert!(Isa::parse("mmx").unwrap_err().to_string().contains("portable, avx2, avx512"));
    }

    #[test]
    fn selects_the_best_available_or_says_why_not() {
        assert_eq!(Isa::best_of(&[]), None);
        assert_eq!(Isa::select(None, &[Isa::Portable]), Ok(Isa::Portable));
        assert_eq!(Isa::select(None, &Isa::ALL), Ok(Isa::detected()));
        assert_eq!(Isa::select(Some(Isa::Portable), &Isa::ALL), Ok(Isa::Portable));
        assert!(Isa::select(None, &[]).is_err());
        let refused = Isa::select(Some(Isa::Avx2), &[Isa::Portable]).unwrap_err();
        assert!(refused.to_string().contains("was not built for avx2"));
        for isa in Isa::ALL {
            assert_eq!(Isa::select(Some(isa), &Isa::ALL).is_ok(), isa.available());
        }
    }
}
