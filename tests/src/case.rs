//! A kernel to test: its spec and schedule, its operands in memory, and what its output must hold.

use crate::copies;
use crate::naive::{self, Nchw};
use crate::numbers::Numbers;
use crate::reductions;
use tilewright::base::binary::BinaryKind;
use tilewright::base::feature_map::{BLOCK, FeatureMap, Order};
use tilewright::base::target::Isa;
use tilewright::kernel::Schedule;
use tilewright::kernel::ir::Kernel;
use tilewright::kernel::layout::band::BandWeights;
use tilewright::kernel::layout::{ConvWeights, MatMulWeights, WinogradWeights};
use tilewright::kernel::spec::{
    ConvSpec, KernelSpec, MapFn, MapSpec, MatMulSpec, Rhs, Strided, WinogradSpec,
};
use tilewright::kernel::tile::{ConvSchedule, LoopOrder, Region};
use tilewright::kernel::winograd::matrices::matrices;
use tilewright::{kernel, schedule};

/// A schedule that the test wants instead of the scheduler's.
#[derive(Clone, Copy, Debug)]
pub struct Forced {
    /// Loop order.
    pub order: LoopOrder,
    /// Output blocks side by side.
    pub blocks: usize,
    /// Rows and columns of the tile; what it leaves over is done one by one.
    pub tile: [usize; 2],
}

/// A kernel to test.
#[derive(Clone, Debug)]
pub struct Case {
    /// Name, and that of the generated function.
    pub name: String,
    /// What it computes.
    pub spec: KernelSpec,
    /// Its schedule, where the scheduler is not asked.
    pub forced: Option<Forced>,
}

/// What an element of the output must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Want {
    /// This number, within the tolerance.
    Value(f64),
    /// Zero: halo.
    Zero,
    /// Any number: channels that fill up a block. Weights that are zero take them out later, if they are finite.
    Finite,
    /// Not written at all.
    Untouched,
}

/// Operands and result of a case.
#[derive(Clone, Debug)]
pub struct Problem {
    /// One array per parameter; the last is the output, filled with NaN.
    pub memory: Vec<Vec<f32>>,
    /// What the output must hold.
    pub want: Vec<Want>,
    /// Largest difference to a wanted value.
    pub tolerance: f64,
}

/// In channels of an input that do not exist: finite, and visible in any result that it gets into.
const JUNK: f32 = 1e6;

impl Case {
    /// The schedule on this instruction set.
    pub fn schedule(&self, isa: &Isa) -> Schedule {
        match (&self.spec, &self.forced) {
            (KernelSpec::Conv(spec), Some(forced)) => Schedule::Conv(forced.schedule(spec)),
            (KernelSpec::Banded(spec), Some(forced)) => {
                Schedule::Conv(ConvSchedule { prefetch: 0, ..forced.schedule(spec) })
            }
            (KernelSpec::Depthwise(spec) | KernelSpec::Grouped(spec), Some(forced)) => {
                Schedule::Depthwise(forced.schedule(spec))
            }
            (spec, _) => schedule::tile::of(spec, isa),
        }
    }

    /// The kernel for this instruction set.
    pub fn kernel(&self, isa: &Isa) -> Kernel {
        kernel::build(self.name.clone(), &self.spec, &self.schedule(isa), isa)
    }

