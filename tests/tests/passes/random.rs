//! Random networks: whatever the passes make of them, they must mean the same, be legal, and have kernels that compute
//! it.

use std::fmt::Write;

use crate::rewrite;
use tilewright::base::target::ISAS;
use tilewright::ir::text;
use tilewright::pipeline;
use tilewright::schedule::choose::Choice;
use tilewright::zoo::numbers::Numbers;
use tilewright_tests::plans::{difference, with_numbers};

/// A random network as text: a stack of operators on maps that share values, constants and shapes as networks do.
struct Network {
    numbers: Numbers,
    constants: String,
    nodes: String,
    /// Names and shapes of the maps so far.
    maps: Vec<(String, [usize; 3])>,
    count: usize,
}

impl Network {
    /// Uniform below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        let number = self.numbers.between(1, 0.0, bound as f64).first().map_or(0, |&x| x as usize);
        number.min(bound - 1)
    }

    /// A map; the later, the likelier.
    fn map(&mut self) -> (String, [usize; 3]) {
        let back = [0, 0, 0, 1, 1, 2, 4][self.below(7)];
        self.maps[self.maps.len().saturating_sub(1 + back)].clone()
    }

    fn constant(&mut self, kind: &str, shape: &str) -> String {
        self.count += 1;
        let name = format!("%{kind}{}", self.count);
        writeln!(self.constants, "con {name}: f32[{shape}]").expect("text");
        name
    }

    fn node(&mut self, [c, h, w]: [usize; 3], call: &str) {
        self.count += 1;
        let name = format!("v{}", self.count);
        writeln!(self.nodes, "%{name}: f32[1x{c}x{h}x{w}] = {call}   ; n{}", self.count).expect("text");
        self.maps.push((name, [c, h, w]));
    }

    /// Adds one operator.
    fn step(&mut self) {
        let (x, [c, h, w]) = self.map();
        let same = [c, h, w];
        match self.below(18) {
            0..=2 => {
                let out = [3, c, 16, 20][self.below(4)];
                let (kernel, pads) = [(1, 0), (3, 1), (3, 1), (5, 2)][self.below(4)];
                let weights = self.constant("w", &format!("{out}x{c}x{kernel}x{kernel}"));
                let (stride, bias) = (1 + self.below(2), self.below(2) == 1);
                let extent = |n: usize| (n - 1) / stride + 1;
                let bias = if bias {
                    (format!(", {}", self.constant("b", &out.to_string())), "+bias")
                } else {
                    Default::default()
                };
                let attributes = format!(
                    "kernel={kernel}x{kernel} stride={stride}x{stride} pads={pads},{pads},{pads},{pads} {}",
                    bias.1
                );
                self.node(
                    [out, extent(h), extent(w)],
                    &format!("conv(%{x}, {weights}{}) {attributes}", bias.0),
                );
            }
            3 | 4 => {
                let [g, b, m, v] = ["g", "b", "m", "var"].map(|kind| self.constant(kind, &c.to_string()));
                self.node(same, &format!("batch_norm(%{x}, {g}, {b}, {m}, {v}) eps=0.001"));
            }
            5 | 6 => self.node(same, &format!("relu(%{x})")),
            7 => self.node(same, &format!("clip(%{x}) lo=-0.5 hi=2")),
            8 => {
                let kind = ["add", "sub", "mul", "div"][self.below(4)];
                let shape = [format!("1x{c}x1x1"), format!("{c}x1x1"), "1".to_owned(), format!("{h}x{w}")];
                let shape = &shape[self.below(4)];
                // Divisors stay away from zero.
                let constant = self.constant(if kind == "div" { "var" } else { "c" }, shape);
                let swapped = kind != "div" && self.below(2) == 1;
                let operands =
                    if swapped { format!("{constant}, %{x}") } else { format!("%{x}, {constant}") };
                self.node(same, &format!("{kind}({operands})"));
            }
            9 | 10 => {
                let (y, shape) = self.map();
                let pixel = [c, 1, 1];
                if shape == same || shape == pixel {
                    self.node(same, &format!("add(%{x}, %{y})"));
                }
            }
            11 => self.node(
                [c, h.div_ceil(2), w.div_ceil(2)],
                &format!("max_pool(%{x}) kernel=3x3 stride=2x2 pads=1,1,1,1"),
            ),
            12 => self.node([c, 1, 1], &format!("global_avg_pool(%{x})")),
            13 => self.node([w, c, h], &format!("reshape(%{x})")),
            _ => self.movement(&x, same),
        }
    }

    /// Adds an operator that puts elements elsewhere; maps stay small.
    fn movement(&mut self, x: &str, [c, h, w]: [usize; 3]) {
        let small = c <= 64 && h * w <= 256;
        match self.below(7) {
            0 | 1 if small => {
                // The second operand is another map of the extents, or the same once more.
                let (y, shape) = self.map();
                let (y, d) = if shape[1..] == [h, w] { (y, shape[0]) } else { (x.to_owned(), c) };
                self.node([c + d, h, w], &format!("concat(%{x}, %{y}) axis=1"));
            }
            2 => {
                let first = [0, 0, c / 2, c / 16 * 16][self.below(4)].min(c - 1);
                let count = [c - first, 1, (c - first).min(16)][self.below(3)];
                self.node([count, h, w], &format!("take(%{x}) axis1={first}:{count}"));
            }
            3 if small => {
                let taken = format!("take(%{x}) axis2={}:{h}/-1 axis3=0:2/0*{w}/1", h - 1);
                self.node([c, h, 2 * w], &taken);
            }
            4 if small => {
                let pad = format!("pad(%{x}) before=0,{},1,0 after=0,0,0,2 value=0.5", self.below(2));
                let more = usize::from(pad.contains("before=0,1"));
                self.node([c + more, h + 1, w + 2], &pad);
            }
            5 if c.is_multiple_of(2) => {
                let name = format!("s{}", self.count);
                let half = c / 2;
                writeln!(self.nodes, "%{name}f: f32[1x2x{half}x{h}x{w}] = reshape(%{x})").expect("text");
                let shuffled = format!("f32[1x{half}x2x{h}x{w}] = transpose(%{name}f) perm=0,2,1,3,4");
                writeln!(self.nodes, "%{name}t: {shuffled}").expect("text");
                self.node([c, h, w], &format!("reshape(%{name}t)"));
            }
            _ => self.node([c, w, h], &format!("transpose(%{x}) perm=0,1,3,2")),
        }
    }
}

