//! The extents that a Resize asks for: scales or sizes, of all axes or some, with a region or an aspect ratio to keep.

use super::super::site::{Site, axis};
use super::coordinates::Axis;
use crate::onnx::dims::check_size;
use crate::onnx::refusal::Refusal;

/// No axis becomes longer: every element of it has numbers of its own at compile time.
const LONGEST: usize = 1 << 20;

/// Each axis by its scale: an attribute, or the operand of this number.
pub(super) fn of_scales(site: &Site, operand: Option<usize>) -> Result<Vec<Axis>, Refusal> {
    let scales = match operand {
        Some(position) => known_floats(site, position, "scales")?,
        None => site.attrs.floats("scales").map(|scales| scales.iter().map(|&s| f64::from(s)).collect()),
    };
    let scales = scales.ok_or_else(|| Refusal::invalid("its scales are missing"))?;
    let all: Vec<usize> = (0..site.shape(site.input(0)?).len()).collect();
    by_scales(site, &scales, &all, None)
}

/// Each axis as the operands of Resize since operator set 11 say.
pub(super) fn given(site: &Site) -> Result<Vec<Axis>, Refusal> {
    let x = site.input(0)?;
    let rank = site.shape(x).len();
    let axes: Vec<usize> = match site.attrs.ints("axes") {
        Some(axes) => axes.iter().map(|&at| axis(at, rank, false)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    let crops = site.attrs.string("coordinate_transformation_mode").as_deref() == Some("tf_crop_and_resize");
    let region = if crops { Some(known_floats(site, 1, "roi")?.unwrap_or_default()) } else { None };
    let scales = known_floats(site, 2, "scales")?.filter(|scales| !scales.is_empty());
    let sizes = site.known_ints(3, "sizes")?.filter(|sizes| !sizes.is_empty());
    match (scales, sizes) {
        (Some(scales), None) => by_scales(site, &scales, &axes, region.as_deref()),
        (None, Some(sizes)) => by_sizes(site, &sizes, &axes, region.as_deref()),
        _ => Err(Refusal::invalid("it must have either scales or sizes")),
    }
}

fn known_floats(site: &Site, position: usize, what: &str) -> Result<Option<Vec<f64>>, Refusal> {
    let Some(id) = site.optional(position) else { return Ok(None) };
    match site.builder.numbers(id)? {
        Some(tensor) => Ok(Some(tensor.to_f64())),
        // Exporters give an empty list where there is nothing to say.
        None if site.ty(id).elements() == 0 => Ok(Some(Vec::new())),
        None => Err(Refusal::new(
            format!("its {what} are not constants"),
            format!("export the model with static shapes, so that the {what} are known"),
        )),
    }
}

/// All axes as they are, and the numbers of `what` for some of them.
fn start(site: &Site, what: &str, count: usize, axes: &[usize]) -> Result<Vec<Axis>, Refusal> {
    if count != axes.len() {
        return Err(Refusal::invalid(format!("it has {count} {what} for {} axes", axes.len())));
    }
    let mut sorted = axes.to_vec();
    sorted.sort_unstable();
    if sorted.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(Refusal::invalid(format!("axes = {axes:?} names an axis twice")));
    }
    let shape = site.shape(site.input(0)?);
    let stay = |&extent: &usize| Axis { from: extent, to: extent, scale: 1.0, region: [0.0, 1.0] };
    Ok(shape.iter().map(stay).collect())
}

fn by_scales(
    site: &Site,
    scales: &[f64],
    axes: &[usize],
    region: Option<&[f64]>,
) -> Result<Vec<Axis>, Refusal> {
    let mut all = start(site, "scales", scales.len(), axes)?;
    for (&at, &scale) in axes.iter().zip(scales) {
        let Some(axis) = all.get_mut(at) else { continue };
        if !(scale > 0.0 && scale.is_finite()) {
            return Err(Refusal::invalid(format!("a scale is {scale}; it must be above 0")));
        }
        axis.scale = scale;
        // Rounded as ONNX's shape inference does, in f32.
        axis.to = (axis.from as f32 * scale as f32) as usize;
    }
    finish(all, axes, region)
}

fn by_sizes(
    site: &Site,
    sizes: &[i64],
    axes: &[usize],
    region: Option<&[f64]>,
) -> Result<Vec<Axis>, Refusal> {
    let mut all = start(site, "sizes", sizes.len(), axes)?;
    for (&at, &size) in axes.iter().zip(sizes) {
        let Some(axis) = all.get_mut(at) else { continue };
        let size = usize::try_from(size).ok().filter(|&size| size > 0);
        axis.to = size.ok_or_else(|| Refusal::invalid(format!("sizes = {sizes:?}; each must be above 0")))?;
        axis.scale = axis.to as f64 / axis.from.max(1) as f64;
    }
    let policy = site.attrs.string("keep_aspect_ratio_policy").unwrap_or_else(|| "stretch".to_owned());
    let scales = axes.iter().filter_map(|&at| all.get(at)).map(|axis| axis.scale);
    let common = match policy.as_str() {
        "stretch" => None,
        "not_larger" => scales.reduce(f64::min),
        "not_smaller" => scales.reduce(f64::max),
        _ => return Err(Refusal::unsupported(format!("keep_aspect_ratio_policy = `{policy}`"))),
    };
    if let Some(scale) = common {
        for &at in axes {
            let Some(axis) = all.get_mut(at) else { continue };
            axis.scale = scale;
            axis.to = (axis.from as f64 * scale + 0.5).floor() as usize;
        }
    }
    finish(all, axes, region)
}

/// Checks the extents and sets the regions: all starts, then all ends.
fn finish(mut all: Vec<Axis>, axes: &[usize], region: Option<&[f64]>) -> Result<Vec<Axis>, Refusal> {
    let extents: Vec<usize> = all.iter().map(|axis| axis.to).collect();
    check_size(&extents)?;
    let fits = |axis: &Axis| {
        axis.stays() || [axis.from, axis.to].iter().all(|extent| (1..=LONGEST).contains(extent))
    };
    if !all.iter().all(fits) {
        return Err(Refusal::invalid(format!("its result would have the extents {extents:?}")));
    }
    if let Some(region) = region {
        if region.len() != 2 * axes.len() {
            return Err(Refusal::invalid(format!(
                "its roi has {} numbers for {} axes",
                region.len(),
                axes.len()
            )));
        }
        let (starts, ends) = region.split_at(axes.len());
        for (&at, (&start, &end)) in axes.iter().zip(starts.iter().zip(ends)) {
            if let Some(axis) = all.get_mut(at) {
                axis.region = [start, end];
            }
        }
    }
    Ok(all)
}