    /// Operands and result.
    pub fn problem(&self) -> Problem {
        let numbers = &mut Numbers::named(&self.name);
        let (mut memory, want, terms, largest) = match &self.spec {
            KernelSpec::Conv(spec) => conv(spec, &ConvWeights::of(spec), numbers),
            KernelSpec::Grouped(spec) => conv(spec, &ConvWeights::grouped(spec), numbers),
            KernelSpec::Banded(spec) => conv(spec, &BandWeights::of(spec), numbers),
            KernelSpec::Depthwise(spec) => {
                let each = ConvSpec { groups: spec.x.c, ..*spec };
                conv(&each, &ConvWeights::depthwise(spec), numbers)
            }
            KernelSpec::Winograd(spec) => winograd(spec, numbers),
            KernelSpec::MatMul(spec) => matmul(spec, numbers),
            KernelSpec::Pool(spec) => {
                let x = random(&spec.x, numbers);
                let want = wanted(&spec.y, &naive::pool(spec, &x));
                // A pool clips its windows, so it must not even read the halo.
                (vec![image(&spec.x, &x, f32::NAN)], want, spec.taps.kernel.iter().product(), 1.0)
            }
            KernelSpec::GlobalPool(spec) => {
                let x = random(&spec.x, numbers);
                let want = wanted(&spec.y, &naive::global_pool(&spec.y, &x));
                (vec![image(&spec.x, &x, f32::NAN)], want, spec.x.h * spec.x.w, 1.0)
            }
            KernelSpec::Map(spec) => map(spec, numbers),
            KernelSpec::Copy(spec) => {
                let x = numbers.units(spec.x);
                let want = copies::copy(spec, &x);
                (vec![x], want, 0, 0.0)
            }
            KernelSpec::Resample(spec) => {
                let (x, w) = (numbers.units(spec.x), numbers.units(spec.weights));
                let want = copies::resample(spec, &x, &w);
                (vec![x, w], want, spec.taps, 1.0)
            }
            KernelSpec::Reduce(spec) => reductions::reduce(spec, numbers),
            KernelSpec::Along(spec) => reductions::along(spec, numbers),
            KernelSpec::Lrn(spec) => {
                let x = random(&spec.x, numbers);
                let want = wanted(&spec.y, &naive::lrn(spec, &x));
                (
                    vec![image(&spec.x, &x, f32::NAN), vec![f32::NAN; spec.scratch()]],
                    want,
                    spec.lrn.size + 8,
                    1.0,
                )
            }
            KernelSpec::Softmax(spec) => {
                let x = numbers.units(spec.outer * spec.len * spec.inner);
                let want = naive::softmax(spec, &x).into_iter().map(Want::Value).collect();
                // Each exponential is right to 2 ulp.
                (vec![x], want, spec.len + 4, 1.0)
            }
        };
        memory.push(vec![f32::NAN; want.len()]);
        let tolerance = f64::from(f32::EPSILON) * (terms + 1) as f64 * largest * largest * 2.0;
        Problem { memory, want, tolerance }
    }
}

impl Problem {
    /// The first element that is not as wanted, in words.
    pub fn fault(&self, got: &[f32]) -> Option<String> {
        if got.len() != self.want.len() {
            return Some(format!("{} elements instead of {}", got.len(), self.want.len()));
        }
        let fits = |want: Want, got: f64| match want {
            Want::Value(value) => value == got || (value - got).abs() <= self.tolerance,
            Want::Zero => got == 0.0,
            Want::Finite => got.is_finite(),
            Want::Untouched => got.is_nan(),
        };
        let wrong = |&i: &usize| !fits(self.want[i], f64::from(got[i]));
        let at = (0..got.len()).find(wrong)?;
        let count = (at..got.len()).filter(wrong).count();
        Some(format!(
            "element {at} is {}, wanted {:?} within {:.1e} ({count} of {} elements are wrong)",
            got[at],
            self.want[at],
            self.tolerance,
            got.len()
        ))
    }
}

impl Forced {
    fn schedule(&self, spec: &ConvSpec) -> ConvSchedule {
        let height = match self.order {
            LoopOrder::ChannelsOutside => spec.y.h,
            LoopOrder::RowsOutside(rows) => rows,
        };
        let (width, [rows, columns]) = (spec.y.w, self.tile);
        let tiles = [height / rows, width / columns];
        let [below, right] = [tiles[0] * rows, tiles[1] * columns];
        let one = [1, 1];
        let regions = [
            Region { origin: [0, 0], tiles, tile: self.tile },
            Region { origin: [0, right], tiles: [below, width - right], tile: one },
            Region { origin: [below, 0], tiles: [height - below, width], tile: one },
        ];
        let regions = regions.into_iter().filter(|region| region.count() > 0).collect();
        ConvSchedule { order: self.order, blocks: self.blocks, regions, prefetch: self.order.prefetch() }
    }
}

fn random(map: &FeatureMap, numbers: &mut Numbers) -> Nchw {
    Nchw::of(map, |_| f64::from(numbers.unit()))
}

