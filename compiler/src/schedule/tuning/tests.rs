//! Tuning files: what is read is what is written, and every fault has its line.

use super::{Algorithm, Setting, Tuning};
use crate::base::target::{AVX2, AVX512};
use crate::kernel::tile::LoopOrder;
use crate::schedule::constrain::{Tile, Wanted};

const FILE: &str = "tilewright-tuning 1
tool 0.1.0
cpu AMD EPYC 9R14
conv3x3_64x56x56_64_relu algorithm winograd 4x4 band 2
conv3x3_512x7x7_512_relu algorithm direct
conv1x1_64x56x56_64_relu avx512    blocks 2 tile 1x14 order rows 4 prefetch 0
conv1x1_64x56x56_64_relu avx2      order channels
winograd2x2_3x3_16x8x8_16 avx2      blocks 1 tiles 6 prefetch 4
";

fn faults(text: &str) -> Vec<String> {
    Tuning::parse("t", text).faults.iter().map(|(_, problem)| problem.to_string()).collect()
}

#[test]
fn what_is_read_is_what_is_written() {
    let tuning = Tuning::parse("t", FILE);
    assert_eq!(tuning.faults, []);
    assert_eq!(
        (tuning.tool.as_str(), tuning.cpu.as_str(), tuning.lines.len()),
        ("0.1.0", "AMD EPYC 9R14", 5)
    );
    let (line, wanted) = tuning.schedule("conv1x1_64x56x56_64_relu", &AVX512).expect("a line");
    assert_eq!(line.number, 6);
    let all = Wanted {
        blocks: Some(2),
        tile: Some(Tile::Positions([1, 14])),
        order: Some(LoopOrder::RowsOutside(4)),
        prefetch: Some(0),
    };
    assert_eq!(*wanted, all);
    let (_, algorithm) = tuning.algorithm("conv3x3_64x56x56_64_relu").expect("a line");
    assert_eq!(algorithm, Algorithm::Winograd { tile: [4, 4], band: Some(2) });
    let again = Tuning::parse("t", &tuning.to_string());
    let content = |tuning: &Tuning| -> Vec<(String, Setting)> {
        tuning.lines.iter().map(|line| (line.kernel.clone(), line.setting.clone())).collect()
    };
    assert_eq!(content(&again), content(&tuning));
    assert_eq!((again.to_string(), again.tool, again.cpu), (tuning.to_string(), tuning.tool, tuning.cpu));
}

#[test]
fn comments_and_blanks_are_nothing() {
    let text = "\n # by hand\n  tilewright-tuning   1 # the first\n\nconv\tavx2 blocks 2 # two\n#conv avx2 blocks 4\n";
    let tuning = Tuning::parse("t", text);
    assert_eq!((tuning.faults.len(), tuning.lines.len(), tuning.lines[0].number), (0, 1, 5));
    assert_eq!(tuning.to_string(), "tilewright-tuning 1\nconv avx2      blocks 2 # two\n");
}

#[test]
fn a_convolution_has_one_line_about_its_algorithm_under_any_name() {
    let text = "tilewright-tuning 1\nwinograd4x4_3x3_16x8x8_16_v2 algorithm direct\n";
    assert!(Tuning::parse("t", text).algorithm("conv3x3_16x8x8_16_v2").is_some());
    let twice = faults(&format!("{text}conv3x3_16x8x8_16_v2 algorithm winograd 2x2\n"));
    assert_eq!(twice, ["t line 3: it overrides what line 2 has overridden; keep one of them"]);
}

