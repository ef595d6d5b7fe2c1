//! The transforms of tiles: input into V, products M into outputs. Each is two passes of a matrix over vectors of 16
//! channels, columns first.

use super::place::{Band, Frame, Run, across};
use super::{Position, parts};
use crate::base::feature_map::BLOCK;
use crate::kernel::build::{Builder, bin, constant, fma, get, load};
use crate::kernel::epilogue;
use crate::kernel::ir::{Affine, BinOp, Expr, Var};

/// The input transform of all channels of a band, whose first input row is `start` behind that of the kind's first band.
pub fn input(b: &mut Builder, frame: &Frame, band: &Band, start: &Affine) {
    let (spec, conv) = (frame.spec, &frame.spec.conv);
    let x = &conv.x;
    let corner = x.origin() - conv.taps.pad[0] * x.pitch_y() - conv.taps.pad[1] * x.pitch_x();
    let [stride_y, stride_x] = conv.taps.stride;
    let (step_y, step_x) = (spec.tile[0] * stride_y * x.pitch_y(), spec.tile[1] * stride_x * x.pitch_x());
    let corner = start.clone().offset(corner + band.first_row(spec) * stride_y * x.pitch_y());
    b.for_("cb", x.planes(), |b, cb| {
        let from = corner.clone().plus(cb, x.pitch_plane());
        let to = Affine::constant(0).plus(cb, frame.v_block());
        each_tile(b, frame, band, |b, down, right, [py, px], tile| {
            let from = from.clone().offset(down.first * step_y + right.first * step_x);
            let from = from.plus(py, step_y).plus(px, step_x);
            let to = added(to.clone(), &tile, BLOCK);
            b.for_("h", parts(b), |b, h| {
                let (from, to) = (from.clone().plus(h, b.lanes()), to.clone().plus(h, b.lanes()));
                let (rows, columns) = (spec.inputs(0, down.outputs), spec.inputs(1, right.outputs));
                let load = |i: usize, j: usize| {
                    load(frame.x, from.clone().offset(i * x.pitch_y() + j * x.pitch_x()))
                };
                let store = |b: &mut Builder, number: usize, value: Expr| {
                    b.store(frame.s, to.clone().offset(number * frame.v_frequency()), value);
                };
                let [my, mx] = &frame.matrices;
                two_passes(b, frame, h, (&my.input, rows), (&mx.input, columns), load, store);
            });
        });
    });
}

/// The inverse transform and epilogue of one group of output blocks of a band.
pub fn output(b: &mut Builder, frame: &Frame, band: &Band, g: Var, weights: &Affine, position: &Position) {
    let (spec, conv) = (frame.spec, &frame.spec.conv);
    let (y, r) = (&conv.y, conv.residual.as_ref());
    let band_rows = band.rows * spec.tile[0];
    let start = |map: &crate::base::feature_map::FeatureMap| {
        let at = Affine::constant(map.origin() + band.first_row(spec) * map.pitch_y());
        position.step(at, map.pitch_n(), band_rows * map.pitch_y()).plus(g, frame.blocks * map.pitch_plane())
    };
    b.for_("j", frame.blocks, |b, j| {
        b.for_("h", parts(b), |b, h| {
            let lanes = b.lanes();
            let near = |map: &crate::base::feature_map::FeatureMap| {
                start(map).plus(j, map.pitch_plane()).plus(h, lanes)
            };
            let bias = b.regs("bias");
            if frame.weights.bias > 0 {
                let from = weights.clone().plus(j, frame.weights.panel()).plus(h, lanes);
                b.let_(bias, &[], load(frame.w, from));
            }
            each_tile(b, frame, band, |b, down, right, [py, px], tile| {
                let m = added(Affine::constant(frame.m_start()), &tile, frame.m_tile());
                let m = m.plus(j, BLOCK).plus(h, lanes);
                let at = |map: &crate::base::feature_map::FeatureMap, i: usize, k: usize| {
                    let (row, column) = (down.first * spec.tile[0] + i, right.first * spec.tile[1] + k);
                    near(map)
                        .offset(row * map.pitch_y() + column * map.pitch_x())
                        .plus(py, spec.tile[0] * map.pitch_y())
                        .plus(px, spec.tile[1] * map.pitch_x())
                };
                let [my, mx] = &frame.matrices;
                let columns = mx.input.len();
                let load_m = |i: usize, k: usize| {
                    load(frame.s, m.clone().offset((i * columns + k) * frame.m_frequency()))
                };
                let store = |b: &mut Builder, number: usize, value: Expr| {
                    let (i, k) = (number / right.outputs, number % right.outputs);
                    let value =
                        if frame.weights.bias > 0 { epilogue::add(value, get(bias, &[])) } else { value };
                    let value = match (frame.r, r) {
                        (Some(param), Some(map)) => epilogue::add(value, load(param, at(map, i, k))),
                        _ => value,
                    };
                    b.store(frame.y, at(y, i, k), epilogue::activate(conv.epilogue.act, value));
                };
                let (rows_out, columns_out) = (&my.output[..down.outputs], &mx.output[..right.outputs]);
                two_passes(b, frame, h, (rows_out, my.input.len()), (columns_out, columns), load_m, store);
            });
        });
    });
}

