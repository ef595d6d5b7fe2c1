//! Matrix product: tiles of rows by 16 columns. A sum over k is split into several chains, which hides latency for
//! few rows and keeps the rounding error of long sums small.

use super::build::{Builder, constant, fma, get, load, load_lanes, splat};
use super::epilogue;
use super::ir::{Affine, Kernel, Lanes, ParamId};
use super::layout::MatMulWeights;
use super::spec::{KernelSpec, MatMulSpec, Rhs};
use crate::base::feature_map::BLOCK;
use crate::base::target::Isa;

/// How far ahead of its use a line of streamed weights is asked for: 64 lines, a 4 KiB page.
const AHEAD: usize = 64 * BLOCK;

/// Largest number of chains.
const CHAINS: usize = 8;

struct Names<'a> {
    spec: &'a MatMulSpec,
    weights: MatMulWeights,
    x: ParamId,
    w: ParamId,
    y: ParamId,
    wv: usize,
    xv: usize,
    budget: usize,
}

/// 16 columns, or the last few: first column and first weight as functions of the task.
struct Columns {
    x: Affine,
    y: Affine,
    w: Affine,
    count: usize,
}

/// Builds the kernel: one task per panel of 16 columns, of which the first also does the last few; in a batch, one task
/// per product.
pub fn build(name: String, spec: &MatMulSpec, isa: &Isa) -> Kernel {
    let (whole, tail) = (spec.n / BLOCK, spec.n % BLOCK);
    let batched = spec.batch > 1;
    let mut b = match batched {
        true => Builder::new(name, isa.lanes, "product", spec.batch),
        false => Builder::new(name, isa.lanes, "panel", whole.max(1)),
    };
    let ids: Vec<ParamId> =
        KernelSpec::MatMul(*spec).params().iter().map(|p| b.param(p.name, p.role, p.len)).collect();
    let parts = BLOCK / isa.lanes;
    let names = Names {
        spec,
        weights: MatMulWeights::of(spec),
        x: ids[0],
        w: ids[1],
        y: ids[2],
        wv: b.regs("wv"),
        xv: b.regs("xv"),
        budget: (isa.registers - 2 - parts) / parts,
    };
    let panel = match spec.rhs {
        Rhs::Packed => names.weights.panel(),
        Rhs::RowMajor => BLOCK,
    };
    let task = b.task();
    // Where a product's operands begin.
    let of = |size: usize| Affine::constant(0).plus(task, if batched { size } else { 0 });
    let first =
        Columns { x: of(spec.m * spec.k), y: of(spec.m * spec.n), w: of(spec.k * spec.n), count: BLOCK };
    let from = |at: &Affine, var, by: usize| at.clone().plus(var, by);
    let whole_panel = |b: &mut Builder, var| {
        let columns = Columns {
            x: first.x.clone(),
            y: from(&first.y, var, BLOCK),
            w: from(&first.w, var, panel),
            count: BLOCK,
        };
        rows(b, &names, &columns);
    };
    let last = Columns {
        x: first.x.clone(),
        y: first.y.clone().offset(whole * BLOCK),
        w: first.w.clone().offset(whole * panel),
        count: tail,
    };
    if batched && whole > 0 {
        b.for_("panel", whole, whole_panel);
    } else if whole > 0 {
        whole_panel(&mut b, task);
    }
    match (tail, whole) {
        (0, _) => {}
        (_, 1..) if !batched => b.if_(task, 0..1, |b| rows(b, &names, &last)),
        _ => rows(&mut b, &names, &last),
    }
    b.finish()
}

/// All rows of one panel.
fn rows(b: &mut Builder, names: &Names, columns: &Columns) {
    let m = names.spec.m;
    let chains = |rows: usize| {
        let fits = |&c: &usize| names.spec.k.is_multiple_of(c) && (rows * c <= names.budget || c == 1);
        [CHAINS, 4, 2, 1].into_iter().find(fits).unwrap_or(1)
    };
    let tile = m.min((names.budget / 4).max(1));
    let (whole, tail) = (m / tile, m % tile);
    b.for_("my", whole, |b, my| {
        tile_of(b, names, columns, &Affine::constant(0).plus(my, tile), tile, chains(tile));
    });
    if tail > 0 {
        tile_of(b, names, columns, &Affine::constant(whole * tile), tail, chains(tail));
    }
}

