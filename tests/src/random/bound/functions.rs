//! Functions of one number: slope and error of each.

use super::{Engine, Known, U, Unbounded};
use tilewright::base::epilogue::Act;
use tilewright::base::functions::Func;
use tilewright::base::tensor::Tensor;

/// Errors of functions in units of the last place, and of absolute size: no less than what `tests/tests/functions.rs` allows
/// for the numbers that networks have.
const ULPS: f64 = 12.0;
const ABSOLUTE: f64 = 2e-7;

/// The numbers that networks have.
const USUAL: f64 = 1e4;

/// The largest slope of a function anywhere.
fn slope(func: Func, [a, b]: [f64; 2]) -> Result<f64, Unbounded> {
    Ok(match func {
        Func::Abs
        | Func::Neg
        | Func::Tanh
        | Func::Softplus
        | Func::Softsign
        | Func::Sin
        | Func::Cos
        | Func::Atan
        | Func::Asinh => 1.0,
        Func::LeakyRelu | Func::Elu => a.abs().max(1.0),
        Func::Celu if a > 0.0 => 1.0,
        Func::Selu => b.abs() * a.abs().max(1.0),
        Func::Sigmoid => 0.25,
        Func::HardSigmoid => a.abs(),
        Func::HardSwish => 1.5,
        // x sigmoid(x) has 1.0998, and alpha scales both axes alike.
        Func::Swish | Func::Mish => 1.1,
        Func::Gelu | Func::GeluTanh | Func::Erf => 1.13,
        other => return Unbounded::because(format!("there is no bound for {}", other.name())),
    })
}

/// The bound of an activation of `x`.
pub fn bound(act: Act, x: &Known, value: &Tensor, engine: Engine) -> Result<Vec<f64>, Unbounded> {
    let (func, parameters) = match act {
        Act::None | Act::Relu | Act::Clip { .. } => return Ok(x.off.clone()),
        Act::Func(Func::Abs | Func::Neg, _) => return Ok(x.off.clone()),
        Act::Func(func, parameters) => (func, parameters.map(|p| f64::from(p.get()))),
    };
    let slope = match func {
        Func::Square | Func::Sqrt => 0.0,
        _ => slope(func, parameters)?,
    };
    let (from, to) = (x.value.to_f64(), value.to_f64());
    if from.iter().any(|x| x.abs() > USUAL) {
        return Unbounded::because(format!("{} of large numbers", func.name()));
    }
    let each = x.off.iter().zip(from).zip(to).map(|((&e, x), y)| {
        let spread = match func {
            Func::Square => 2.0 * x.abs() * e + e * e,
            // Concave: it falls off more to the left.
            Func::Sqrt => y - (x - e).max(0.0).sqrt(),
            _ => slope * e,
        };
        let own = match (engine, func) {
            (_, Func::GeluTanh | Func::HardSwish | Func::HardSigmoid) => ABSOLUTE * (1.0 + x.abs()),
            (Engine::Ours(_), _) | (_, Func::Square | Func::Sqrt) => 0.0,
            (Engine::Another, _) => ABSOLUTE * (1.0 + x.abs()) * slope.max(1.0),
        };
        // Composite forms that are recognised, and folded factors, round the operand too.
        spread + own + U * (ULPS * y.abs() + 4.0 * x.abs())
    });
    Ok(each.collect())
}
