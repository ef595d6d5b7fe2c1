//! The model needs more memory than the program has for it.

const _: () = assert!(resnet50::ARENA_BYTES <= 1 << 20, "ResNet-50 does not fit into 1 MiB");

fn main() {}
