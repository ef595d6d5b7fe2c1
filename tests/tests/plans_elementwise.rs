//! Plans of elementwise operators, run by the interpreter, against the reference evaluator: every function of the tables,
//! alone and fused, in each layout and broadcast.

use tilewright::base::binary::BinaryKind;
use tilewright::base::functions::Func;
use tilewright::base::tensor::DType;
use tilewright_tests::plans::check;

/// The function with parameters as a node's attributes, and as an epilogue.
fn written(func: Func) -> [String; 2] {
    let values = ["0.75", "0.5"];
    let names = func.parameters();
    let words: Vec<String> =
        names.iter().zip(values).map(|(name, value)| format!(" {name}={value}")).collect();
    let list = values[..names.len()].join(",");
    let epilogue = if names.is_empty() { String::new() } else { format!("({list})") };
    [words.concat(), format!("+{}{epilogue}", func.name())]
}

/// True where the function is a number for every number between -2 and 2.
fn defined(func: Func) -> bool {
    !matches!(
        func,
        Func::Acos | Func::Acosh | Func::Asin | Func::Atanh | Func::InvSqrt | Func::Log | Func::Sqrt
    )
}

#[test]
fn functions_alone_and_behind_a_convolution() {
    for &func in Func::ALL.iter().filter(|func| defined(**func)) {
        let [words, epilogue] = written(func);
        let name = func.name();
        check(&format!("in %x: f32[2x3x7]\n%y: f32[2x3x7] = {name}(%x){words}\nout %y"));
        // Tangents near a pole magnify the rounding of what they are of.
        if func == Func::Tan {
            continue;
        }
        // Blocks that are whole, and one that is not, between two convolutions: what fills it up must not get through.
        for channels in [32, 21] {
            let steps = check(&format!(
                "in %x: f32[1x16x5x4]\ncon %w: f32[{channels}x16x1x1]\ncon %v: f32[16x{channels}x3x3]\n\
                 %a: f32[1x{channels}x5x4] = conv(%x, %w) kernel=1x1\n\
                 %b: f32[1x{channels}x5x4] = {name}(%a){words}\n\
                 %y: f32[1x16x5x4] = conv(%b, %v) kernel=3x3 pads=1,1,1,1\nout %y"
            ));
            // Copies into and out of the blocked layout, and the convolutions.
            let alone = usize::from(channels == 21 && !tilewright::base::epilogue::Act::of(func).is_tame());
            assert_eq!(steps, 4 + alone, "{name} of {channels} channels");
        }
        check(&format!(
            "in %x: f32[3x10]\ncon %w: f32[10x21]\n%y: f32[3x21] = matmul(%x, %w) {epilogue}\nout %y"
        ));
    }
}

/// Parameters with which a function is tame no longer. What fills up a block is below 0 here, what means something is above:
/// only the former becomes infinite, and a kernel of groups multiplies it by zero.
#[test]
fn parameters_out_of_all_proportion() {
    let functions = [
        "leaky_relu(%b) alpha=inf",
        "elu(%b) alpha=-inf",
        "selu(%b) alpha=inf gamma=1",
        "celu(%b) alpha=-0.001",
    ];
    for function in functions {
        check(&format!(
            "in %x: f32[1x16x5x4]\ncon %w: f32[21x16x1x1]\ncon %kvar: f32[21x1x1]\ncon %v: f32[24x7x1x1]\n\
             %low: f32[1x21x5x4] = conv(%x, %w) kernel=1x1 +clip(-0.375,-0.25)\n\
             %relu: f32[1x21x5x4] = conv(%x, %w) kernel=1x1 +relu\n%high: f32[1x21x5x4] = add(%relu, %kvar)\n\
             %b: f32[1x21x5x4] = add(%low, %high)\n%c: f32[1x21x5x4] = {function}\n\
             %y: f32[1x24x5x4] = conv(%c, %v) kernel=1x1 groups=3\nout %y"
        ));
    }
}

#[test]
fn functions_of_what_is_positive() {
    for name in ["log", "sqrt", "reciprocal"] {
        for channels in [16, 10] {
            check(&format!(
                "in %x: f32[1x8x5x4]\ncon %w: f32[{channels}x8x1x1]\ncon %v: f32[16x{channels}x3x3]\n\
                 %a: f32[1x{channels}x5x4] = conv(%x, %w) kernel=1x1 +clip(0.25,2)\n\
                 %b: f32[1x{channels}x5x4] = {name}(%a)\n\
                 %y: f32[1x16x5x4] = conv(%b, %v) kernel=3x3 pads=1,1,1,1\nout %y"
            ));
        }
    }
}

/// `y = kind(a, b)` where both are results, and what `result` says of it is an output.
fn binary(kind: BinaryKind, extents: [&str; 3], ops: [&str; 2]) {
    let name = kind.name();
    let [a, b, y] = extents;
    let [of_a, of_b] = ops;
    let inputs =
        format!("in %x: f32[{a}]\nin %z: f32[{b}]\n%a: f32[{a}] = {of_a}(%x)\n%b: f32[{b}] = {of_b}(%z)\n");
    match kind.result(DType::F32) {
        Ok(DType::F32) => check(&format!("{inputs}%y: f32[{y}] = {name}(%a, %b)\nout %y")),
        Ok(_) => {
            check(&format!("{inputs}%t: bool[{y}] = {name}(%a, %b)\n%y: f32[{y}] = cast(%t) to=f32\nout %y"))
        }
        Err(_) => check(&format!(
            "{inputs}%o: bool[{a}] = cast(%x) to=bool\n%p: bool[{b}] = less(%b, %z)\n\
             %t: bool[{y}] = {name}(%o, %p)\n%y: f32[{y}] = cast(%t) to=f32\nout %y"
        )),
    };
}

