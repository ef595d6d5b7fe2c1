//! A network that grows: values so far, and what steps need to add to them.

use super::{Network, Step, kinds};
use tilewright::base::epilogue::Act;
use tilewright::base::feature_map::Layout;
use tilewright::base::functions::Func;
use tilewright::base::real::Real;
use tilewright::base::tensor::{Blob, DType, TensorType};
use tilewright::ir::graph::{Const, Def, Graph, Node, Value, ValueId};
use tilewright::ops::{self, Along, Binary, BinaryKind, Op, Pool, PoolKind, Reduce, ReduceKind};
use tilewright::zoo::numbers::Numbers;

/// Elements of a value at most, so that networks are computed and built fast.
const MOST: usize = 6000;
/// Elements of a constant at most.
const MOST_CONSTANT: usize = 24_000;

/// Shapes of the first input.
const SHAPES: [&[usize]; 18] = [
    &[1, 3, 8, 8],
    &[1, 4, 6, 6],
    &[1, 16, 7, 5],
    &[1, 17, 4, 9],
    &[2, 5, 6, 6],
    &[1, 32, 6, 6],
    &[1, 3, 14, 14],
    &[3, 2, 5, 7],
    &[1, 48, 4, 4],
    &[4, 24],
    &[1, 8, 1, 1],
    &[1, 16, 18, 13],
    &[2, 6, 10],
    &[1, 7, 13, 2],
    &[1, 16, 8, 8],
    &[1, 20, 9, 11],
    &[2, 32, 5, 4],
    &[1, 24, 6, 10],
];

/// What decides a step: bytes, each of which is used once.
pub struct Dice<'a>(std::slice::Iter<'a, u8>);

impl Dice<'_> {
    /// Below `sides`; 0 is the simplest, also when there are no more dice.
    pub fn roll(&mut self, sides: usize) -> usize {
        usize::from(*self.0.next().unwrap_or(&0)) % sides.max(1)
    }

    /// One of a list.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.roll(list.len())]
    }

    /// A pair, mostly of equal numbers.
    pub fn pair<T: Copy>(&mut self, list: &[T]) -> [T; 2] {
        let one = self.pick(list);
        let other = self.roll(4 * list.len());
        [one, if other % 4 == 3 { list[other / 4] } else { one }]
    }
}

/// A network that grows.
pub struct Net {
    graph: Graph,
    seed: u64,
    /// Values of floats that steps may read.
    live: Vec<ValueId>,
    /// For each value: programs compute exactly it.
    exact: Vec<bool>,
    kinds: Vec<&'static str>,
}

impl Net {
    /// One input.
    pub fn new(seed: u64, shape: usize) -> Self {
        let graph = Graph { name: "random".to_owned(), ..Graph::default() };
        let mut net = Net { graph, seed, live: Vec::new(), exact: Vec::new(), kinds: Vec::new() };
        net.input(SHAPES[shape % SHAPES.len()]);
        net
    }

    /// Adds an input.
    pub fn input(&mut self, shape: &[usize]) -> ValueId {
        let id = self.value("x", TensorType::f32(shape), Def::Input, true);
        self.graph.inputs.push(id);
        self.live.push(id);
        id
    }

    /// Takes a step, unless it does not fit.
    pub fn step(&mut self, step: &Step) {
        let kind = kinds::of(step.kind);
        let before = self.live.len();
        let mut dice = Dice(step.dice.iter());
        let _ = (kind.add)(self, &mut dice);
        if self.live.len() > before {
            self.kinds.push(kind.name);
        }
    }

    /// Gives out the last of those values that no node reads.
    pub fn finish(mut self) -> Network {
        if self.graph.nodes.is_empty() {
            self.step(&Step { kind: 0, dice: [0; 10] });
        }
        let counts = self.graph.use_counts();
        let unread = self.graph.nodes.iter().rev().map(|node| node.output).filter(|id| counts[id.0] == 0);
        self.graph.outputs = unread.take(3).collect();
        self.graph.outputs.reverse();
        Network { kinds: self.kinds, ..Network::of(self.graph, self.seed) }
    }

    fn value(&mut self, prefix: &str, ty: TensorType, def: Def, exact: bool) -> ValueId {
        let name = format!("{prefix}{}", self.graph.values.len());
        self.exact.push(exact);
        self.graph.add_value(Value { name, ty, def, layout: Layout::PLANAR })
    }

    /// The shape of a value.
    pub fn shape(&self, id: ValueId) -> Vec<usize> {
        self.graph.shape(id).to_vec()
    }

    /// True where programs compute a value without rounding.
    pub fn is_exact(&self, id: ValueId) -> bool {
        self.exact[id.0]
    }

    /// One of the values, the later the likelier; those that `fits` refuses do not count.
    pub fn pick(&self, dice: &mut Dice, fits: impl Fn(&[usize]) -> bool) -> Option<ValueId> {
        self.pick_value(dice, |id| fits(self.graph.shape(id)))
    }

    /// The same, with a condition on the value.
    pub fn pick_value(&self, dice: &mut Dice, fits: impl Fn(ValueId) -> bool) -> Option<ValueId> {
        let fitting: Vec<ValueId> = self.live.iter().rev().copied().filter(|&id| fits(id)).collect();
        let back = dice.pick(&[0, 0, 0, 0, 1, 1, 2, 3, 5]);
        fitting.get(back.min(fitting.len().checked_sub(1)?)).copied()
    }

