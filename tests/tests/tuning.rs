//! Tuning files: what they change, that tuned kernels compute the same, and what is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use tilewright::Options;
use tilewright::base::target::{AVX2, AVX512, ISAS, Isa};
use tilewright::emit::Weights;
use tilewright::ir::graph::Graph;
use tilewright::ir::text;
use tilewright::kernel::name::as_direct;
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::pipeline::{Compiled, compile, plan_tuned};
use tilewright::schedule::choose::Choice;
use tilewright::schedule::tuning::Tuning;
use tilewright::zoo::{self, ZooOptions};
use tilewright_tests::plans::{difference_tuned, with_numbers};

/// A tuning file of these lines.
fn tuning(lines: &str) -> Tuning {
    Tuning::parse("t", &format!("tilewright-tuning 1\n{lines}"))
}

/// Two are enough to see that one does not change with the other.
const TWO: [Isa; 2] = [AVX2, AVX512];

/// ResNet-50 without numbers, compiled with these lines.
fn resnet50(lines: &str) -> Compiled {
    let options = ZooOptions { topology: true, ..ZooOptions::default() };
    let bytes = zoo::build("resnet50", &options).expect("a network of the zoo");
    let source = load("resnet50", bytes.into(), &LoadOptions::default(), &NoExternalData).expect("it loads");
    let (isas, weights) = (TWO.to_vec(), Weights::External);
    let options = Options { isas, weights, tuning: tuning(lines), ..Options::default() };
    compile(source, &options).unwrap_or_else(|error| panic!("{error}"))
}

fn untuned() -> &'static Compiled {
    static COMPILED: OnceLock<Compiled> = OnceLock::new();
    COMPILED.get_or_init(|| resnet50(""))
}

fn files(compiled: &Compiled) -> BTreeMap<&str, &str> {
    compiled.files.iter().map(|file| (file.path.as_str(), file.text.as_str())).collect()
}

/// Paths of files that one has and the other does not have or has otherwise.
fn changed<'a>(a: &'a Compiled, b: &'a Compiled) -> BTreeSet<&'a str> {
    let (a, b) = (files(a), files(b));
    a.keys().chain(b.keys()).copied().filter(|path| a.get(path) != b.get(path)).collect()
}

#[test]
fn code_changes_only_where_the_file_says() {
    let kernel = "conv1x1_64x56x56_256_add_relu";
    for (isa, line) in [(AVX512, "blocks 1 tile 2x14"), (AVX2, "order channels prefetch 0")] {
        let tuned = resnet50(&format!("{kernel} {} {line}", isa.name));
        let file = format!("src/kernels/{}/{kernel}.rs", isa.module);
        let mut found = changed(untuned(), &tuned);
        // The table of steps names tiles, and changes nothing else.
        let rows = |compiled| files(compiled)["src/info.rs"].lines().map(str::to_owned).collect::<Vec<_>>();
        let other = rows(untuned()).into_iter().zip(rows(&tuned)).filter(|(a, b)| a != b);
        let other: Vec<_> = other.collect();
        assert_eq!(found.remove("src/info.rs"), !other.is_empty());
        assert!(other.iter().all(|(a, b)| [a, b].iter().all(|row| row.contains(" tiles: "))), "{other:?}");
        assert_eq!(found, [file.as_str()].into(), "{line}");
        assert_eq!(tuned.warnings, []);
        assert_eq!(tuned.plan.weights_hash, untuned().plan.weights_hash);
    }
}

#[test]
fn another_algorithm_changes_one_kernel() {
    let kernels = &untuned().plan.kernels;
    let chosen = kernels.iter().find(|kernel| kernel.name.starts_with("winograd")).expect("one");
    let direct = as_direct(&chosen.name);
    let tuned = resnet50(&format!("{} algorithm direct # {direct}", chosen.name));
    let mut wanted: BTreeSet<String> =
        ["src/lib.rs", "src/info.rs", "src/forward.rs", "src/kernels/mod.rs"].map(str::to_owned).into();
    for isa in TWO {
        let file = |file: &str| format!("src/kernels/{}/{file}.rs", isa.module);
        wanted.extend(["mod", &chosen.name, &direct].map(file));
    }
    assert_eq!(changed(untuned(), &tuned), wanted.iter().map(String::as_str).collect());
    assert_ne!(tuned.plan.weights_hash, untuned().plan.weights_hash, "other weights do not fit");
    assert_eq!(tuned.plan.graph_hash, untuned().plan.graph_hash);
}

