//! What kernels and their Rust look like. A change shows up as a diff to review; to accept it:
//!
//! ```console
//! INSTA_UPDATE=always cargo test -p tilewright-tests --test snapshots
//! ```
//!
//! Kernel text shows the algorithm, one instruction set each; Rust text shows how it is printed, for all of them.

use tilewright::base::target::{AVX2, AVX512, ISAS, Isa, PORTABLE};
use tilewright::emit::kernel_source;
use tilewright_tests::specs;

/// Snapshots live in files named after the case, so that a renamed test keeps them.
fn settings(name: &str, isa: &Isa) -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(format!("{name} for {}", isa.name));
    settings
}

#[test]
fn kernel_text() {
    let kernels = [
        ("conv3x3_halo_out", AVX512),
        ("conv3x3_bands", PORTABLE),
        ("conv1x1_blocks2", AVX2),
        ("depthwise3x3_clip", AVX512),
        ("depthwise5x5_stride2", AVX2),
        ("grouped3x3_stride2", AVX512),
        ("banded1x1_28", AVX2),
        ("matmul_row_tail", AVX2),
        ("avgpool3x3s2_padded", AVX512),
        ("softmax_tail", AVX2),
        ("map_affine_blocked", AVX512),
    ];
    for (name, isa) in kernels {
        let text = specs::named(name).kernel(&isa).to_string();
        settings(name, &isa).bind(|| insta::assert_snapshot!(format!("{name}.{}.kernel", isa.name), text));
    }
}

#[test]
fn rust_text() {
    for name in
        ["conv3x3_stride2", "depthwise3x3", "grouped3x3_of4", "matmul_row_few_columns", "softmax_tail"]
    {
        for isa in &ISAS {
            let kernel = specs::named(name).kernel(isa);
            let doc = [format!(" Case `{name}`.")];
            let text = kernel_source(&kernel, isa, &doc).expect("a kernel that is proved");
            settings(name, isa).bind(|| insta::assert_snapshot!(format!("{name}.{}.rs", isa.name), text));
        }
    }
}
