//! The functions of two numbers that kernels compute element by element: a row each, as in [`super::functions`].

use super::tensor::DType;

/// What a function takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operands {
    /// Floats or integers.
    Numbers,
    /// Booleans.
    Bools,
    /// Any type.
    Any,
}

/// What a function gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Gives {
    /// The type of the operands.
    Same,
    /// A boolean: 0 or 1.
    Bool,
}

struct Row {
    name: &'static str,
    operands: Operands,
    gives: Gives,
    /// Finite numbers stay finite unless they were large: see [`super::epilogue::Act::is_tame`].
    tame: bool,
    float: fn(f64, f64) -> f64,
    integer: fn(i64, i64) -> Option<i64>,
}

macro_rules! binary {
    ($($(#[$doc:meta])* $variant:ident = $name:literal $operands:ident -> $gives:ident, $tame:literal, $float:expr, $integer:expr;)*) => {
        /// A function of two numbers.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum BinaryKind { $($(#[$doc])* $variant,)* }

        impl BinaryKind {
            /// Every function.
            pub const ALL: &[BinaryKind] = &[$(BinaryKind::$variant),*];

            fn row(self) -> Row {
                match self {
                    $(BinaryKind::$variant => Row {
                        name: $name,
                        operands: Operands::$operands,
                        gives: Gives::$gives,
                        tame: $tame,
                        float: $float,
                        integer: $integer,
                    },)*
                }
            }
        }
    };
}

binary! {
    /// a + b.
    Add = "add" Numbers -> Same, true, |a, b| a + b, i64::checked_add;
    /// a - b.
    Sub = "sub" Numbers -> Same, true, |a, b| a - b, i64::checked_sub;
    /// a * b.
    Mul = "mul" Numbers -> Same, false, |a, b| a * b, i64::checked_mul;
    /// a / b; of integers, towards 0.
    Div = "div" Numbers -> Same, false, |a, b| a / b, i64::checked_div;
    /// The rest of a / b, with the sign of a.
    Fmod = "fmod" Numbers -> Same, false, |a, b| a % b, i64::checked_rem;
    /// The rest of a / b, with the sign of b.
    Mod = "mod" Numbers -> Same, false, |a, b| a - (a / b).floor() * b, floor_rest;
    /// a to the b.
    Pow = "pow" Numbers -> Same, false, f64::powf, |a, b| a.checked_pow(u32::try_from(b).ok()?);
    /// The greater; NaN where either is.
    Max = "max" Numbers -> Same, true, |a, b| if a > b || a.is_nan() { a } else { b }, |a, b| Some(a.max(b));
    /// The lesser; NaN where either is.
    Min = "min" Numbers -> Same, true, |a, b| if a < b || a.is_nan() { a } else { b }, |a, b| Some(a.min(b));
    /// a, or a * b below 0.
    PRelu = "prelu" Numbers -> Same, false, |a, b| if a < 0.0 { a * b } else { a },
        |a, b| if a < 0 { a.checked_mul(b) } else { Some(a) };
    /// a == b.
    Equal = "equal" Any -> Bool, true, |a, b| truth(a == b), |a, b| Some((a == b).into());
    /// a < b.
    Less = "less" Numbers -> Bool, true, |a, b| truth(a < b), |a, b| Some((a < b).into());
    /// a <= b.
    LessOrEqual = "less_or_equal" Numbers -> Bool, true, |a, b| truth(a <= b), |a, b| Some((a <= b).into());
    /// a > b.
    Greater = "greater" Numbers -> Bool, true, |a, b| truth(a > b), |a, b| Some((a > b).into());
    /// a >= b.
    GreaterOrEqual = "greater_or_equal" Numbers -> Bool, true, |a, b| truth(a >= b), |a, b| Some((a >= b).into());
    /// Both.
    And = "and" Bools -> Bool, true, |a, b| a * b, |a, b| Some(a & b);
    /// Either.
    Or = "or" Bools -> Bool, true, f64::max, |a, b| Some(a | b);
    /// One, but not both.
    Xor = "xor" Bools -> Bool, true, |a, b| truth(a != b), |a, b| Some(a ^ b);
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn floor_rest(a: i64, b: i64) -> Option<i64> {
    let rest = a.checked_rem(b)?;
    Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
}

impl BinaryKind {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The type of the result for operands of this type.
    ///
    /// # Errors
    /// The reason, in words, why it does not take them.
    pub fn result(self, operands: DType) -> Result<DType, String> {
        let row = self.row();
        match (row.operands, operands) {
            (Operands::Numbers, DType::Bool) => Err("it computes with numbers, not bool".to_owned()),
            (Operands::Bools, other) if other != DType::Bool => {
                Err(format!("it computes with bool, not {}", other.name()))
            }
            _ => Ok(if row.gives == Gives::Bool { DType::Bool } else { operands }),
        }
    }

    /// What it means for floats.
    pub fn float(self, a: f64, b: f64) -> f64 {
        (self.row().float)(a, b)
    }

    /// What it means for integers and booleans, exactly; `None` where it overflows or divides by zero.
    pub fn integer(self, a: i64, b: i64) -> Option<i64> {
        (self.row().integer)(a, b)
    }

    /// True when numbers that mean nothing stay finite in it: see [`super::epilogue::Act::is_tame`].
    pub fn is_tame(self) -> bool {
        self.row().tame
    }
}
