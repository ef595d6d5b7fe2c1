//! Copies that are no arithmetic: concatenation, slices, padding, transposes, other layouts. A nest of loops around
//! pieces, each of which is affine on both sides; constants fill what no operand gives.

use super::build::{Builder, constant, load_lanes, splat};
use super::halo;
use super::ir::{Affine, Kernel, Lanes, ParamId, Role, Var};
use super::spec::movement::{CopySpec, Source, Walk};
use crate::base::target::Isa;

/// The two addresses of an element.
#[derive(Clone)]
struct At {
    to: Affine,
    from: Affine,
}

impl At {
    fn step(&self, var: Var, walk: &Walk, by: usize) -> Self {
        let (to, from) = (self.to.clone(), self.from.clone());
        At { to: to.plus(var, by * walk.to), from: from.plus(var, by * walk.from) }
    }

    fn offset(&self, to: usize, from: usize) -> Self {
        At { to: self.to.clone().offset(to), from: self.from.clone().offset(from) }
    }
}

struct Copier {
    x: ParamId,
    y: ParamId,
    source: Source,
}

/// Builds the kernel. Its tasks are the outermost loop around all pieces, or one when a halo is written.
pub fn build(name: String, spec: &CopySpec, isa: &Isa) -> Kernel {
    let spread = spec.halo.is_none() && !spec.outer.is_empty();
    let tasks = if spread { spec.outer[0].count } else { 1 };
    let mut b = Builder::new(name, isa.lanes, "task", tasks);
    let (x, y) = (b.param("x", Role::Input, spec.x), b.param("y", Role::Output, spec.y));
    if let Some(map) = &spec.halo {
        halo::frame(&mut b, y, map);
    }
    let at = At { to: Affine::constant(0), from: Affine::constant(0) };
    match spec.outer.split_first() {
        Some((first, rest)) if spread => {
            let at = at.step(b.task(), first, 1);
            around(&mut b, rest, spec, [x, y], &at);
        }
        _ => around(&mut b, &spec.outer, spec, [x, y], &at),
    }
    b.finish()
}

fn around(b: &mut Builder, walks: &[Walk], spec: &CopySpec, [x, y]: [ParamId; 2], at: &At) {
    if let Some((walk, rest)) = walks.split_first() {
        return b.for_("o", walk.count, |b, var| around(b, rest, spec, [x, y], &at.step(var, walk, 1)));
    }
    for piece in &spec.pieces {
        let from = match piece.from {
            Source::Operand(from) => from,
            Source::Constant(_) => 0,
        };
        nest(b, &Copier { x, y, source: piece.from }, &piece.loops, &at.offset(piece.to, from));
    }
}

fn nest(b: &mut Builder, copier: &Copier, walks: &[Walk], at: &At) {
    match walks {
        [] => copier.element(b, at, Lanes::First(1), false),
        [row] => copier.row(b, row, at),
        [walk, rest @ ..] => b.for_("i", walk.count, |b, var| nest(b, copier, rest, &at.step(var, walk, 1))),
    }
}

impl Copier {
    /// The innermost loop: whole vectors where both sides allow it.
    fn row(&self, b: &mut Builder, walk: &Walk, at: &At) {
        let fills = matches!(self.source, Source::Constant(_));
        if fills && walk.to == 1 {
            // Zeros of a halo and other borders are short or long; the builder of zeros knows both.
            if let Source::Constant(value) = self.source
                && value.get().to_bits() == 0
            {
                return halo::run(b, self.y, at.to.clone(), walk.count);
            }
        }
        let vector = walk.to == 1 && (fills || walk.from <= 1);
        let width = if vector { b.lanes() } else { 1 };
        let lanes = if vector { Lanes::All } else { Lanes::First(1) };
        let (whole, tail) = (walk.count / width, walk.count % width);
        let repeats = walk.from == 0;
        if whole > 0 {
            b.for_("i", whole, |b, var| self.element(b, &at.step(var, walk, width), lanes, repeats));
        }
        if tail > 0 {
            let done = whole * width;
            self.element(b, &at.offset(done * walk.to, done * walk.from), Lanes::First(tail), repeats);
        }
    }

    fn element(&self, b: &mut Builder, at: &At, lanes: Lanes, repeats: bool) {
        let value = match self.source {
            Source::Constant(value) => constant(value.get()),
            Source::Operand(_) if repeats => splat(self.x, at.from.clone()),
            Source::Operand(_) => load_lanes(self.x, at.from.clone(), lanes),
        };
        b.store_lanes(self.y, at.to.clone(), value, lanes);
    }
}