const NETWORKS: u64 = 300;

#[test]
fn random_networks_keep_their_meaning() {
    let mut compared = 0;
    for seed in 0..NETWORKS {
        let mut network = Network {
            numbers: Numbers::new(seed, "network"),
            constants: String::new(),
            nodes: String::new(),
            maps: vec![("x".to_owned(), [[3, 8, 8], [16, 5, 4], [4, 1, 1]][seed as usize % 3])],
            count: 0,
        };
        let [c, h, w] = network.maps[0].1;
        (0..12).for_each(|_| network.step());
        let last = network.maps.last().expect("a map").clone();
        let other = network.map();
        let text = format!(
            "graph g {{\nin %x: f32[1x{c}x{h}x{w}]\n{}{}out %{}\nout %{}\n}}",
            network.constants, network.nodes, last.0, other.0
        );
        let source = text::parse(&text).unwrap_or_else(|error| panic!("{error}"));
        let plan = pipeline::plan(&source, &ISAS, Choice::Fast);
        assert!(plan.is_ok(), "seed {seed}: {plan:?}\n{text}");
        let isa = ISAS[seed as usize % ISAS.len()];
        let numbers = with_numbers(source);
        let run = std::panic::AssertUnwindSafe(|| difference(&numbers, isa, Choice::Fast));
        match std::panic::catch_unwind(run) {
            Ok(apart) if apart <= 1e-4 => {}
            wrong => panic!("seed {seed}, {}: {wrong:?}\n{text}", isa.name),
        }
        match std::panic::catch_unwind(|| rewrite(&[], &text)) {
            Ok((_, largest)) => compared += usize::from(largest > 0.0 && largest.is_finite()),
            Err(_) => panic!("seed {seed}:\n{text}"),
        }
    }
    assert!(compared > 250, "only {compared} networks compute something");
}