/// Two kernels of one name, told apart by a number: the second keeps its number when the first changes its algorithm.
#[test]
fn numbers_in_names_do_not_depend_on_algorithms() {
    let body = "in %x: f32[1x16x12x12]\ncon %a: f32[16x16x3x3]\ncon %b: f32[16x16x3x3]\ncon %c: f32[16x16x3x3]\n\
        %y: f32[1x16x12x12] = conv(%x, %a) kernel=3x3 pads=1,1,1,1\n\
        %z: f32[1x16x12x12] = conv(%y, %b) kernel=3x3 pads=1,1,1,1\n\
        %p: f32[1x16x12x12] = max_pool(%z) kernel=3x3 pads=1,1,1,1\n\
        %o: f32[1x16x12x12] = conv(%p, %c) kernel=3x3 pads=1,1,1,1\nout %o";
    let source = text::parse(&format!("graph g {{\n{body}\n}}")).expect("a graph");
    let names = |lines: &str| -> Vec<String> {
        let planned = plan_tuned(&source, &ISAS, Choice::Fast, &tuning(lines)).expect("a plan");
        assert_eq!(planned.warnings, []);
        let names = planned.plan.steps.iter().map(|step| planned.plan.kernel(step).name.clone());
        names.filter(|name| name.contains("3x3_16x")).collect()
    };
    let conv = "conv3x3_16x12x12_16";
    let all = format!("{conv} algorithm direct\n{conv}_v2 algorithm direct");
    assert_eq!(names(&all)[..2], [conv.to_owned(), format!("{conv}_v2")]);
    let first = names(&format!("{conv} algorithm winograd 2x2\n{conv}_v2 algorithm direct"));
    assert_eq!(first[..2], ["winograd2x2_3x3_16x12x12_16".to_owned(), format!("{conv}_v2")]);
    let second = names(&format!("{conv} algorithm direct\n{conv}_v2 algorithm winograd 4x4 band 1"));
    assert_eq!(second[..2], [conv.to_owned(), "winograd4x4_3x3_16x12x12_16_v2".to_owned()]);
}

/// A network with a direct and a Winograd convolution.
fn small() -> Graph {
    let body = "in %x: f32[1x32x12x10]\ncon %a: f32[64x32x1x1]\ncon %b: f32[64x64x3x3]\n\
        %y: f32[1x64x12x10] = conv(%x, %a) kernel=1x1 +relu\n\
        %z: f32[1x64x12x10] = conv(%y, %b, %y) kernel=3x3 pads=1,1,1,1 +residual\nout %z";
    with_numbers(text::parse(&format!("graph g {{\n{body}\n}}")).expect("a graph"))
}

#[test]
fn tuned_kernels_compute_the_same() {
    let source = small();
    for isa in ISAS {
        for lines in [
            "conv1x1_32x12x10_64_relu ISA blocks 1 tile 1x2 order rows 4",
            "conv1x1_32x12x10_64_relu ISA blocks 1 tile 1x1 order channels prefetch 2",
            "conv1x1_32x12x10_64_relu ISA prefetch 0",
            "conv3x3_64x12x10_64_add algorithm direct\nconv3x3_64x12x10_64_add ISA tile 2x1 blocks 1",
            "conv3x3_64x12x10_64_add algorithm winograd 2x2 band 4\nwinograd2x2_3x3_64x12x10_64_add ISA tiles 2 prefetch 0",
            "conv3x3_64x12x10_64_add algorithm winograd 2x4\nwinograd2x4_3x3_64x12x10_64_add ISA blocks 1 prefetch 16",
            "conv3x3_64x12x10_64_add algorithm winograd 4x4 band 1",
        ] {
            let tuning = tuning(&lines.replace("ISA", isa.name));
            let planned = plan_tuned(&source, &[isa], Choice::Fast, &tuning).expect("a plan");
            assert_eq!(planned.warnings, [], "{lines}");
            let apart = difference_tuned(&source, isa, Choice::Fast, &tuning);
            assert!(apart <= 2e-5, "{} {lines}: off by {apart:.1e}", isa.name);
        }
    }
}

