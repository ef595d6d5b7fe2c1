//! The functions of one number, and of two, that kernels compute element by element: name, meaning, and what passes
//! must know of them. One row each; graph text, kernel text, generated code and the runtime's `simd` modules use the
//! same names.

use super::real::Real;

/// What a function makes of numbers that mean nothing: those that fill up the last block of a blocked map. They must
/// stay finite, since a weight that is zero takes them out of a sum only then.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Growth {
    /// Finite, and at most some factor and term larger.
    Tame,
    /// Possibly infinite, or no number.
    Wild,
}

struct Row<F> {
    name: &'static str,
    parameters: &'static [&'static str],
    growth: Growth,
    eval: F,
}

macro_rules! unary {
    ($($(#[$doc:meta])* $variant:ident = $name:literal $parameters:expr, $growth:ident, $eval:expr;)*) => {
        /// A function of one number; see [`Func::eval`] for the meaning of each.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Func { $($(#[$doc])* $variant,)* }

        impl Func {
            /// Every function.
            pub const ALL: &[Func] = &[$(Func::$variant),*];

            fn row(self) -> Row<fn(f64, [f64; 2]) -> f64> {
                match self {
                    $(Func::$variant => Row {
                        name: $name,
                        parameters: &$parameters,
                        growth: Growth::$growth,
                        eval: $eval,
                    },)*
                }
            }
        }
    };
}

unary! {
    /// |x|.
    Abs = "abs" [], Tame, |x, _| x.abs();
    /// Inverse cosine.
    Acos = "acos" [], Wild, |x, _| x.acos();
    /// Inverse hyperbolic cosine.
    Acosh = "acosh" [], Wild, |x, _| x.acosh();
    /// Inverse sine.
    Asin = "asin" [], Wild, |x, _| x.asin();
    /// Inverse hyperbolic sine.
    Asinh = "asinh" [], Tame, |x, _| x.asinh();
    /// Inverse tangent.
    Atan = "atan" [], Tame, |x, _| x.atan();
    /// Inverse hyperbolic tangent.
    Atanh = "atanh" [], Wild, |x, _| x.atanh();
    /// The next integer above.
    Ceil = "ceil" [], Tame, |x, _| x.ceil();
    /// Continuous exponential linear unit: x, or alpha (e^(x / alpha) - 1) below 0.
    Celu = "celu" ["alpha"], Tame, |x, [alpha, _]| if x < 0.0 { alpha * (x / alpha).exp_m1() } else { x };
    /// Cosine.
    Cos = "cos" [], Tame, |x, _| x.cos();
    /// Hyperbolic cosine.
    Cosh = "cosh" [], Wild, |x, _| x.cosh();
    /// Exponential linear unit: x, or alpha (e^x - 1) below 0.
    Elu = "elu" ["alpha"], Tame, |x, [alpha, _]| if x < 0.0 { alpha * x.exp_m1() } else { x };
    /// Error function.
    Erf = "erf" [], Tame, |x, _| libm::erf(x);
    /// e^x.
    Exp = "exp" [], Wild, |x, _| x.exp();
    /// The next integer below.
    Floor = "floor" [], Tame, |x, _| x.floor();
    /// x times the normal distribution's probability of less than x.
    Gelu = "gelu" [], Tame, |x, _| 0.5 * x * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2);
    /// The same by a hyperbolic tangent, as ONNX defines it.
    GeluTanh = "gelu_tanh" [], Tame, |x, _| {
        let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x);
        0.5 * x * (1.0 + inner.tanh())
    };
    /// alpha x + beta, clipped to 0..1.
    HardSigmoid = "hard_sigmoid" ["alpha", "beta"], Tame, |x, [alpha, beta]| clip(alpha * x + beta, 0.0, 1.0);
    /// x times the hard sigmoid with 1/6 and 1/2.
    HardSwish = "hard_swish" [], Tame, |x, _| x * clip(x / 6.0 + 0.5, 0.0, 1.0);
    /// 1 / sqrt(x + epsilon).
    InvSqrt = "inv_sqrt" ["epsilon"], Wild, |x, [epsilon, _]| 1.0 / (x + epsilon).sqrt();
    /// x, or alpha x below 0.
    LeakyRelu = "leaky_relu" ["alpha"], Tame, |x, [alpha, _]| if x < 0.0 { alpha * x } else { x };
    /// 1, or 0 where x is 0.
    Nonzero = "nonzero" [], Tame, |x, _| if x == 0.0 { 0.0 } else { 1.0 };
    /// Natural logarithm.
    Log = "log" [], Wild, |x, _| x.ln();
    /// x tanh(ln(1 + e^x)).
    Mish = "mish" [], Tame, |x, _| x * softplus(x).tanh();
    /// -x.
    Neg = "neg" [], Tame, |x, _| -x;
    /// 1 / x.
    Reciprocal = "reciprocal" [], Wild, |x, _| 1.0 / x;
    /// The nearest integer, an even one between two.
    Round = "round" [], Tame, |x, _| x.round_ties_even();
    /// gamma x, or gamma alpha (e^x - 1) below 0.
    Selu = "selu" ["alpha", "gamma"], Tame, |x, [alpha, gamma]| {
        gamma * if x < 0.0 { alpha * x.exp_m1() } else { x }
    };
    /// 0 between -lambd and lambd; x + bias below, x - bias above.
    Shrink = "shrink" ["lambd", "bias"], Tame, |x, [lambd, bias]| match x {
        _ if x < -lambd => x + bias,
        _ if x > lambd => x - bias,
        _ => 0.0,
    };
    /// 1 / (1 + e^-x).
    Sigmoid = "sigmoid" [], Tame, |x, _| sigmoid(x);
    /// 1, -1, or x where it is neither above nor below 0.
    Sign = "sign" [], Tame, |x, _| if x > 0.0 { 1.0 } else if x < 0.0 { -1.0 } else { x };
    /// Sine.
    Sin = "sin" [], Tame, |x, _| x.sin();
    /// Hyperbolic sine.
    Sinh = "sinh" [], Wild, |x, _| x.sinh();
    /// ln(1 + e^x).
    Softplus = "softplus" [], Tame, |x, _| softplus(x);
    /// x / (1 + |x|).
    Softsign = "softsign" [], Tame, |x, _| x / (1.0 + x.abs());
    /// Square root.
    Sqrt = "sqrt" [], Wild, |x, _| x.sqrt();
    /// x^2.
    Square = "square" [], Wild, |x, _| x * x;
    /// x sigmoid(alpha x).
    Swish = "swish" ["alpha"], Tame, |x, [alpha, _]| x * sigmoid(alpha * x);
    /// The next integer towards 0.
    Trunc = "trunc" [], Tame, |x, _| x.trunc();
    /// Tangent.
    Tan = "tan" [], Wild, |x, _| x.tan();
    /// Hyperbolic tangent.
    Tanh = "tanh" [], Tame, |x, _| x.tanh();
    /// x where it is above alpha, else 0.
    ThresholdedRelu = "thresholded_relu" ["alpha"], Tame, |x, [alpha, _]| if x > alpha { x } else { 0.0 };
}

impl Func {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// Names of its parameters, two at most.
    pub fn parameters(self) -> &'static [&'static str] {
        self.row().parameters
    }

    /// What it means.
    pub fn eval(self, x: f64, parameters: [Real; 2]) -> f64 {
        (self.row().eval)(x, parameters.map(|p| f64::from(p.get())))
    }

    /// True when it makes a finite number of any finite number, and no chain of it grows without bounds.
    pub fn is_tame(self) -> bool {
        self.row().growth == Growth::Tame
    }
}

/// `x` between two bounds; NaN stays NaN.
pub fn clip(x: f64, lo: f64, hi: f64) -> f64 {
    let raised = if x < lo { lo } else { x };
    if raised > hi { hi } else { raised }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn softplus(x: f64) -> f64 {
    x.max(0.0) + if x.is_nan() { x } else { (-x.abs()).exp().ln_1p() }
}
