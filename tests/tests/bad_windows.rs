//! Windows of convolutions and pools that are wrong or beyond all measure: refused with the reason.

use tilewright_tests::import::ones;
use tilewright_tests::model::{Attr, Model};
use tilewright_tests::refused::check;

/// Extents of the input, attributes, what the message says.
type Case = (&'static [i64], Vec<(&'static str, Attr)>, &'static str);

/// `x [1,2,4,4]` -> `y`, by the nodes that are still to be added.
fn model(opset: i64) -> Model {
    Model::new(opset).input("x", "1 2 4 4").output("y")
}

fn pool(attributes: Vec<(&'static str, Attr)>) -> Model {
    model(17).node_with("AveragePool", "x", "y", attributes)
}

#[test]
fn pools() {
    let with =
        |name: &'static str, value: Attr| pool(vec![("kernel_shape", Attr::Ints(vec![2, 2])), (name, value)]);
    let place = "node `node_y` (AveragePool) .. ";
    check(pool(vec![]), &[&format!("{place}`kernel_shape` is missing")]);
    let cases = [
        ("strides", Attr::Ints(vec![0, 1]), "strides = [0, 1]"),
        ("strides", Attr::Ints(vec![1]), "strides = [1]"),
        ("pads", Attr::Ints(vec![0, 0, -1, 0]), "pads = [0, 0, -1, 0]"),
        ("pads", Attr::Ints(vec![i64::MAX; 4]), "pads = [9223372036854775807"),
        ("pads", Attr::Ints(vec![2; 4]), "padding is as wide as its window"),
        ("auto_pad", Attr::Text("SAME"), "auto_pad = `SAME`"),
    ];
    for (name, value, expected) in cases {
        check(with(name, value), &[&format!("{place}{expected}")]);
    }
    let large = pool(vec![("kernel_shape", Attr::Ints(vec![5, 5]))]);
    check(large, &[&format!("{place}window spans 5")]);
}

#[test]
fn other_pools() {
    let kernel = || ("kernel_shape", Attr::Ints(vec![2, 2]));
    let lp = |p: i64| model(18).node_with("LpPool", "x", "y", vec![kernel(), ("p", Attr::Int(p))]);
    check(lp(0), &["node `node_y` (LpPool): p = 0"]);
    check(lp(i64::MAX), &["node `node_y` (LpPool): p = 9223372036854775807"]);
    let whole = |op, extents| Model::new(17).input("x", extents).output("y").node(op, "x", "y");
    for op in ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"] {
        check(whole(op, "2 3"), &[&format!("node `node_y` ({op}): its input .. without a spatial axis")]);
    }
    for op in ["GlobalMaxPool", "GlobalAveragePool"] {
        let empty =
            model(17).initialiser(ones("c", &[1, 2, 0, 4])).node(op, "c", "z").node("Add", "x z", "y");
        check(empty, &[&format!("node `node_z` ({op}): its input .. no elements")]);
    }
    let indices = model(17).output("z").node_with("MaxPool", "x", "y z", vec![kernel()]);
    check(indices, &["node `node_y` (MaxPool): its output `z` is used; only the first output is done"]);
    let columns = vec![kernel(), ("storage_order", Attr::Int(1))];
    check(model(17).node_with("MaxPool", "x", "y", columns), &["storage_order = 1"]);
}

#[test]
fn convolutions() {
    let conv = |dims: &[i64], attributes| {
        model(17).initialiser(ones("w", dims)).node_with("Conv", "x w", "y", attributes)
    };
    let place = "node `node_y` (Conv) .. ";
    let cases: [Case; 8] = [
        (&[3, 2, 3], vec![], "1 spatial axes, its input has 2"),
        (&[3, 2], vec![], "without a spatial axis"),
        (&[3, 2, 0, 1], vec![], "no elements"),
        (&[3, 2, 2, 2], vec![("kernel_shape", Attr::Ints(vec![3, 3]))], "kernel_shape = [3, 3]"),
        (&[3, 2, 2, 2], vec![("group", Attr::Int(0))], "group must be above 0"),
        (&[3, 2, 2, 2], vec![("group", Attr::Int(2))], "2 groups do not divide"),
        (&[3, 2, 2, 2], vec![("dilations", Attr::Ints(vec![4, 4]))], "its window spans 5"),
        (&[3, 2, 2, 2], vec![("pads", Attr::Ints(vec![1 << 24; 4]))], "more than 8589934592"),
    ];
    for (dims, attributes, expected) in cases {
        check(conv(dims, attributes), &[&format!("{place}{expected}")]);
    }
    let four = Model::new(17).input("x", "1 1 2 2 2 2").output("y").initialiser(ones("w", &[1; 6]));
    check(four.node("Conv", "x w", "y"), &[&format!("{place}more than three axes")]);
    let deep = Model::new(17).input("x", "1 1 99 2 2").output("y").initialiser(ones("w", &[1, 1, 65, 1, 1]));
    check(deep.node("Conv", "x w", "y"), &[&format!("{place}more than 64 deep")]);
    let run_time = model(17).input("w", "3 2 2 2").node("Conv", "x w", "y");
    check(run_time, &[&format!("{place}its weights `w` is computed at run time")]);
}

#[test]
fn transposed_convolutions() {
    let conv = |dims: &[i64], attributes| {
        model(17).initialiser(ones("w", dims)).node_with("ConvTranspose", "x w", "y", attributes)
    };
    let place = "node `node_y` (ConvTranspose) .. ";
    let ints = |numbers: &[i64]| Attr::Ints(numbers.to_vec());
    let cases: [Case; 9] = [
        (&[3, 2, 2, 2], vec![], "its weights take 3 channels in 1 groups, its input has 2"),
        (&[2, 3, 2, 2], vec![("group", Attr::Int(3))], "in 3 groups"),
        (&[2, 3, 2, 2], vec![("pads", ints(&[3, 0, 2, 0]))], "leaves nothing of the 5 positions of axis 0"),
        (&[2, 3, 2, 2], vec![("output_padding", ints(&[0, -1]))], "output_padding = [0, -1]"),
        (&[2, 3, 2, 2], vec![("output_shape", ints(&[0, 4]))], "output_shape = [0, 4]"),
        (&[2, 3, 2, 2], vec![("output_shape", ints(&[4]))], "output_shape = [4]"),
        (&[2, 3, 2, 2], vec![("auto_pad", Attr::Text("SAME"))], "auto_pad = `SAME`"),
        (&[2, 3, 2, 2], vec![("strides", ints(&[1 << 24, 1 << 24]))], "more than 8589934592"),
        (&[2, 3, 2, 2], vec![("dilations", ints(&[1 << 24, 1 << 24]))], "more than 8589934592"),
    ];
    for (dims, attributes, expected) in cases {
        check(conv(dims, attributes), &[&format!("{place}{expected}")]);
    }
}
