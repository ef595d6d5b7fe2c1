//! Changes of a model that remain a model: other extents, attributes, operators, edges, versions.

use crate::numbers::Numbers;
use tilewright::onnx::schema::attribute_proto::AttributeType;
use tilewright::onnx::schema::tensor_shape_proto::dimension::Value;
use tilewright::onnx::schema::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, type_proto};
use tilewright::onnx::{OPSETS, encode, operators};

/// Numbers at which something changes: signs, blocks of 16, powers of two, the ends of types.
const NUMBERS: [i64; 40] = [
    -1,
    -1,
    0,
    0,
    1,
    1,
    1,
    2,
    2,
    2,
    3,
    3,
    4,
    5,
    7,
    8,
    9,
    15,
    16,
    17,
    31,
    32,
    33,
    48,
    64,
    100,
    127,
    128,
    255,
    1000,
    4096,
    65_536,
    1 << 24,
    1 << 31,
    1 << 32,
    1 << 40,
    -2,
    i64::MIN,
    i64::MAX,
    i64::MAX / 2,
];

/// Floats of which something may be made that no one meant.
const FLOATS: [f32; 12] =
    [0.0, -0.0, 1.0, -1.0, 0.5, 6.0, 1e-40, 1e30, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 16_777_216.0];

/// A kind of change.
type Change = fn(&mut ModelProto, &mut Numbers) -> Option<()>;

const CHANGES: [Change; 21] = [
    extent,
    extent,
    element_type,
    stored_numbers,
    stored_numbers,
    attribute,
    attribute,
    attribute,
    attribute,
    other_attribute,
    drop_node,
    repeat_node,
    swap_nodes,
    operator,
    operator,
    edge,
    edge,
    arity,
    output,
    opset,
    rename,
];

/// What a terminal, an editor, Rust, C or HTML reads as something other than a part of a name.
const ODD: [&str; 12] =
    ["\u{1b}[2J", "\n", "\0", "\u{9b}", "\u{202e}", "\u{2028}", "\"#", "`", "*/", "{}", "<b>", "\\"];

/// The bytes of the model with one to four changes.
pub fn changed(model: &ModelProto, numbers: &mut Numbers) -> Vec<u8> {
    let mut model = model.clone();
    for _ in 0..numbers.pick(&[1, 1, 1, 2, 2, 4]) {
        // What does not apply is not replaced: that is one more kind of case.
        let _ = numbers.pick(&CHANGES)(&mut model, numbers);
    }
    encode(&model)
}

fn number(numbers: &mut Numbers, old: i64) -> i64 {
    match numbers.between(0, 3) {
        0 => old.wrapping_add(numbers.pick(&[-1, 1])),
        1 => old.wrapping_mul(2),
        _ => numbers.pick(&NUMBERS),
    }
}

fn one<'a, T>(list: &'a mut [T], numbers: &mut Numbers) -> Option<&'a mut T> {
    let last = list.len().checked_sub(1)?;
    list.get_mut(numbers.between(0, last))
}

fn graph(model: &mut ModelProto) -> Option<&mut GraphProto> {
    model.graph.as_mut()
}

fn node<'a>(model: &'a mut ModelProto, numbers: &mut Numbers) -> Option<&'a mut NodeProto> {
    one(&mut graph(model)?.node, numbers)
}

/// Names that something may read: results, inputs, stored tensors.
fn name(graph: &GraphProto, numbers: &mut Numbers) -> Option<String> {
    let results = graph.node.iter().flat_map(|node| node.output.iter().map(String::as_str));
    let stored = graph.initializer.iter().map(TensorProto::name);
    let names: Vec<&str> =
        results.chain(stored).chain(graph.input.iter().map(|input| input.name())).collect();
    let last = names.len().checked_sub(1)?;
    Some(names[numbers.between(0, last)].to_owned())
}