fn added(at: Affine, tile: &Affine, by: usize) -> Affine {
    tile.terms.iter().fold(at.offset(tile.base * by), |at, &(var, step)| at.plus(var, step * by))
}

/// Loops over the tiles of a band, one kind of edge after the other. `body` gets the runs, the loop variables within them
/// and the tile's number in the band.
fn each_tile(
    b: &mut Builder,
    frame: &Frame,
    band: &Band,
    body: impl Fn(&mut Builder, &Run, &Run, [Var; 2], Affine),
) {
    let per_row = frame.spec.tiles()[1];
    for down in band.down(frame.spec) {
        for right in across(frame.spec) {
            b.for_("py", down.count, |b, py| {
                b.for_("px", right.count, |b, px| {
                    let tile =
                        Affine::constant(down.first * per_row + right.first).plus(py, per_row).plus(px, 1);
                    body(b, &down, &right, [py, px], tile);
                });
            });
        }
    }
}

/// `R X C^T` for the vectors `X[i][j] = load(i, j)`, of which the first `rows` and `columns` are not zero; `store` gets the
/// results row by row. What is between the passes goes through scratch memory, since no register file holds all of it.
fn two_passes(
    b: &mut Builder,
    frame: &Frame,
    h: Var,
    (down, rows): (&[Vec<f64>], usize),
    (right, columns): (&[Vec<f64>], usize),
    load_x: impl Fn(usize, usize) -> Expr,
    store: impl Fn(&mut Builder, usize, Expr),
) {
    let lanes = b.lanes();
    let between = |i: usize, j: usize| {
        let at = frame.t_start() + (i * frame.points[1] + j) * BLOCK;
        Affine::constant(at).plus(h, lanes)
    };
    let used = |rows: &[Vec<f64>], k: usize| rows.iter().any(|row| row[k] != 0.0);
    let d: Vec<usize> = (0..rows).map(|i| b.regs(&format!("d{i}_"))).collect();
    let t: Vec<usize> = (0..columns).map(|j| b.regs(&format!("t{j}_"))).collect();
    for j in (0..columns).filter(|&j| used(right, j)) {
        (0..rows).filter(|&i| used(down, i)).for_each(|i| b.let_(d[i], &[], load_x(i, j)));
        for (i, row) in down.iter().enumerate() {
            b.store(frame.s, between(i, j), combination(row, &d));
        }
    }
    if frame.fenced {
        b.fence();
    }
    for i in 0..down.len() {
        (0..columns)
            .filter(|&j| used(right, j))
            .for_each(|j| b.let_(t[j], &[], load(frame.s, between(i, j))));
        for (k, row) in right.iter().enumerate() {
            store(b, i * right.len() + k, combination(row, &t));
        }
    }
}

/// `sum(c * x)` over the registers that exist; a coefficient of 1 or -1 costs no multiplication.
fn combination(coefficients: &[f64], regs: &[usize]) -> Expr {
    let mut terms: Vec<(f32, Expr)> = coefficients
        .iter()
        .zip(regs)
        .filter(|(c, _)| **c != 0.0)
        .map(|(c, reg)| (*c as f32, get(*reg, &[])))
        .collect();
    // A plain term first, so that the others are multiply-adds onto it.
    terms.sort_by_key(|(c, _)| *c != 1.0);
    let mut terms = terms.into_iter();
    let start = match terms.next() {
        None => return constant(0.0),
        Some((1.0, x)) => x,
        Some((c, x)) => bin(BinOp::Mul, constant(c), x),
    };
    terms.fold(start, |sum, (c, x)| match c {
        1.0 => bin(BinOp::Add, sum, x),
        -1.0 => bin(BinOp::Sub, sum, x),
        _ => fma(constant(c), x, sum),
    })
}