#[test]
fn depthwise_kernels_have_tiles_and_orders() {
    let body = "in %x: f32[1x32x12x10]\ncon %a: f32[32x1x3x3]\n\
        %y: f32[1x32x12x10] = conv(%x, %a) kernel=3x3 pads=1,1,1,1 groups=32\nout %y";
    let source = with_numbers(text::parse(&format!("graph g {{\n{body}\n}}")).expect("a graph"));
    let kernel = "depthwise3x3_32x12x10";
    for isa in ISAS {
        for words in ["tile 1x3 order rows 4", "order channels tile 1x1", "order rows 12"] {
            let tuning = tuning(&format!("{kernel} {} {words}", isa.name));
            let planned = plan_tuned(&source, &[isa], Choice::Fast, &tuning).expect("a plan");
            assert_eq!(planned.warnings, []);
            let apart = difference_tuned(&source, isa, Choice::Fast, &tuning);
            assert!(apart <= 2e-5, "{} {words}: off by {apart:.1e}", isa.name);
        }
    }
    let lines = format!("{kernel} avx2 tile 2x2\n{kernel} avx512 tile 1x11\n{kernel} portable blocks 1\n");
    let error = plan_tuned(&source, &ISAS, Choice::Fast, &tuning(&lines)).expect_err("faults").to_string();
    assert!(error.contains("3 problems") && error.contains("`tile 1xN` with at most 10 columns"), "{error}");
    let lines = format!("{kernel} algorithm direct");
    let planned = plan_tuned(&source, &ISAS, Choice::Fast, &tuning(&lines)).expect("a plan");
    assert!(planned.warnings[0].to_string().contains("has one algorithm only"));
}

#[test]
fn convolutions_in_groups_have_algorithms_and_schedules() {
    let body = "in %x: f32[1x64x8x9]\ncon %a: f32[64x4x3x3]\ncon %b: f32[64x32x3x3]\n\
        %y: f32[1x64x8x9] = conv(%x, %a) kernel=3x3 pads=1,1,1,1 groups=16 +relu\n\
        %z: f32[1x64x8x9] = conv(%y, %b) kernel=3x3 pads=1,1,1,1 groups=2\nout %z";
    let source = with_numbers(text::parse(&format!("graph g {{\n{body}\n}}")).expect("a graph"));
    let (small, large) = ("conv3x3g16_64x8x9_64_relu", "conv3x3g2_64x8x9_64");
    for isa in ISAS {
        for (lines, kernels) in [
            (
                "SMALL algorithm grouped\ngrouped3x3g16_64x8x9_64_relu ISA tile 1x2 order rows 4",
                "grouped3x3g16",
            ),
            ("SMALL algorithm banded\nbanded3x3g16_64x8x9_64_relu ISA tile 2x1 order rows 2", "banded3x3g16"),
            ("SMALL algorithm direct", "conv3x3g4"),
            ("LARGE algorithm direct", "conv3x3g2"),
            ("LARGE algorithm winograd 4x4 band 1", "winograd4x4_3x3g2"),
            (
                "LARGE algorithm winograd 2x2\nwinograd2x2_3x3g2_64x8x9_64 ISA blocks 1 tiles 2",
                "winograd2x2_3x3g2",
            ),
        ] {
            let lines = lines.replace("SMALL", small).replace("LARGE", large).replace("ISA", isa.name);
            let tuning = tuning(&lines);
            let planned = plan_tuned(&source, &[isa], Choice::Fast, &tuning).expect("a plan");
            assert_eq!(planned.warnings, [], "{lines}");
            let mut names = planned.plan.kernels.iter().map(|kernel| kernel.name.as_str());
            assert!(names.any(|name| name.starts_with(&format!("{kernels}_64x8x9"))), "{lines}");
            let apart = difference_tuned(&source, isa, Choice::Fast, &tuning);
            assert!(apart <= 2e-5, "{} {lines}: off by {apart:.1e}", isa.name);
        }
    }
    for (line, want) in [
        (format!("{small} algorithm winograd 4x4"), "its groups fill no blocks of 16 channels"),
        (format!("{large} algorithm grouped"), "it has no groups of 2, 4 or 8"),
        (format!("{large} algorithm banded"), "or they fill whole blocks"),
    ] {
        let error =
            plan_tuned(&source, &ISAS, Choice::Fast, &tuning(&line)).expect_err("a fault").to_string();
        assert!(error.contains(want), "{line}: {error}");
    }
}