/// Another extent of an input or of a stored tensor, which may get one more or one less.
fn extent(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let graph = graph(model)?;
    if numbers.between(0, 1) == 0 {
        let tensor = one(&mut graph.initializer, numbers)?;
        match numbers.between(0, 5) {
            0 => tensor.dims.push(numbers.pick(&NUMBERS)),
            1 => drop(tensor.dims.pop()),
            _ => {
                let dim = one(&mut tensor.dims, numbers)?;
                *dim = number(numbers, *dim);
            }
        }
        return Some(());
    }
    let input = one(&mut graph.input, numbers)?;
    let type_proto::Value::TensorType(tensor) = input.r#type.as_mut()?.value.as_mut()? else { return None };
    let shape = tensor.shape.as_mut()?;
    match numbers.between(0, 7) {
        0 => drop(shape.dim.pop()),
        1 => {
            let first = shape.dim.first()?.clone();
            shape.dim.push(first);
        }
        _ => {
            let dim = one(&mut shape.dim, numbers)?;
            let old = if let Some(Value::DimValue(old)) = dim.value { old } else { 1 };
            dim.value = Some(Value::DimValue(number(numbers, old)));
        }
    }
    Some(())
}

fn element_type(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let tensor = one(&mut graph(model)?.initializer, numbers)?;
    tensor.data_type = Some(numbers.between(0, 17) as i32);
    Some(())
}

/// Other numbers in a small stored tensor: shapes, axes, pads, bounds.
fn stored_numbers(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let is_small = |tensor: &&mut TensorProto| {
        let count = tensor.dims.iter().try_fold(1i64, |count, &dim| count.checked_mul(dim));
        count.is_some_and(|count| count <= 16)
    };
    let mut small: Vec<&mut TensorProto> = graph(model)?.initializer.iter_mut().filter(is_small).collect();
    let tensor = one(&mut small, numbers)?;
    if let Some(int) = one(&mut tensor.int64_data, numbers) {
        *int = number(numbers, *int);
    } else if let Some(float) = one(&mut tensor.float_data, numbers) {
        *float = numbers.pick(&FLOATS);
    } else if let Some(raw) = &mut tensor.raw_data {
        let mut bytes = raw.to_vec();
        let words = bytes.as_chunks_mut::<8>().0;
        match one(words, numbers) {
            Some(word) => *word = number(numbers, i64::from_le_bytes(*word)).to_le_bytes(),
            None => *bytes.as_chunks_mut::<4>().0.first_mut()? = numbers.pick(&FLOATS).to_le_bytes(),
        }
        *raw = bytes.into();
    }
    Some(())
}

/// Another value of an attribute, which may go, or become one of another node's.
fn attribute(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let with = |node: &&mut NodeProto| !node.attribute.is_empty();
    let mut nodes: Vec<&mut NodeProto> = graph(model)?.node.iter_mut().filter(with).collect();
    let node = one(&mut nodes, numbers)?;
    if numbers.between(0, 9) == 0 {
        let last = node.attribute.len() - 1;
        node.attribute.remove(numbers.between(0, last));
        return Some(());
    }
    let attribute = one(&mut node.attribute, numbers)?;
    match attribute.r#type() {
        AttributeType::Int => attribute.i = Some(number(numbers, attribute.i())),
        AttributeType::Float => attribute.f = Some(numbers.pick(&FLOATS)),
        AttributeType::Ints => match numbers.between(0, 7) {
            0 => attribute.ints.push(numbers.pick(&NUMBERS)),
            1 => drop(attribute.ints.pop()),
            2 => attribute.ints.fill(numbers.pick(&NUMBERS)),
            _ => {
                let int = one(&mut attribute.ints, numbers)?;
                *int = number(numbers, *int);
            }
        },
        AttributeType::Floats => *one(&mut attribute.floats, numbers)? = numbers.pick(&FLOATS),
        AttributeType::String => {
            let words = [
                "SAME_UPPER",
                "SAME_LOWER",
                "VALID",
                "NOTSET",
                "linear",
                "cubic",
                "nearest",
                "reflect",
                "edge",
            ];
            attribute.s = Some(numbers.pick(&words).into());
        }
        _ => {
            let tensor = attribute.t.as_mut()?;
            let dim = one(&mut tensor.dims, numbers)?;
            *dim = number(numbers, *dim);
        }
    }
    Some(())
}