    /// A map: four axes.
    pub fn map(&self, dice: &mut Dice) -> Option<(ValueId, [usize; 4])> {
        let id = self.pick(dice, |shape| shape.len() == 4)?;
        Some((id, self.shape(id).try_into().ok()?))
    }

    /// A constant of numbers in this range.
    pub fn constant(&mut self, shape: &[usize], low: f64, high: f64) -> Option<ValueId> {
        let ty = TensorType::f32(shape);
        let elements = Some(ty.elements()).filter(|&elements| elements <= MOST_CONSTANT)?;
        let name = format!("c{}", self.graph.values.len());
        let list = Numbers::new(self.seed, &name).between(elements, low, high);
        Some(self.list(shape, &list))
    }

    /// A constant of these numbers.
    pub fn list(&mut self, shape: &[usize], list: &[f32]) -> ValueId {
        let bytes: Vec<u8> = list.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.value("c", TensorType::f32(shape), Def::Const(Const::Data(Blob::new(bytes))), true)
    }

    /// Weights of sums of `terms` products: mostly positive ones, which do not cancel each other, since where all cancels an
    /// error bound says nothing; sometimes as many negative ones.
    pub fn weights(&mut self, dice: &mut Dice, shape: &[usize], terms: usize) -> Option<ValueId> {
        let size = 2.0 / terms as f64;
        let (low, high) = dice.pick(&[(-0.4, 1.0), (-0.4, 1.0), (-0.4, 1.0), (-1.0, 0.6), (-1.5, 1.5)]);
        self.constant(shape, low * size, high * size)
    }

    /// Adds a node whose type follows; `None` where its operands do not fit, or the result is large.
    pub fn add(&mut self, op: Op, inputs: &[ValueId]) -> Option<ValueId> {
        let types: Vec<&TensorType> = inputs.iter().map(|&id| &self.graph.value(id).ty).collect();
        let ty = ops::infer(&op, &types).ok()?;
        self.add_as(op, inputs, ty)
    }

    /// Adds a node with a result of this type.
    pub fn add_as(&mut self, op: Op, inputs: &[ValueId], ty: TensorType) -> Option<ValueId> {
        let types: Vec<&TensorType> = inputs.iter().map(|&id| &self.graph.value(id).ty).collect();
        ops::check_output(&op, &types, &ty).ok()?;
        ops::at_run_time(&op, &types, &ty).ok()?;
        if !(1..=MOST).contains(&ty.elements()) {
            return None;
        }
        let exact = inputs.iter().all(|&id| self.exact[id.0]);
        if !exact && jumps(&op) {
            return None;
        }
        let float = ty.dtype == DType::F32;
        let output = self.value("v", ty, Def::Node, exact && keeps(&op));
        let sources = vec![format!("n{}", output.0)];
        self.graph.nodes.push(Node { op, inputs: inputs.to_vec(), output, sources });
        if float {
            self.live.push(output);
        }
        Some(output)
    }

    /// An elementwise operator on two values.
    pub fn binary(&mut self, kind: BinaryKind, a: ValueId, b: ValueId) -> Option<ValueId> {
        self.add(Op::Binary(Binary { kind, act: Act::None }), &[a, b])
    }

    /// A function of each element.
    pub fn func(&mut self, func: Func, parameters: [f32; 2], x: ValueId) -> Option<ValueId> {
        self.add(Op::Act(Act::Func(func, parameters.map(Real::new))), &[x])
    }

    /// The same elements in another shape.
    pub fn reshape(&mut self, x: ValueId, shape: &[usize]) -> Option<ValueId> {
        self.add_as(Op::Reshape, &[x], TensorType::f32(shape))
    }
}

/// True for what jumps where its operand rounds differently: only exact operands will do.
pub fn jumps(op: &Op) -> bool {
    match op {
        Op::Act(Act::Func(func, _)) => matches!(
            func,
            Func::Ceil
                | Func::Floor
                | Func::Round
                | Func::Trunc
                | Func::Sign
                | Func::Nonzero
                | Func::Shrink
                | Func::ThresholdedRelu
        ),
        Op::Binary(Binary { kind, .. }) => matches!(
            kind,
            BinaryKind::Equal
                | BinaryKind::Less
                | BinaryKind::LessOrEqual
                | BinaryKind::Greater
                | BinaryKind::GreaterOrEqual
        ),
        Op::Along { along, .. } => along.counts(),
        Op::Cast { .. } => true,
        _ => false,
    }
}

/// True for what makes something exact of what is exact.
fn keeps(op: &Op) -> bool {
    match op {
        Op::Pool(Pool { kind, .. }) => *kind == PoolKind::Max,
        Op::Act(Act::None | Act::Relu | Act::Clip { .. } | Act::Func(Func::Abs | Func::Neg, _)) => true,
        Op::Binary(Binary { kind, .. }) => matches!(kind, BinaryKind::Max | BinaryKind::Min) || jumps(op),
        Op::Reduce(Reduce { kind, .. }) => matches!(kind, ReduceKind::Max | ReduceKind::Min),
        Op::Along { along, .. } => !matches!(along, Along::CumSum { .. }),
        _ => op.moves() || jumps(op),
    }
}
