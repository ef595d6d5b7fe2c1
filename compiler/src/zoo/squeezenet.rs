//! SqueezeNet 1.1 (Iandola et al. 2016), named as torchvision's model is exported.

use super::ZooOptions;
use super::build::{Build, Layer, Map, STEADY};
use super::proto::int;
use crate::onnx::schema::ModelProto;

/// A module of the features, at its number: squeezed and expanded channels, or a pool.
enum Module {
    Fire(usize, usize),
    Pool,
}

#[rustfmt::skip]
const MODULES: [(usize, Module); 11] = [
    (2, Module::Pool), (3, Module::Fire(16, 64)), (4, Module::Fire(16, 64)),
    (5, Module::Pool), (6, Module::Fire(32, 128)), (7, Module::Fire(32, 128)),
    (8, Module::Pool), (9, Module::Fire(48, 192)), (10, Module::Fire(48, 192)),
    (11, Module::Fire(64, 256)), (12, Module::Fire(64, 256)),
];

/// The network. As published, it ends in a relu, which leaves half of the logits at about zero; here the relu is there and
/// the bias before it lifts them.
pub(super) fn model(options: &ZooOptions) -> ModelProto {
    let (mut build, input) = Build::new(options);
    let mut x =
        conv(&mut build, "/features", "features.0", &input, Layer { pad: 0, ..Layer::new(3, 64).stride(2) });
    x = build.relu("/features/features.1", &x);
    for (number, module) in &MODULES {
        x = match *module {
            Module::Pool => pool(&mut build, *number, &x),
            Module::Fire(squeeze, expand) => fire(&mut build, *number, &x, squeeze, expand),
        };
    }
    let layer = Layer { bias: 2.0, gain: 3.0, ..Layer::new(1, 1000) };
    x = build.conv("/classifier/classifier.1", "classifier.1", &x, layer);
    x = build.relu("/classifier/classifier.2", &x);
    x = build.global_pool("/classifier/classifier.3", &x);
    let (logits, count) = build.flatten(&x);
    build.finish(&[(&logits, "output", &[count])])
}

fn conv(build: &mut Build, scope: &str, name: &str, x: &Map, layer: Layer) -> Map {
    build.conv(&format!("{scope}/{name}"), name, x, Layer { bias: 0.05, gain: STEADY, ..layer })
}

/// The last window may hang over the edge.
fn pool(build: &mut Build, number: usize, x: &Map) -> Map {
    let scope = format!("/features/features.{number}");
    build.max_pool_ceil(&scope, x, 3, 2)
}

/// 1x1 to few channels, then 1x1 and 3x3 side by side.
fn fire(build: &mut Build, number: usize, x: &Map, squeeze: usize, expand: usize) -> Map {
    let scope = format!("/features/features.{number}");
    let mut part = |x: &Map, name: &str, layer: Layer| {
        let weights = format!("features.{number}.{name}");
        let layer = Layer { bias: 0.05, gain: STEADY, ..layer };
        let y = build.conv(&format!("{scope}/{name}"), &weights, x, layer);
        build.relu(&format!("{scope}/{name}_activation"), &y)
    };
    let squeezed = part(x, "squeeze", Layer::new(1, squeeze));
    let [one, three] = [("expand1x1", 1), ("expand3x3", 3)]
        .map(|(name, kernel)| part(&squeezed, name, Layer::new(kernel, expand)));
    let name = build.net.node(&scope, "Concat", &[&one.name, &three.name], vec![int("axis", 1)]);
    Map { name, channels: 2 * expand, side: one.side }
}