#[test]
fn functions_of_two_with_broadcasts() {
    let shapes = [
        ["2x3x7", "2x3x7", "2x3x7"],
        ["2x3x7", "3x1", "2x3x7"],
        ["5", "4x1", "4x5"],
        ["2x1x3x1", "5x1x4", "2x5x3x4"],
        ["1x2x2x3x5", "1", "1x2x2x3x5"],
    ];
    for &kind in BinaryKind::ALL.iter().filter(|kind| **kind != BinaryKind::Mod) {
        for shapes in shapes {
            // Rounded, some are equal; above 0.5, quotients and powers are tame.
            match kind {
                BinaryKind::Div | BinaryKind::Fmod | BinaryKind::Pow => binary(kind, shapes, ["exp", "exp"]),
                _ => binary(kind, shapes, ["round", "round"]),
            }
        }
    }
}

#[test]
fn choices() {
    check(
        "in %x: f32[2x3x7]\nin %z: f32[3x1]\ncon %k: f32[]\n%c: bool[2x3x7] = less(%x, %z)\n\
         %y: f32[2x3x7] = select(%c, %x, %k)\nout %y",
    );
    check(
        "in %x: f32[1x8x6x5]\ncon %w: f32[24x8x1x1]\n%a: f32[1x24x6x5] = conv(%x, %w) kernel=1x1\n\
         %b: f32[1x24x6x5] = exp(%a)\n%c: bool[1x24x6x5] = greater(%a, %b)\n\
         %y: f32[1x24x6x5] = select(%c, %a, %b)\nout %y",
    );
}

#[test]
fn conversions() {
    check(
        "in %x: f32[37]\n%a: f32[37] = exp(%x)\n%i: i64[37] = cast(%a) to=i64\n%t: bool[37] = cast(%i) to=bool\n\
         %f: f32[37] = cast(%i) to=f32\n%g: f32[37] = cast(%t) to=f32\n%y: f32[37] = add(%f, %g)\nout %y",
    );
}

/// A gate per channel, per position, per image, or one for all, over a blocked map: no copy of the map.
#[test]
fn gates_over_blocked_maps() {
    for channels in [32, 24] {
        for kind in ["mul", "add", "div", "prelu"] {
            let conv = format!(
                "in %x: f32[2x16x6x5]\ncon %w: f32[{channels}x16x1x1]\n\
                 %a: f32[2x{channels}x6x5] = conv(%x, %w) kernel=1x1\n"
            );
            let end = format!(
                "%c: f32[2x{channels}x6x5] = {kind}(%a, %b)\ncon %v: f32[16x{channels}x3x3]\n\
                 %y: f32[2x16x6x5] = conv(%c, %v) kernel=3x3 pads=1,1,1,1\nout %y"
            );
            // Squeeze and excite.
            let excite = format!(
                "%p: f32[2x{channels}x1x1] = global_avg_pool(%a)\ncon %u: f32[{channels}x{channels}x1x1]\n\
                 %b: f32[2x{channels}x1x1] = conv(%p, %u) kernel=1x1 +clip(0.5,2)\n"
            );
            // Two convolutions, pool, gate, product, copies in and out.
            assert_eq!(check(&format!("{conv}{excite}{end}")), 7, "{kind} of {channels} channels");
            // One number per position, from a convolution to one channel.
            let position = format!(
                "con %u: f32[1x{channels}x1x1]\n%b: f32[2x1x6x5] = conv(%a, %u) kernel=1x1 +clip(0.5,2)\n"
            );
            assert_eq!(check(&format!("{conv}{position}{end}")), 6, "{kind} of {channels} channels");
            for gate in [String::from("2x1x6x5"), "6x1".into(), "2x1x1x1".into(), "1".into()] {
                let gate = format!("in %g: f32[{gate}]\n%b: f32[{gate}] = exp(%g)\n");
                assert_eq!(check(&format!("{conv}{gate}{end}")), 6, "{kind} of {channels} channels");
            }
            let constant = format!("con %b: f32[{channels}x1x1]\n");
            check(&format!("{conv}{constant}{end}").replace("%b", "%var"));
        }
    }
}

#[test]
fn residuals_with_each_halo_and_tail() {
    for channels in [16, 20] {
        check(&format!(
            "in %x: f32[1x8x6x5]\ncon %w: f32[{channels}x8x1x1]\ncon %v: f32[{channels}x{channels}x3x3]\n\
             %a: f32[1x{channels}x6x5] = conv(%x, %w) kernel=1x1\n%s: f32[1x{channels}x6x5] = sigmoid(%a)\n\
             %m: f32[1x{channels}x6x5] = mul(%a, %a) +tanh\n%n: f32[1x{channels}x6x5] = max(%m, %s) +exp\n\
             %b: f32[1x{channels}x6x5] = conv(%n, %v) kernel=3x3 pads=1,1,1,1\n\
             %y: f32[1x{channels}x6x5] = min(%b, %a)\nout %y\nout %n"
        ));
    }
}
