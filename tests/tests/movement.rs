//! Whole plans of operators that put elements elsewhere, against the reference evaluator: layouts, parts, copies.

use tilewright::base::target::ISAS;
use tilewright::ir::graph::Graph;
use tilewright::ir::text;
use tilewright::pipeline;
use tilewright::schedule::choose::Choice;
use tilewright::schedule::plan::Plan;
use tilewright_tests::plans::{difference, with_numbers};

/// Channel counts that fill blocks and that do not.
const CHANNELS: [usize; 5] = [3, 17, 20, 32, 48];

fn parse(body: &str) -> Graph {
    let text = format!("graph g {{\n{body}\n}}");
    text::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn plan(graph: &Graph) -> Plan {
    pipeline::plan(graph, &ISAS, Choice::Fast).unwrap_or_else(|error| panic!("{error}")).2
}

/// Every instruction set agrees with the reference; the plan has at most this many copies.
#[track_caller]
fn check(body: &str, copies: usize) {
    let source = with_numbers(parse(body));
    let plan = plan(&source);
    assert_eq!(plan.verify(), [""; 0], "{body}");
    for isa in ISAS {
        let apart = difference(&source, isa, Choice::Fast);
        assert!(apart <= 2e-5, "{}: off by {apart:.1e}\n{body}", isa.name);
    }
    let steps: Vec<&str> = plan.steps.iter().map(|step| plan.kernel(step).name.as_str()).collect();
    assert!(plan.copies().0 <= copies, "{} copies of at most {copies}: {steps:?}\n{body}", plan.copies().0);
}

/// A map `%NAME` of `c` channels that a convolution of the input computes.
fn map(name: &str, n: usize, c: usize, [h, w]: [usize; 2]) -> String {
    format!("con %{name}w: f32[{c}x16x1x1]\n%{name}: f32[{n}x{c}x{h}x{w}] = conv(%in, %{name}w) kernel=1x1\n")
}

/// `%out = conv(%NAME)`, padded, so that what it reads needs a halo.
fn read(name: &str, n: usize, c: usize, [h, w]: [usize; 2]) -> String {
    format!(
        "con %ow: f32[8x{c}x3x3]\n%o: f32[{n}x8x{h}x{w}] = conv(%{name}, %ow) kernel=3x3 pads=1,1,1,1\nout %o\n"
    )
}

fn input(n: usize, [h, w]: [usize; 2]) -> String {
    format!("in %in: f32[{n}x16x{h}x{w}]\n")
}

#[test]
fn concatenation_of_channels() {
    for (n, channels) in [(1, CHANNELS.as_slice()), (2, &[17, 32])] {
        for &c in channels {
            for d in [5, 16] {
                let sum = c + d + 7;
                let size = [5, 6];
                let body = input(n, size)
                    + &map("a", n, c, size)
                    + &map("b", n, d, size)
                    + &map("c", n, 7, size)
                    + &format!("%y: f32[{n}x{sum}x5x6] = concat(%a, %b, %c) axis=1\n")
                    + &read("y", n, sum, size);
                // The input into blocks, what does not fill its blocks, the output back.
                let unaligned = if c % 16 == 0 { if d % 16 == 0 { 0 } else { 2 } } else { 3 };
                check(&body, 2 + if n == 1 { unaligned } else { 3 });
            }
        }
    }
}

#[test]
fn concatenation_computes_in_place() {
    let size = [5, 6];
    let body = input(1, size)
        + &map("a", 1, 32, size)
        + &map("b", 1, 16, size)
        + &map("c", 1, 20, size)
        + "%i: f32[1x48x5x6] = concat(%a, %b) axis=1\n%y: f32[1x68x5x6] = concat(%i, %c) axis=1\n"
        + "con %v: f32[16x32x3x3]\n%also: f32[1x16x5x6] = conv(%a, %v) kernel=3x3 pads=1,1,1,1\nout %also\n"
        + &read("y", 1, 68, size);
    check(&body, 3);
    let graph = parse(&body);
    assert!(plan(&graph).buffers.iter().filter(|buffer| buffer.whole.is_some()).count() >= 4);
}

#[test]
fn concatenation_of_inputs_constants_twice_and_along_other_axes() {
    check(
        "in %x: f32[1x3x4x5]\ncon %k: f32[1x2x4x5]\n%y: f32[1x8x4x5] = concat(%x, %k, %x) axis=1\nout %y",
        4,
    );
    for axis in 0..4 {
        let mut shape = [2, 20, 5, 6];
        shape[axis] *= 3;
        let [n, c, h, w] = shape;
        let body = input(2, [5, 6])
            + &map("a", 2, 20, [5, 6])
            + &map("b", 2, 20, [5, 6])
            + &format!("%y: f32[{n}x{c}x{h}x{w}] = concat(%a, %b, %a) axis={axis}\n")
            + &read("y", n, c, [h, w]);
        check(&body, 5);
    }
}

#[test]
fn planar_concatenation_in_place() {
    let size = [4, 4];
    let head = |name: &str, c: usize| {
        map(name, 1, c, size)
            + &format!(
                "%{name}t: f32[1x4x4x{c}] = transpose(%{name}) perm=0,2,3,1\n\
                 %{name}r: f32[1x{}x4] = reshape(%{name}t)\n",
                4 * c
            )
    };
    let body = input(1, size)
        + &head("a", 12)
        + &head("b", 8)
        + "%y: f32[1x80x4] = concat(%ar, %br) axis=1\nout %y\n%z: f32[1x80x4] = relu(%y)\nout %z\n";
    check(&body, 3);
}

#[test]
fn slices_of_channels() {
    for n in [1, 2] {
        for (first, count) in [(0, 16), (16, 32), (3, 17), (47, 1)] {
            let size = [5, 7];
            let body = input(n, size)
                + &map("a", n, 48, size)
                + &format!("%y: f32[{n}x{count}x5x7] = take(%a) axis1={first}:{count}\n")
                + &read("y", n, count, size);
            let part = n == 1 && first % 16 == 0 && count % 16 == 0;
            check(&body, if part { 2 } else { 3 });
        }
    }
}

#[test]
fn slices_steps_and_repetitions_of_any_axis() {
    for c in [17, 32] {
        let size = [6, 9];
        for (taken, shape) in [
            ("axis2=1:2/2 axis3=8:9/-1", [2, c, 2, 9]),
            ("axis2=0:2/0*6/1 axis3=0:2/0*9/1", [2, c, 12, 18]),
            ("axis2=2:3/-1+0:6+4:2/-1 axis3=0:9*2/0", [2, c, 11, 18]),
            ("axis0=1:1 axis1=0:3/0+1:2", [1, 5, 6, 9]),
            ("axis1=2:3/-1", [2, 3, 6, 9]),
        ] {
            let [n, d, h, w] = shape;
            let body = input(2, size)
                + &map("a", 2, c, size)
                + &format!("%y: f32[{n}x{d}x{h}x{w}] = take(%a) {taken}\n")
                + &read("y", n, d, [h, w]);
            check(&body, 3);
        }
    }
    check("in %x: f32[7]\n%y: f32[5] = take(%x) axis0=6:5/-1\nout %y", 1);
    check("in %x: f32[5x6x7]\n%y: f32[4x6x3] = take(%x) axis0=1:4 axis2=0:3/3\nout %y", 1);
}

#[test]
fn padding() {
    for c in [3, 20, 48] {
        for (before, after) in
            [([0, 0, 1, 2], [0, 0, 0, 1]), ([1, 3, 0, 0], [0, 2, 1, 0]), ([0, 0, 0, 0], [0, 16, 0, 1])]
        {
            let shape = [2, c, 5, 6];
            let grown: Vec<usize> = (0..4).map(|at| before[at] + shape[at] + after[at]).collect();
            let text = |list: [usize; 4]| list.map(|count| count.to_string()).join(",");
            let body = input(2, [5, 6])
                + &map("a", 2, c, [5, 6])
                + &format!(
                    "%y: f32[{}x{}x{}x{}] = pad(%a) before={} after={} value=1.5\n",
                    grown[0],
                    grown[1],
                    grown[2],
                    grown[3],
                    text(before),
                    text(after)
                )
                + &read("y", grown[0], grown[1], [grown[2], grown[3]]);
            check(&body, 3);
        }
    }
    check(
        "in %x: f32[3x4]\n%y: f32[6x5] = pad(%x) before=1,0 after=2,1 value=-inf\n%z: f32[6x5] = clip(%y) lo=-9 hi=9\nout %z",
        1,
    );
}

#[test]
fn transposes() {
    for (perm, shape) in [("0,2,3,1", "2x5x6x20"), ("0,1,3,2", "2x20x6x5"), ("3,2,1,0", "6x5x20x2")] {
        let body = input(2, [5, 6])
            + &map("a", 2, 20, [5, 6])
            + &format!("%y: f32[{shape}] = transpose(%a) perm={perm}\n%z: f32[{shape}] = relu(%y)\nout %z\n");
        check(&body, 3);
    }
    check("in %x: f32[33x50]\n%y: f32[50x33] = transpose(%x) perm=1,0\nout %y", 1);
    check("in %x: f32[4x5x6x7x3]\n%y: f32[6x3x4x7x5] = transpose(%x) perm=2,4,0,3,1\nout %y", 1);
    check("in %x: f32[1x1x9x7]\n%y: f32[9x1x1x7] = transpose(%x) perm=2,1,0,3\nout %y", 1);
}

/// A shuffle of channels in groups, as exporters write it.
fn shuffle(n: usize, groups: usize, c: usize) -> String {
    let per = c / groups;
    format!(
        "%f: f32[{n}x{groups}x{per}x5x6] = reshape(%a)\n%t: f32[{n}x{per}x{groups}x5x6] = transpose(%f) perm=0,2,1,3,4\n\
         %y: f32[{n}x{c}x5x6] = reshape(%t)\n"
    )
}

#[test]
fn channel_shuffles_are_one_copy() {
    for n in [1, 2] {
        for (groups, c) in [(2, 48), (3, 17 * 3), (16, 32)] {
            let body = input(n, [5, 6])
                + &map("a", n, c, [5, 6])
                + &shuffle(n, groups, c)
                + &read("y", n, c, [5, 6]);
            check(&body, 3);
        }
    }
}

#[test]
fn depth_and_space_are_one_copy() {
    for n in [1, 2] {
        for d in [3, 16, 20] {
            let c = 4 * d;
            for (split, perm) in
                [(format!("{n}x2x2x{d}x5x6"), "0,3,4,1,5,2"), (format!("{n}x{d}x2x2x5x6"), "0,1,4,2,5,3")]
            {
                let body = input(n, [5, 6])
                    + &map("a", n, c, [5, 6])
                    + &format!(
                        "%f: f32[{split}] = reshape(%a)\n%t: f32[{n}x{d}x5x2x6x2] = transpose(%f) perm={perm}\n\
                         %y: f32[{n}x{d}x10x12] = reshape(%t)\n"
                    )
                    + &read("y", n, d, [10, 12]);
                check(&body, 3);
            }
            let body = input(n, [4, 6])
                + &map("a", n, d, [4, 6])
                + &format!(
                    "%f: f32[{n}x{d}x2x2x3x2] = reshape(%a)\n%t: f32[{n}x2x2x{d}x2x3] = transpose(%f) perm=0,3,5,1,2,4\n\
                     %y: f32[{n}x{c}x2x3] = reshape(%t)\n"
                )
                + &read("y", n, c, [2, 3]);
            check(&body, 3);
        }
    }
}

#[test]
fn resampling() {
    for c in CHANNELS {
        let body = input(2, [5, 6])
            + &map("a", 2, c, [5, 6])
            + &format!(
                "con %p: f32[9x2]\ncon %q: f32[4x3]\n%b: f32[2x{c}x9x6] = resample(%a, %p) axis=2 first=0:2/0*4/1+3:1\n\
                 %y: f32[2x{c}x9x4] = resample(%b, %q) axis=3 first=0:4\n"
            )
            + &read("y", 2, c, [9, 4]);
        check(&body, 2);
    }
    check(
        "in %x: f32[7x5]\ncon %w: f32[3x5]\n%y: f32[3x5] = resample(%x, %w) axis=0 first=2:3/-1\nout %y",
        0,
    );
}

#[test]
fn outputs_that_are_parts() {
    let body = input(1, [5, 6])
        + &map("a", 1, 32, [5, 6])
        + "%l: f32[1x16x5x6] = take(%a) axis1=0:16\n%r: f32[1x16x5x6] = take(%a) axis1=16:16\nout %l\nout %r\nout %a\n";
    check(&body, 5);
    check(
        "in %x: f32[4x32]\n%a: f32[4x32] = relu(%x)\n%y: f32[2x32] = take(%a) axis0=1:2\n%z: f32[1x32] = take(%a) axis0=3:1\nout %y\nout %z\nout %a",
        0,
    );
}

#[test]
fn what_would_be_endless_code_is_refused() {
    let text = "in %x: f32[2x4000]\n%y: f32[2x4000] = take(%x) axis1=3999:4000/-1 ; flip\nout %y";
    let error = pipeline::plan(&parse(text), &ISAS, Choice::Fast).expect_err("4000 pieces").to_string();
    assert!(error.contains("`flip`") && error.contains("too many pieces"), "{error}");
}
