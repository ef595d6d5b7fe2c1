//! The machine code of ResNet-50's kernels, and of convolutions of single channels and in groups: innermost loops keep their
//! vectors in registers.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]

use std::path::Path;
use tilewright::base::target::{AVX2, AVX512, Isa};
use tilewright::kernel::spec::KernelSpec;
use tilewright_tests::assembly::{Function, functions, loops};
use tilewright_tests::case::Case;
use tilewright_tests::project::{Profile, Project};
use tilewright_tests::specs;

const SETS: [Isa; 2] = [AVX2, AVX512];

/// True for the kernels in which all the time goes.
fn has_products(case: &Case) -> bool {
    matches!(
        case.spec,
        KernelSpec::Conv(_) | KernelSpec::Banded(_) | KernelSpec::Winograd(_) | KernelSpec::MatMul(_)
    )
}

/// The function of a kernel: both manglings write a name behind its length.
fn find<'a>(functions: &'a [Function], isa: &Isa, name: &str) -> &'a Function {
    let part = |name: &str| format!("{}{name}", name.len());
    let path = part(isa.module) + &part(name) + &part(name);
    let found = functions.iter().find(|function| function.symbol.contains(&path));
    found.unwrap_or_else(|| panic!("there is no code of {name} for {}", isa.name))
}

#[test]
fn innermost_loops_do_not_touch_the_stack() {
    let cases = [specs::of_resnet50(), specs::depthwise::of_networks()].concat();
    assert!(cases.iter().filter(|case| has_products(case)).count() > 20, "ResNet-50 has more convolutions");
    keep_their_registers("resnet50_kernels", &cases);
}

#[test]
fn innermost_loops_over_groups_do_not_touch_the_stack() {
    keep_their_registers("grouped_kernels", &specs::grouped::of_networks());
}

fn keep_their_registers(project: &str, cases: &[Case]) {
    let project = Project::kernels(Path::new(env!("CARGO_TARGET_TMPDIR")), project, cases, &SETS, &[]);
    let program = std::fs::read(project.build(Profile::Release)).expect("a readable program");
    let functions = functions(&program);
    let mut faults = Vec::new();
    for isa in &SETS {
        for case in cases {
            let found = loops(find(&functions, isa, &case.name));
            let label = format!("{} for {}", case.name, isa.name);
            println!("{label}: {} loops of {} products", found.products, found.fmas);
            assert!(found.products > 0 || !has_products(case), "{label} has no loop of products");
            if let Some(first) = found.spills.first() {
                faults.push(format!("{label}: {} instructions such as `{first}`", found.spills.len()));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} kernels move vectors through the stack:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

const BROADCAST: &[u8] = &[0xc4, 0xe2, 0x7d, 0x18, 0x0f]; // vbroadcastss ymm1, [rdi]
const FMA: &[u8] = &[0xc4, 0xe2, 0x75, 0xb8, 0xc2]; // vfmadd231ps ymm0, ymm1, ymm2
const SPILL: &[u8] = &[0xc5, 0xfc, 0x11, 0x44, 0x24, 0x20]; // vmovups [rsp + 32], ymm0
const STORE: &[u8] = &[0xc5, 0xfc, 0x11, 0x47, 0x20]; // vmovups [rdi + 32], ymm0
const FRAME: &[u8] = &[0x48, 0x89, 0xe5]; // mov rbp, rsp
const SPILL_TO_FRAME: &[u8] = &[0xc5, 0xfc, 0x11, 0x45, 0xe0]; // vmovups [rbp - 32], ymm0
const RETURN: &[u8] = &[0xc3];

/// A loop over this body, counted by ecx.
fn looped(body: &[&[u8]]) -> Vec<u8> {
    let mut code = [&body.concat()[..], &[0xff, 0xc9]].concat();
    code.extend([0x75, (-(code.len() as i8 + 2)).cast_unsigned()]);
    code
}

/// Loops of products, spills in innermost loops.
fn counts(code: &[&[u8]]) -> (usize, usize) {
    let found = loops(&Function { symbol: String::new(), address: 0x1000, code: code.concat() });
    (found.products, found.spills.len())
}

#[test]
fn planted_spills_are_found() {
    assert_eq!(counts(&[&looped(&[BROADCAST, FMA, STORE]), RETURN]), (1, 0));
    assert_eq!(counts(&[&looped(&[BROADCAST, FMA, SPILL]), RETURN]), (1, 1));
    assert_eq!(counts(&[FRAME, &looped(&[BROADCAST, FMA, SPILL_TO_FRAME]), RETURN]), (1, 1));
    assert_eq!(counts(&[&looped(&[BROADCAST, FMA, SPILL_TO_FRAME]), RETURN]), (1, 0), "rbp is no frame");
    assert_eq!(counts(&[&looped(&[FMA, SPILL]), RETURN]), (0, 1), "no product of a broadcast");
    assert_eq!(counts(&[&looped(&[BROADCAST, FMA]), SPILL, RETURN]), (1, 0), "behind the loop");
    let inner = looped(&[BROADCAST, FMA]);
    assert_eq!(counts(&[&looped(&[&inner, SPILL]), RETURN]), (1, 0), "in an outer loop only");
}