/// A logical tensor in memory, with this in its halo and junk in the channels that do not exist.
fn image(map: &FeatureMap, tensor: &Nchw, halo: f32) -> Vec<f32> {
    let mut memory = vec![halo; map.len()];
    each_position(map, |at, index, exists| {
        memory[at] = if exists { tensor.at(index) as f32 } else { JUNK };
    });
    memory
}

fn wanted(map: &FeatureMap, tensor: &Nchw) -> Vec<Want> {
    let mut want = vec![Want::Zero; map.len()];
    each_position(map, |at, index, exists| {
        want[at] = if exists { Want::Value(tensor.at(index)) } else { Want::Finite };
    });
    want
}

/// Every element inside of the halo: where it lies, its index, and whether the channel exists.
fn each_position(map: &FeatureMap, mut see: impl FnMut(usize, [usize; 4], bool)) {
    let channels = match map.layout.order {
        Order::Planar => map.c,
        Order::Blocked => map.c.div_ceil(BLOCK) * BLOCK,
    };
    for n in 0..map.n {
        for c in 0..channels {
            for y in 0..map.h {
                for x in 0..map.w {
                    see(map.offset(n, c, y, x), [n, c, y, x], c < map.c);
                }
            }
        }
    }
}

/// Inputs, wanted output, products per sum, largest operand.
pub(crate) type Parts = (Vec<Vec<f32>>, Vec<Want>, usize, f64);

/// Where packed weights of a convolution lie.
trait Packed {
    fn floats(&self) -> usize;
    fn bias_at(&self, o: usize) -> usize;
    fn weight_at(&self, o: usize, i: usize, ky: usize, kx: usize) -> usize;
}

impl Packed for ConvWeights {
    fn floats(&self) -> usize {
        self.len()
    }

    fn bias_at(&self, o: usize) -> usize {
        self.bias_index(o)
    }

    fn weight_at(&self, o: usize, i: usize, ky: usize, kx: usize) -> usize {
        self.index(o, i, ky, kx)
    }
}

impl Packed for BandWeights {
    fn floats(&self) -> usize {
        self.len()
    }

    fn bias_at(&self, o: usize) -> usize {
        o
    }

    fn weight_at(&self, o: usize, i: usize, ky: usize, kx: usize) -> usize {
        self.index(o, i, ky, kx)
    }
}

fn conv(spec: &ConvSpec, layout: &dyn Packed, numbers: &mut Numbers) -> Parts {
    let x = random(&spec.x, numbers);
    let residual = spec.residual.map(|map| (map, random(&map, numbers)));
    let [kh, kw] = spec.taps.kernel;
    let ci = spec.x.c / spec.groups;
    let w = numbers.units(spec.y.c * ci * kh * kw);
    let bias = spec.epilogue.bias.then(|| numbers.units(spec.y.c));
    let mut packed = vec![0.0; layout.floats()];
    for o in 0..spec.y.c {
        if let Some(bias) = &bias {
            packed[layout.bias_at(o)] = bias[o];
        }
        for (tap, value) in w[o * ci * kh * kw..][..ci * kh * kw].iter().enumerate() {
            packed[layout.weight_at(o, tap / (kh * kw), tap / kw % kh, tap % kw)] = *value;
        }
    }
    let y = naive::conv(spec, &x, &w, bias.as_deref(), residual.as_ref().map(|(_, r)| r));
    let mut memory = vec![image(&spec.x, &x, 0.0), packed];
    memory.extend(residual.map(|(map, r)| image(&map, &r, f32::NAN)));
    (memory, wanted(&spec.y, &y), ci * kh * kw + 2, 1.0)
}