/// An attribute of another node.
fn other_attribute(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let all: Vec<AttributeProto> =
        graph(model)?.node.iter().flat_map(|node| node.attribute.iter().cloned()).collect();
    let last = all.len().checked_sub(1)?;
    let attribute = all[numbers.between(0, last)].clone();
    node(model, numbers)?.attribute.push(attribute);
    Some(())
}

fn drop_node(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let nodes = &mut graph(model)?.node;
    let last = nodes.len().checked_sub(1)?;
    let node = nodes.remove(numbers.between(0, last));
    // Half the time its readers read what it read.
    let (from, to) = (node.output.first()?, node.input.first()?);
    if numbers.between(0, 1) == 0 {
        for input in nodes.iter_mut().flat_map(|node| &mut node.input).filter(|input| *input == from) {
            to.clone_into(input);
        }
    }
    Some(())
}

/// The same node once more behind itself, in series or beside it.
fn repeat_node(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let nodes = &mut graph(model)?.node;
    let at = numbers.between(0, nodes.len().checked_sub(1)?);
    let mut again = nodes[at].clone();
    let output = again.output.first_mut()?;
    let old = std::mem::replace(output, format!("{output}_again"));
    let new = output.clone();
    if numbers.between(0, 1) == 0 {
        old.clone_into(again.input.first_mut()?);
    }
    for input in nodes[at + 1..].iter_mut().flat_map(|node| &mut node.input).filter(|input| **input == old) {
        new.clone_into(input);
    }
    nodes.insert(at + 1, again);
    Some(())
}

fn swap_nodes(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let nodes = &mut graph(model)?.node;
    let last = nodes.len().checked_sub(1)?;
    nodes.swap(numbers.between(0, last), numbers.between(0, last));
    Some(())
}

fn operator(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let all = operators();
    let other = all.get(numbers.between(0, all.len() - 1))?.name;
    node(model, numbers)?.op_type = Some(other.to_owned());
    Some(())
}

/// An operand becomes another value.
fn edge(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let name = name(graph(model)?, numbers)?;
    *one(&mut node(model, numbers)?.input, numbers)? = name;
    Some(())
}

/// One operand more, or one less.
fn arity(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let name = name(graph(model)?, numbers)?;
    let inputs = &mut node(model, numbers)?.input;
    match numbers.between(0, 2) {
        0 => inputs.push(name),
        1 => drop(inputs.pop()),
        _ => inputs.push(String::new()),
    }
    Some(())
}

/// One output of the graph more, instead of another, or less.
fn output(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let graph = graph(model)?;
    let name = name(graph, numbers)?;
    let first = graph.output.first()?.clone();
    match numbers.between(0, 3) {
        0 => graph.output.push(first),
        1 => drop(graph.output.pop()),
        _ => graph.output.push(tilewright::onnx::schema::ValueInfoProto { name: Some(name), ..first }),
    }
    Some(())
}

/// A value is called something odd, or as another is: everywhere, or where it is made only.
fn rename(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let graph = graph(model)?;
    let old = name(graph, numbers)?;
    let new = match numbers.between(0, 4) {
        0 => name(graph, numbers)?,
        1 => String::new(),
        _ => format!("{}{old}", numbers.pick(&ODD)),
    };
    let everywhere = numbers.between(0, 3) > 0;
    let rename = |name: &mut String| {
        if *name == old {
            new.clone_into(name);
        }
    };
    for node in &mut graph.node {
        node.output.iter_mut().for_each(rename);
        if everywhere {
            node.input.iter_mut().for_each(rename);
            node.name.iter_mut().for_each(|name| name.push_str(&new));
        }
    }
    graph.initializer.iter_mut().filter_map(|tensor| tensor.name.as_mut()).for_each(rename);
    let ports = graph.input.iter_mut().chain(&mut graph.output);
    ports.filter_map(|info| info.name.as_mut()).for_each(rename);
    Some(())
}

fn opset(model: &mut ModelProto, numbers: &mut Numbers) -> Option<()> {
    let version = numbers.between(*OPSETS.start() as usize, *OPSETS.end() as usize);
    model.opset_import.first_mut()?.version = Some(version as i64);
    Some(())
}
