//! All passes together.

use std::collections::BTreeMap;

use insta::assert_snapshot;
use tilewright::ir::graph::Graph;
use tilewright::onnx::{LoadOptions, NoExternalData, load};
use tilewright::passes;
use tilewright::zoo::{self, ZooOptions};

use crate::{check, compare};

/// The stem, a bottleneck with and one without downsampling, and the head of a ResNet.
#[test]
fn a_small_resnet_ends_as_convolutions() {
    let mut constants = String::new();
    let mut conv_bn = |name: &str, x: &str, [ci, co, k, out]: [usize; 4], attributes: &str| {
        constants += &format!("con %{name}.w: f32[{co}x{ci}x{k}x{k}]\n");
        let parameters = ["g", "b", "m", "var"].map(|parameter| format!("%{name}.{parameter}"));
        constants.extend(parameters.iter().map(|parameter| format!("con {parameter}: f32[{co}]\n")));
        let (ty, parameters) = (format!("f32[1x{co}x{out}x{out}]"), parameters.join(", "));
        format!(
            "%{name}.c: {ty} = conv(%{x}, %{name}.w) kernel={k}x{k} {attributes}   ; {name}
             %{name}: {ty} = batch_norm(%{name}.c, {parameters}) eps=0.00001   ; {name}.bn"
        )
    };
    let nodes = [
        conv_bn("stem", "x", [3, 16, 7, 8], "stride=2x2 pads=3,3,3,3"),
        "%stem.relu: f32[1x16x8x8] = relu(%stem)   ; stem.relu".to_owned(),
        "%pool: f32[1x16x4x4] = max_pool(%stem.relu) kernel=3x3 stride=2x2 pads=1,1,1,1   ; pool".to_owned(),
        conv_bn("a1", "pool", [16, 16, 1, 4], ""),
        "%a1.relu: f32[1x16x4x4] = relu(%a1)   ; a1.relu".to_owned(),
        conv_bn("b1", "a1.relu", [16, 16, 3, 2], "stride=2x2 pads=1,1,1,1"),
        "%b1.relu: f32[1x16x2x2] = relu(%b1)   ; b1.relu".to_owned(),
        conv_bn("c1", "b1.relu", [16, 32, 1, 2], ""),
        conv_bn("down1", "pool", [16, 32, 1, 2], "stride=2x2"),
        "%sum1: f32[1x32x2x2] = add(%c1, %down1)   ; add1".to_owned(),
        "%out1: f32[1x32x2x2] = relu(%sum1)   ; relu1".to_owned(),
        conv_bn("a2", "out1", [32, 16, 1, 2], ""),
        "%a2.relu: f32[1x16x2x2] = relu(%a2)   ; a2.relu".to_owned(),
        conv_bn("b2", "a2.relu", [16, 16, 3, 2], "pads=1,1,1,1"),
        "%b2.relu: f32[1x16x2x2] = relu(%b2)   ; b2.relu".to_owned(),
        conv_bn("c2", "b2.relu", [16, 32, 1, 2], ""),
        "%sum2: f32[1x32x2x2] = add(%c2, %out1)   ; add2".to_owned(),
        "%out2: f32[1x32x2x2] = relu(%sum2)   ; relu2".to_owned(),
    ]
    .join("\n");
    let graph = format!(
        "graph resnet {{
        in %x: f32[1x3x16x16]
        {constants}
        con %fc.w: f32[10x32]
        con %fc.b: f32[10]
        {nodes}
        %gap: f32[1x32x1x1] = global_avg_pool(%out2)   ; gap
        %flat: f32[1x32] = reshape(%gap)   ; flatten
        %logits: f32[1x10] = matmul(%flat, %fc.w, %fc.b) trans_b +bias   ; fc
        out %logits
    }}"
    );
    let printed = check(&[], &graph);
    let (_, nodes) = printed.split_once("  %x@padded").expect("a padded image");
    assert_snapshot!(format!("  %x@padded{nodes}"), @r"
      %x@padded: f32[1x3x16x16 halo=3,3,3,3] = reorder(%x)
      %stem.relu: f32[1x16x8x8 nchw16] = conv(%x@padded, %stem.w@bn, %stem.b@bn) kernel=7x7 stride=2x2 pads=3,3,3,3 +bias +relu   ; stem, stem.bn, stem.relu
      %pool: f32[1x16x4x4 nchw16] = max_pool(%stem.relu) kernel=3x3 stride=2x2 pads=1,1,1,1   ; pool
      %a1.relu: f32[1x16x4x4 nchw16 halo=1,1,1,1] = conv(%pool, %a1.w@bn, %a1.b@bn) kernel=1x1 +bias +relu   ; a1, a1.bn, a1.relu
      %b1.relu: f32[1x16x2x2 nchw16] = conv(%a1.relu, %b1.w@bn, %b1.b@bn) kernel=3x3 stride=2x2 pads=1,1,1,1 +bias +relu   ; b1, b1.bn, b1.relu
      %down1: f32[1x32x2x2 nchw16] = conv(%pool, %down1.w@bn, %down1.b@bn) kernel=1x1 stride=2x2 +bias   ; down1, down1.bn
      %out1: f32[1x32x2x2 nchw16] = conv(%b1.relu, %c1.w@bn, %c1.b@bn, %down1) kernel=1x1 +bias +residual +relu   ; c1, c1.bn, add1, relu1
      %a2.relu: f32[1x16x2x2 nchw16 halo=1,1,1,1] = conv(%out1, %a2.w@bn, %a2.b@bn) kernel=1x1 +bias +relu   ; a2, a2.bn, a2.relu
      %b2.relu: f32[1x16x2x2 nchw16] = conv(%a2.relu, %b2.w@bn, %b2.b@bn) kernel=3x3 pads=1,1,1,1 +bias +relu   ; b2, b2.bn, b2.relu
      %out2: f32[1x32x2x2 nchw16] = conv(%b2.relu, %c2.w@bn, %c2.b@bn, %out1) kernel=1x1 +bias +residual +relu   ; c2, c2.bn, add2, relu2
      %gap: f32[1x32x1x1 nchw16] = global_avg_pool(%out2)   ; gap
      %flat: f32[1x32] = reshape(%gap)   ; flatten
      %logits: f32[1x10] = matmul(%flat, %fc.w, %fc.b) trans_b +bias   ; fc
      out %logits
    }
    ");
}