/// The operands of the direct convolution, with its weights transformed, and scratch memory full of NaN.
fn winograd(spec: &WinogradSpec, numbers: &mut Numbers) -> Parts {
    let direct = ConvWeights::of(&spec.conv);
    let (mut memory, want, terms, largest) = conv(&spec.conv, &direct, numbers);
    let layout = WinogradWeights::of(spec);
    let mut packed = vec![0.0; layout.len()];
    let [down, across] = [0, 1].map(|axis| matrices(spec.tile[axis], spec.conv.taps.stride[axis]));
    for o in 0..spec.conv.y.c {
        if layout.bias > 0 {
            packed[layout.bias_index(o)] = memory[1][direct.bias_index(o)];
        }
        for i in 0..spec.conv.x.c / spec.conv.groups {
            for f in 0..layout.frequencies() {
                let (gy, gx) = (&down.weight[f / layout.grid[1]], &across.weight[f % layout.grid[1]]);
                let term = |tap: usize| {
                    let w = memory[1][direct.index(o, i, tap / 3, tap % 3)];
                    gy[tap / 3] * gx[tap % 3] * f64::from(w)
                };
                packed[layout.index(o, i, f)] = (0..9).map(term).sum::<f64>() as f32;
            }
        }
    }
    memory[1] = packed;
    memory.push(vec![f32::NAN; spec.scratch()]);
    // The transforms enlarge what is summed by at most the product of their row sums.
    let rows = |m: &[Vec<f64>]| m.iter().map(|r| r.iter().map(|x| x.abs()).sum::<f64>()).fold(0.0, f64::max);
    let growth: f64 =
        [down, across].iter().map(|m| rows(&m.input) * rows(&m.weight) * rows(&m.output)).product();
    (memory, want, terms, largest * growth.sqrt())
}

fn matmul(spec: &MatMulSpec, numbers: &mut Numbers) -> Parts {
    let (a, b) = (numbers.units(spec.batch * spec.m * spec.k), numbers.units(spec.batch * spec.k * spec.n));
    let bias = spec.epilogue.bias.then(|| numbers.units(spec.n));
    let y = naive::matmul(spec, &a, &b, bias.as_deref());
    let right = match spec.rhs {
        Rhs::RowMajor => b,
        Rhs::Packed => {
            let layout = MatMulWeights::of(spec);
            let mut packed = vec![0.0; layout.len()];
            for (i, value) in b.iter().enumerate() {
                packed[layout.index(i / spec.n, i % spec.n)] = *value;
            }
            for (n, value) in bias.iter().flatten().enumerate() {
                packed[layout.bias_index(n)] = *value;
            }
            packed
        }
    };
    (vec![a, right], y.into_iter().map(Want::Value).collect(), spec.k + 1, 1.0)
}

fn map(spec: &MapSpec, numbers: &mut Numbers) -> Parts {
    let arrays: Vec<Vec<f32>> = spec.xs.iter().filter(|x| !x.weights).map(|x| numbers.units(x.len)).collect();
    let weights = numbers.units(spec.weights);
    // Divisors stay away from zero.
    let apart = |x: f32| if spec.func == MapFn::Binary(BinaryKind::Div) { x.abs() + 0.5 } else { x };
    let mut memory: Vec<Vec<f32>> = arrays.into_iter().map(|a| a.into_iter().map(apart).collect()).collect();
    let mut want = vec![if spec.halo.is_some() { Want::Zero } else { Want::Untouched }; spec.y.len];
    let at = |operand: &Strided, index: &[usize]| {
        operand.base + index.iter().zip(&operand.strides).map(|(i, by)| i * by).sum::<usize>()
    };
    for number in 0..spec.extents.iter().product() {
        let mut rest = number;
        let mut index: Vec<usize> = spec.extents.iter().rev().map(|n| (rest % n, rest /= n).0).collect();
        index.reverse();
        let mut arrays = memory.iter();
        let operands: Vec<f64> = spec
            .xs
            .iter()
            .map(|x| {
                let array = if x.weights { &weights } else { arrays.next().expect("an array") };
                f64::from(array[at(x, &index)])
            })
            .collect();
        want[at(&spec.y, &index)] = Want::Value(naive::activate(spec.act, naive::map(spec.func, &operands)));
    }
    if let Some(map) = spec.halo.filter(|map| map.layout.order == Order::Blocked) {
        each_position(&map, |at, _, exists| want[at] = if exists { want[at] } else { Want::Zero });
    }
    if spec.weights > 0 {
        memory.push(weights);
    }
    // A quotient of 1.5 by 0.5 is 3.
    (memory, want, 1, 3.0)
}
