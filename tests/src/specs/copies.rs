//! Copies and resamplings as lowering makes them of small graphs.

use crate::case::Case;
use tilewright::base::target::ISAS;
use tilewright::ir::text;
use tilewright::kernel::spec::KernelSpec;
use tilewright::pipeline::plan;
use tilewright::schedule::choose::Choice;

/// Name and graph; the first copy or resampling of its plan is the case.
const GRAPHS: &[(&str, &str)] = &[
    ("copy_transpose", "%y: f32[2x5x3x18] = transpose(%x) perm=0,2,1,3\nout %y"),
    ("copy_blocks", "con %w: f32[20x3x1x1]\n%y: f32[2x20x5x18] = conv(%x, %w) kernel=1x1\nout %y"),
    ("copy_reversed", "%y: f32[2x3x5x7] = take(%x) axis3=13:7/-2\nout %y"),
    ("copy_repeated", "%y: f32[2x3x10x18] = take(%x) axis2=0:2/0*5/1\nout %y"),
    ("copy_padded", "%y: f32[2x4x8x21] = pad(%x) before=0,0,1,3 after=0,1,2,0 value=-0.5\nout %y"),
    (
        "copy_concat_blocked",
        "con %w: f32[20x3x1x1]\ncon %v: f32[8x23x3x3]\n%a: f32[2x20x5x18] = conv(%x, %w) kernel=1x1\n\
         %y: f32[2x23x5x18] = concat(%a, %x) axis=1\n\
         %z: f32[2x8x5x18] = conv(%y, %v) kernel=3x3 pads=1,1,1,1\nout %z",
    ),
    (
        "copy_shuffle_blocked",
        "con %w: f32[36x3x1x1]\ncon %v: f32[8x36x3x3]\n%a: f32[2x36x5x18] = conv(%x, %w) kernel=1x1\n\
         %y: f32[2x36x5x18] = take(%a) axis1=0:3/12*12/1\n\
         %z: f32[2x8x5x18] = conv(%y, %v) kernel=3x3 pads=1,1,1,1\nout %z",
    ),
    (
        "copy_space_blocked",
        "con %w: f32[24x3x1x1]\ncon %v: f32[8x6x3x3]\n%a: f32[2x24x5x18] = conv(%x, %w) kernel=1x1\n\
         %y: f32[2x6x10x36] = rearrange(%a) split=2,2,2,6,5,18 perm=0,3,4,1,5,2\n\
         %z: f32[2x8x10x36] = conv(%y, %v) kernel=3x3 pads=1,1,1,1\nout %z",
    ),
    (
        "resample_rows",
        "con %r: f32[9x2]\n%y: f32[2x3x9x18] = resample(%x, %r) axis=2 first=0:2/0*4/1+3:1\nout %y",
    ),
    ("resample_columns", "con %r: f32[6x10]\n%y: f32[2x3x5x6] = resample(%x, %r) axis=3 first=0:6\nout %y"),
    (
        "resample_blocked",
        "con %w: f32[20x3x1x1]\ncon %v: f32[8x20x3x3]\ncon %r: f32[7x4]\n\
         %a: f32[2x20x5x18] = conv(%x, %w) kernel=1x1\n\
         %y: f32[2x20x7x18] = resample(%a, %r) axis=2 first=0:2/0+1:2/0+1:3/0\n\
         %z: f32[2x8x7x18] = conv(%y, %v) kernel=3x3 pads=1,1,1,1\nout %z",
    ),
];

/// All of them.
pub fn cases() -> Vec<Case> {
    let case = |&(name, body): &(&str, &str)| {
        let graph = format!("graph g {{\nin %x: f32[2x3x5x18]\n{body}\n}}");
        let graph = text::parse(&graph).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (_, _, plan) =
            plan(&graph, &ISAS, Choice::Fast).unwrap_or_else(|error| panic!("{name}: {error}"));
        let wanted = |spec: &KernelSpec| match spec {
            KernelSpec::Copy(_) => name.starts_with("copy"),
            KernelSpec::Resample(_) => name.starts_with("resample"),
            _ => false,
        };
        let spec = plan.kernels.into_iter().map(|kernel| kernel.spec).find(wanted);
        let spec = spec.unwrap_or_else(|| panic!("{name} has no such kernel"));
        Case { name: name.to_owned(), spec, forced: None }
    };
    GRAPHS.iter().map(case).collect()
}
