//! A model says what it needs before it runs.

use tilewright_runtime::Network;

const _: () = assert!(resnet50::ARENA_BYTES <= 8 << 20);
const _: () = assert!(resnet50::WEIGHT_BYTES <= 180_000_000);
const _: () = assert!(resnet50::FLOPS == 8_178_368_512);
const _: () = assert!(resnet50::GRAPH_SHA256.len() == 64);

tilewright_runtime::check_abi!(1);

fn shared<T: Send + Sync>() {}

#[test]
fn models_say_what_they_need() {
    shared::<resnet50::Model>();
    shared::<resnet50::Workspace>();
    assert_eq!(resnet50::Model::INFO.arena_bytes, resnet50::ARENA_BYTES);
}