/// A row number times a pitch.
fn scaled(row: &Affine, by: usize) -> Affine {
    let start = Affine::constant(row.base * by);
    row.terms.iter().fold(start, |at, &(var, c)| at.plus(var, c * by))
}

/// `rows` rows from `row` on.
fn tile_of(b: &mut Builder, names: &Names, columns: &Columns, row: &Affine, rows: usize, chains: usize) {
    let &Names { spec, x, w, y, xv, wv, .. } = names;
    let (x_row, x_k) = if spec.trans_a { (1, spec.m) } else { (spec.k, 1) };
    let w_k = if spec.rhs == Rhs::Packed { BLOCK } else { spec.n };
    let parts = parts(b, names, columns.count);
    for part in &parts {
        b.unroll("r", rows, |b, r| b.unroll("c", chains, |b, c| b.let_(part.acc, &[r, c], constant(0.0))));
    }
    b.for_("k", spec.k / chains, |b, k| {
        b.unroll("c", chains, |b, c| {
            let from = columns.w.clone().offset(names.weights.bias).plus(k, chains * w_k).plus(c, w_k);
            if spec.rhs == Rhs::Packed {
                b.prefetch(w, from.clone().offset(AHEAD));
            }
            b.unroll("r", rows, |b, r| {
                let at = scaled(row, x_row).plus(r, x_row).plus(k, chains * x_k).plus(c, x_k);
                let at = at.offset(columns.x.base);
                let at = columns.x.terms.iter().fold(at, |at, &(var, by)| at.plus(var, by));
                b.let_(xv, &[r], splat(x, at));
            });
            for part in &parts {
                b.let_(wv, &[], load_lanes(w, from.clone().offset(part.first), part.load));
                b.unroll("r", rows, |b, r| {
                    let sum = fma(get(xv, &[r]), get(wv, &[]), get(part.acc, &[r, c]));
                    b.set(part.acc, &[r, c], sum);
                });
            }
        });
    });
    for part in &parts {
        b.unroll("r", rows, |b, r| {
            let start = match names.weights.bias {
                0 => constant(0.0),
                _ => load(w, columns.w.clone().offset(part.first)),
            };
            b.let_(part.total, &[r], start);
            b.unroll("c", chains, |b, c| {
                b.set(part.total, &[r], epilogue::add(get(part.total, &[r]), get(part.acc, &[r, c])));
            });
            let to = scaled(row, spec.n).plus(r, spec.n).offset(columns.y.base + part.first);
            let to = columns.y.terms.iter().fold(to, |at, &(var, by)| at.plus(var, by));
            let value = epilogue::activate(spec.epilogue.act, get(part.total, &[r]));
            b.store_lanes(y, to, value, part.store);
        });
    }
}

/// A vector of the panel: its first column, the lanes that exist, its registers.
struct Part {
    first: usize,
    store: Lanes,
    load: Lanes,
    acc: usize,
    total: usize,
}

/// The vectors of a panel of `count` columns.
fn parts(b: &mut Builder, names: &Names, count: usize) -> Vec<Part> {
    let lanes = b.lanes();
    let starts = (0..count).step_by(lanes);
    // Several vectors a panel are told apart by letters, since numbers count rows and chains.
    let letters = if lanes < BLOCK { ["_a", "_b", "_c", "_d"].as_slice() } else { &[""] };
    starts
        .zip(letters.iter().cycle())
        .map(|(first, letter)| {
            let left = count - first;
            let store = if left < lanes { Lanes::First(left) } else { Lanes::All };
            // Packed panels are filled up with zeros; the rows of an activation end where they end.
            let load = if names.spec.rhs == Rhs::Packed { Lanes::All } else { store };
            Part {
                first,
                store,
                load,
                acc: b.regs(&format!("acc{letter}")),
                total: b.regs(&format!("total{letter}")),
            }
        })
        .collect()
}
