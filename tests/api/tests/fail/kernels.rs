//! Kernels trust their callers that no two threads run the same tasks on the same memory: only the model calls them.

fn main() {
    let kernels = resnet50::kernels::of(tilewright_runtime::Isa::Portable);
    assert!(kernels.is_some());
}