#[test]
fn what_is_impossible_is_refused_all_at_once() {
    let (conv, add) = ("conv1x1_32x12x10_64_relu", "conv3x3_64x12x10_64_add");
    let lines = [
        (
            format!("{conv} avx512 blocks 2 tile 3x6"),
            "the registers hold at most 14 positions with `blocks 2`, and a tile lies inside of 12x10",
        ),
        (format!("{conv} avx2 blocks 3"), "its 4 blocks of output channels can be taken 1, 2, 4 at a time"),
        (format!("{conv} portable order rows 5"), "its 12 output rows are no bands of 5"),
        (format!("{add} algorithm winograd 4x4 band 9"), "it has 3 rows of tiles"),
        (format!("{add} avx2 blox 2"), "`blox` is not known"),
        (format!("{conv} algorithm winograd 2x2"), "its window is not 3x3"),
    ];
    let text: Vec<&str> = lines.iter().map(|(line, _)| line.as_str()).collect();
    let error = plan_tuned(&small(), &ISAS, Choice::Fast, &tuning(&text.join("\n"))).expect_err("faults");
    let found: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), lines.len(), "{error}");
    for (index, ((_, want), fault)) in lines.iter().zip(&found).enumerate() {
        assert!(
            fault.starts_with(&format!("t line {}: ", index + 2)) && fault.contains(want),
            "{want}: {fault}"
        );
    }
}

#[test]
fn schedules_of_other_kinds_are_refused() {
    let add = "conv3x3_64x12x10_64_add";
    let winograd = format!("{add} algorithm winograd 4x4\nwinograd4x4_3x3_64x12x10_64_add avx2");
    let conv = "conv1x1_32x12x10_64_relu avx2";
    for (lines, want) in [
        (format!("{winograd} tile 2x2"), "`tiles N`, no `tile`"),
        (format!("{winograd} tiles 99"), "tiles at most"),
        (format!("{winograd} order channels"), "one loop order only"),
        (format!("{winograd} prefetch 17"), "16 blocks of input channels ahead at most"),
        (format!("{conv} tile 9999999999x9999999999"), "a tile lies inside of 12x10"),
        (format!("{conv} tiles 2"), "`tile RxC`, no `tiles`"),
        (format!("{conv} prefetch 3 order channels"), "2 sweeps ahead at most"),
        (format!("{conv} order rows 4 prefetch 1"), "nothing to prefetch"),
        (format!("{add} algorithm winograd 3x3"), "there are tiles of"),
    ] {
        let error =
            plan_tuned(&small(), &ISAS, Choice::Fast, &tuning(&lines)).expect_err("a fault").to_string();
        assert!(error.contains(want), "{lines}: {error}");
    }
    let exact = plan_tuned(&small(), &ISAS, Choice::Exact, &tuning(&format!("{add} algorithm winograd 4x4")));
    assert!(exact.expect_err("a fault").to_string().contains("--exact forbids `winograd 4x4`"));
}

#[test]
fn lines_for_nothing_are_warnings() {
    let lines = "conv9x9_1x1x1_1 avx2 blocks 1\nconv3x3_64x12x10_64_add algorithm direct\n\
        winograd4x4_3x3_64x12x10_64_add avx2 tiles 4\nconv9x9_1x1x1_1 algorithm direct";
    let planned = plan_tuned(&small(), &ISAS, Choice::Fast, &tuning(lines)).expect("a plan");
    let found: Vec<String> = planned.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].starts_with("t line 2: the network has no kernel `conv9x9_1x1x1_1`"), "{}", found[0]);
    assert!(found[1].contains("in its place is `conv3x3_64x12x10_64_add`"), "{}", found[1]);
    assert!(found[2].starts_with("t line 5: the network has no kernel"), "{}", found[2]);
}