#[test]
fn every_fault_is_found() {
    let lines = [
        ("conv", "nothing follows `conv`"),
        ("conv sse blocks 1", "`sse` is no instruction set; say one of portable, avx2, avx512"),
        ("conv avx2", "the line ends"),
        ("conv avx2 blocks", "`blocks ` has no number"),
        ("conv avx2 blocks 0", "`blocks 0` has no number; say `blocks N` with a number from 1 on"),
        ("conv avx2 blocks 99999999999999999999", "has no number"),
        ("conv avx2 blocks 1 blocks 2", "`blocks` is said twice"),
        ("conv avx2 tile 4", "`tile 4` is no pair of numbers"),
        ("conv avx2 tile 0x4", "`tile 0x4` is no pair"),
        ("conv avx2 tiles x", "`tiles x` has no number"),
        ("conv avx2 order columns", "`columns` is not known; `channels` or `rows N` can stand here"),
        ("conv avx2 order rows", "`rows ` has no number"),
        ("conv avx2 prefetch -1", "`prefetch -1` has no number; say `prefetch N` with a number from 0 on"),
        ("conv avx2 algorithm direct", "an algorithm belongs to no instruction set"),
        ("conv algorithm", "the line ends; `direct`, `grouped`, `banded` or `winograd 4x4` can stand here"),
        ("conv algorithm fft", "`fft` is not known"),
        ("conv algorithm winograd", "`winograd ` is no pair"),
        ("conv algorithm winograd 4x4 rows", "`rows` is not known; `band`"),
        ("conv algorithm winograd 4x4 band 0", "`band 0` has no number"),
        ("conv algorithm direct 2", "`2` is not known; nothing more can stand here"),
    ];
    let text: Vec<&str> = lines.iter().map(|(line, _)| *line).collect();
    let found = faults(&format!("tilewright-tuning 1\n{}", text.join("\n")));
    assert_eq!(found.len(), lines.len(), "{found:#?}");
    for (index, ((line, want), fault)) in lines.iter().zip(&found).enumerate() {
        assert!(fault.starts_with(&format!("t line {}: ", index + 2)), "{fault}");
        assert!(fault.contains(want), "{line}: {fault}");
    }
}

#[test]
fn what_is_no_tuning_file_is_one_fault() {
    for text in ["", "conv avx2 blocks\nconv avx2 tile\n", "\u{0}\u{1}\n", "tilewright-tuning\n"] {
        let found = faults(text);
        assert!(matches!(&found[..], [one] if one.contains("no tuning file")), "{text:?}: {found:?}");
    }
    let newer = faults("# ours\ntilewright-tuning 2\nconv wasm blocks 2\n");
    assert!(matches!(&newer[..], [one] if one.starts_with("t line 2: it is of version 2")), "{newer:?}");
}

#[test]
fn a_line_replaces_one_about_the_same() {
    let mut tuning = Tuning::parse("t", FILE);
    let name = "conv1x1_64x56x56_64_relu";
    let wanted = |blocks| Wanted { blocks: Some(blocks), ..Wanted::default() };
    tuning.set(name.to_owned(), Setting::Schedule(AVX2, wanted(1)));
    tuning.set("conv3x3_512x7x7_512_relu".to_owned(), Setting::Algorithm(Algorithm::Direct));
    assert_eq!(tuning.lines.len(), 5);
    assert_eq!(tuning.schedule(name, &AVX2).expect("a line").1, &wanted(1));
    assert_eq!(tuning.schedule(name, &AVX512).expect("a line").1.blocks, Some(2));
}

#[test]
fn a_file_that_is_longer_than_any_is_not_read_to_its_end() {
    let found = faults(&format!("tilewright-tuning 1\n{}", "x\n".repeat(100_000)));
    assert_eq!(found.len(), 1001);
    assert!(found[1000].contains("t line 1002: 0 lines and 1000 faults are read"), "{}", found[1000]);
    let line = |i: usize| format!("conv{i} avx2 blocks 2\n");
    let many = format!("tilewright-tuning 1\n{}", (0..40_000).map(line).collect::<String>());
    assert_eq!(Tuning::parse("t", &many).lines.len(), 1 << 15);
    let found = faults(&many);
    assert!(matches!(&found[..], [one] if one.contains("32768 lines and 0 faults are read")), "{found:?}");
}
