//! Plans of reductions, normalisations and operators along an axis, run by the interpreter, against the reference
//! evaluator.

use tilewright::base::reduce::ReduceKind;
use tilewright_tests::plans::check;

/// The extents with 1 along the reduced axes.
fn reduced(shape: &[usize], axes: &[usize]) -> String {
    let extents = shape.iter().enumerate().map(|(at, extent)| if axes.contains(&at) { 1 } else { *extent });
    extents.map(|extent| extent.to_string()).collect::<Vec<_>>().join("x")
}

#[test]
fn reductions_over_any_axes() {
    let shape = [2, 3, 5, 37];
    let all: [&[usize]; 9] = [&[0], &[1], &[2], &[3], &[0, 1], &[1, 3], &[0, 2], &[1, 2, 3], &[0, 1, 2, 3]];
    for kind in ReduceKind::ALL {
        for axes in all {
            let list: Vec<String> = axes.iter().map(usize::to_string).collect();
            let y = reduced(&shape, axes);
            // Of many numbers that are not around 1, the product is beyond f32.
            let x = if kind == ReduceKind::Product { "exp(%m)" } else { "identity(%z)" };
            check(&format!(
                "in %z: f32[2x3x5x37]\ncon %k: f32[] = fill() value=0.0625\n%m: f32[2x3x5x37] = mul(%z, %k)\n\
                 %x: f32[2x3x5x37] = {x}\n%y: f32[{y}] = {}(%x) axes={} +relu\nout %y",
                kind.name(),
                list.join(",")
            ));
        }
    }
}

/// Over the positions of a blocked map there is no copy of it.
#[test]
fn reductions_of_blocked_maps() {
    for channels in [16, 21] {
        for kind in ReduceKind::ALL.into_iter().filter(|kind| kind.is_tame() || channels == 16) {
            let steps = check(&format!(
                "in %x: f32[2x16x5x6]\ncon %w: f32[{channels}x16x1x1]\n\
                 %a: f32[2x{channels}x5x6] = conv(%x, %w) kernel=1x1 +tanh\n\
                 %y: f32[2x{channels}x1x1] = {}(%a) axes=2,3\nout %y",
                kind.name()
            ));
            // Copy, convolution, reduction; the few results lie as they should, unless they leave a block unfilled.
            assert_eq!(steps, 3 + usize::from(channels == 21), "{kind:?}");
        }
        check(&format!(
            "in %x: f32[2x16x5x6]\ncon %w: f32[{channels}x16x1x1]\n\
             %a: f32[2x{channels}x5x6] = conv(%x, %w) kernel=1x1 +tanh\n\
             %b: f32[2x{channels}x1x1] = reduce_squares(%a) axes=2,3\n\
             %c: f32[2x{channels}x1x1] = inv_sqrt(%b) epsilon=0.125\n%d: f32[2x{channels}x5x6] = mul(%a, %c)\n\
             con %v: f32[16x{channels}x3x3]\n%y: f32[2x16x5x6] = conv(%d, %v) kernel=3x3 pads=1,1,1,1\nout %y"
        ));
    }
}

#[test]
fn long_sums_are_right() {
    check("in %x: f32[3x20000]\n%a: f32[3x20000] = exp(%x)\n%y: f32[3x1] = reduce_sum(%a) axes=1\nout %y");
    check("in %x: f32[20000x3]\n%a: f32[20000x3] = exp(%x)\n%y: f32[1x3] = reduce_mean(%a) axes=0\nout %y");
}

#[test]
fn along_an_axis() {
    for (axis, shape) in [(0, "37x3"), (1, "3x37"), (1, "2x5x21")] {
        let extents: Vec<usize> = shape.split('x').map(|extent| extent.parse().expect("an extent")).collect();
        let with = |count: usize| {
            let mut extents = extents.clone();
            extents[axis] = count;
            extents.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
        };
        let (one, three) = (with(1), with(3));
        // Rounded, so that some are equal.
        let head = format!("in %z: f32[{shape}]\n%x: f32[{shape}] = round(%z)\n");
        for op in ["arg_max", "arg_min"] {
            for last in ["", " last"] {
                check(&format!(
                    "{head}%i: i64[{one}] = {op}(%x) axis={axis}{last}\n%y: f32[{one}] = cast(%i) to=f32\nout %y"
                ));
            }
        }
        for smallest in ["", " smallest"] {
            check(&format!(
                "{head}%v: f32[{three}] = top_values(%x) axis={axis} count=3{smallest}\n\
                 %i: i64[{three}] = top_indices(%x) axis={axis} count=3{smallest}\n\
                 %j: f32[{three}] = cast(%i) to=f32\nout %v\nout %j"
            ));
        }
        for exclusive in ["", " exclusive"] {
            check(&format!("{head}%y: f32[{shape}] = cum_sum(%x) axis={axis}{exclusive}\nout %y"));
        }
        check(&format!("{head}%y: f32[{shape}] = log_softmax(%x) axis={axis}\nout %y"));
    }
}

#[test]
fn infinite_elements_are_ranked() {
    check(
        "in %z: f32[2x9]\ncon %k: f32[] = fill() value=0\n%c: bool[2x9] = less(%z, %k)\n\
         con %i: f32[] = fill() value=-inf\n%x: f32[2x9] = select(%c, %i, %z)\n\
         %n: i64[2x9] = top_indices(%x) axis=1 count=9\n%y: f32[2x9] = cast(%n) to=f32\nout %y",
    );
}

#[test]
fn local_response_normalisation() {
    for channels in [32, 21] {
        for (size, beta) in [(5, "0.75"), (4, "0.5"), (1, "1"), (3, "0.6")] {
            let steps = check(&format!(
                "in %x: f32[2x16x5x6]\ncon %w: f32[{channels}x16x1x1]\ncon %v: f32[16x{channels}x3x3]\n\
                 %a: f32[2x{channels}x5x6] = conv(%x, %w) kernel=1x1\n\
                 %b: f32[2x{channels}x5x6] = lrn(%a) size={size} alpha=0.5 beta={beta} bias=1\n\
                 %y: f32[2x16x5x6] = conv(%b, %v) kernel=3x3 pads=1,1,1,1\nout %y"
            ));
            assert_eq!(steps, 5);
        }
    }
}