fn read(name: &str, options: &ZooOptions) -> Graph {
    let bytes = zoo::build(name, options).expect("a network of the zoo");
    load(name, bytes.into(), &LoadOptions::default(), &NoExternalData)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Nothing but convolutions is left of the body of a ResNet, and no pass has missed anything.
#[test]
fn every_resnet_ends_as_convolutions() {
    for (name, convolutions) in
        [("resnet18", 20), ("resnet34", 36), ("resnet50", 53), ("resnet101", 104), ("resnet152", 155)]
    {
        let options = ZooOptions { topology: true, ..ZooOptions::default() };
        let (graph, report) = passes::run(read(name, &options)).unwrap_or_else(|error| panic!("{error}"));
        let mut counts = BTreeMap::new();
        graph.nodes.iter().for_each(|node| *counts.entry(node.op.name()).or_insert(0) += 1);
        let expected = [
            ("conv", convolutions),
            ("global_avg_pool", 1),
            ("matmul", 1),
            ("max_pool", 1),
            ("reorder", 1),
            ("reshape", 1),
        ];
        assert_eq!(counts, BTreeMap::from(expected), "{name}");
        assert_eq!(report.misses, [], "{name}");
    }
}

#[test]
fn a_whole_resnet_keeps_its_meaning() {
    let before = read("resnet18", &ZooOptions { image: 32, ..ZooOptions::default() });
    let (after, _) = passes::run(before.clone()).unwrap_or_else(|error| panic!("{error}"));
    assert!(compare(&before, &after) > 0.0);
}
