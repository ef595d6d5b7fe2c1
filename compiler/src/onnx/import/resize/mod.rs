//! Resize and Upsample: one axis after the other, as elements taken (nearest) or as weighted sums (linear, cubic).

mod coordinates;
mod extents;
mod weights;

use self::coordinates::{Axis, Mode};
use self::weights::{Filter, Rows};
use super::builder::LOOKING;
use super::movement::{take, too_large};
use super::site::{Imported, Site};
use crate::base::real::Real;
use crate::base::tensor::Tensor;
use crate::ir::graph::ValueId;
use crate::onnx::refusal::Refusal;
use crate::ops::index::Index;
use crate::ops::{Op, Pad, PadMode, Resample};

/// Which element a coordinate of an axis is rounded to.
type Rounding = fn(&Axis, f64) -> f64;

/// Since operator set 11.
const ROUNDINGS: [(&str, Rounding); 4] = [
    ("round_prefer_floor", |_, x| (x - 0.5).ceil()),
    ("round_prefer_ceil", |_, x| (x + 0.5).floor()),
    ("floor", |_, x| x.floor()),
    ("ceil", |_, x| x.ceil()),
];

/// Before: down, but up along an axis that becomes shorter. The text of operator set 10 does not say so; its own case of
/// `Resize` does, and onnxruntime.
fn ten(axis: &Axis, x: f64) -> f64 {
    if axis.scale < 1.0 { x.ceil() } else { x.floor() }
}

/// Upsample with its scales as an attribute (7) or operand (9), and Resize as it was in operator set 10.
pub(super) fn upsample(site: &mut Site) -> Imported {
    let given = extents::of_scales(site, if site.attrs.floats("scales").is_some() { None } else { Some(1) })?;
    let mode = Mode::named("asymmetric").ok_or_else(too_large)?;
    resize(site, &given, mode, Some(ten))
}

/// Resize since operator set 11.
pub(super) fn resize_11(site: &mut Site) -> Imported {
    let given = extents::given(site)?;
    let name = site.attrs.string("coordinate_transformation_mode");
    let name = name.unwrap_or_else(|| "half_pixel".to_owned());
    let known = Mode::named(&name).filter(|mode| *mode != Mode::HalfPixelSymmetric || site.opset >= 19);
    let mode =
        known.ok_or_else(|| Refusal::unsupported(format!("coordinate_transformation_mode = `{name}`")))?;
    let rounding = site.attrs.string("nearest_mode").unwrap_or_else(|| "round_prefer_floor".to_owned());
    let rounding = ROUNDINGS.iter().find(|(name, _)| *name == rounding).map(|&(_, rounding)| rounding);
    resize(site, &given, mode, rounding)
}

/// How elements become others: nearest, or a filter.
enum Method {
    Nearest(Rounding),
    Filter(Filter),
}

fn method(site: &Site, rounding: Option<Rounding>) -> Result<Method, Refusal> {
    let flag = |name: &str| site.attrs.int(name).unwrap_or(0) != 0;
    let mode = site.attrs.string("mode").unwrap_or_else(|| "nearest".to_owned());
    let filter = |cubic: Option<f64>| {
        Method::Filter(Filter {
            cubic,
            antialias: flag("antialias"),
            exclude_outside: flag("exclude_outside"),
        })
    };
    match mode.as_str() {
        "nearest" => rounding.map(Method::Nearest).ok_or_else(|| {
            let name = site.attrs.string("nearest_mode").unwrap_or_default();
            Refusal::unsupported(format!("nearest_mode = `{name}`"))
        }),
        // "bilinear" is how the first version called it.
        "linear" | "bilinear" => Ok(filter(None)),
        "cubic" => Ok(filter(Some(site.attrs.float("cubic_coeff_a").unwrap_or(-0.75).into()))),
        _ => Err(Refusal::unsupported(format!("mode = `{mode}`"))),
    }
}

/// All axes; those that stay as they are cost nothing.
fn resize(site: &mut Site, axes: &[Axis], mode: Mode, rounding: Option<Rounding>) -> Imported {
    let x = site.input(0)?;
    let method = method(site, rounding)?;
    let value = Real::new(site.attrs.float("extrapolation_value").unwrap_or(0.0));
    // Elements of the result that lie outside, before and behind those inside, per axis.
    let rank = site.shape(x).len();
    let (mut before, mut after) = (vec![0; rank], vec![0; rank]);
    let mut nearest = Vec::new();
    let mut filtered = Vec::new();
    for (at, axis) in axes.iter().enumerate().filter(|(_, axis)| !axis.stays()) {
        let each = if let Method::Filter(filter) = &method { filter.work(axis) } else { 1 };
        site.builder.allow_work(LOOKING.saturating_mul(axis.to as u64).saturating_mul(each))?;
        let places = axis.places(mode, matches!(method, Method::Nearest(_)));
        let inside: Vec<f64> = places.iter().copied().flatten().collect();
        if inside.is_empty() {
            return Err(Refusal::unsupported(format!("nothing of axis {at} is inside of its region")));
        }
        before[at] = places.iter().take_while(|place| place.is_none()).count();
        after[at] = places.len() - before[at] - inside.len();
        match &method {
            Method::Nearest(round) => {
                let numbers: Vec<usize> =
                    inside.iter().map(|&place| axis.clamp(round(axis, place))).collect();
                nearest.push((at, Index::of(&numbers).ok_or_else(too_large)?));
            }
            Method::Filter(filter) => filtered.push((at, filter.rows(axis, &inside))),
        }
    }
    let mut result = take(site, x, nearest)?;
    for (at, rows) in filtered {
        result = resample(site, result, at, &rows)?;
    }
    let pad = Pad { before, after, mode: PadMode::Constant(value) };
    if pad.is_empty() { Ok(result) } else { site.emit(Op::Pad(pad), vec![result]) }
}

/// One axis by weighted sums; rows that take one element as it is are no sums.
fn resample(site: &mut Site, x: ValueId, axis: usize, rows: &Rows) -> Imported {
    let first = Index::of(&rows.first).ok_or_else(too_large)?;
    if rows.taps == 1 && rows.weights.iter().all(|&weight| weight == 1.0) {
        return if first.is_whole(site.shape(x).get(axis).copied().unwrap_or(0)) {
            Ok(x)
        } else {
            take(site, x, vec![(axis, first)])
        };
    }
    let weights = site.tensor(&Tensor::float([rows.first.len(), rows.taps], rows.weights.clone()))?;
    site.emit(Op::Resample(Resample { axis, first }), vec![x, weights])
}
