//! Attributes of a node: checked against the operator's row, then read by name with their ONNX type.

use std::collections::BTreeMap;

use crate::onnx::refusal::Refusal;
use crate::onnx::schema::attribute_proto::AttributeType;
use crate::onnx::schema::{AttributeProto, NodeProto, TensorProto};

/// The ONNX types of attributes that a row may ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Kind {
    Int,
    Float,
    String,
    Tensor,
    Ints,
    Floats,
}

impl Kind {
    const fn onnx(self) -> AttributeType {
        match self {
            Kind::Int => AttributeType::Int,
            Kind::Float => AttributeType::Float,
            Kind::String => AttributeType::String,
            Kind::Tensor => AttributeType::Tensor,
            Kind::Ints => AttributeType::Ints,
            Kind::Floats => AttributeType::Floats,
        }
    }
}

/// The attributes of one node, all of a type that the row allows.
pub(in crate::onnx) struct Attrs<'m>(BTreeMap<&'m str, &'m AttributeProto>);

impl<'m> Attrs<'m> {
    /// Checks every attribute of a node; all that is wrong is returned.
    pub fn check(node: &'m NodeProto, allowed: &[(&str, Kind)]) -> Result<Self, Vec<Refusal>> {
        let mut refusals = Vec::new();
        let mut found = BTreeMap::new();
        for attribute in &node.attribute {
            let name = attribute.name();
            if !attribute.ref_attr_name().is_empty() {
                let reason = format!("attribute `{name}` is that of a function, and this is none");
                refusals.push(Refusal::invalid(reason));
            }
            match allowed.iter().find(|(known, _)| *known == name) {
                None => refusals.push(Refusal::unsupported(format!("attribute `{name}` is not supported"))),
                Some((_, kind)) if actual_type(attribute) != Some(kind.onnx()) => {
                    let is = actual_type(attribute).map_or("unknown", |ty| ty.as_str_name());
                    let wanted = kind.onnx().as_str_name();
                    refusals.push(Refusal::invalid(format!(
                        "attribute `{name}` is of the type {is}; it must be {wanted}"
                    )));
                }
                Some(_) if found.insert(name, attribute).is_some() => {
                    refusals.push(Refusal::invalid(format!("attribute `{name}` is given twice")));
                }
                Some(_) => {}
            }
        }
        if refusals.is_empty() { Ok(Attrs(found)) } else { Err(refusals) }
    }

    pub fn int(&self, name: &str) -> Option<i64> {
        self.0.get(name).map(|attribute| attribute.i())
    }

    pub fn float(&self, name: &str) -> Option<f32> {
        self.0.get(name).map(|attribute| attribute.f())
    }

    pub fn ints(&self, name: &str) -> Option<&'m [i64]> {
        self.0.get(name).map(|attribute| attribute.ints.as_slice())
    }

    pub fn floats(&self, name: &str) -> Option<&'m [f32]> {
        self.0.get(name).map(|attribute| attribute.floats.as_slice())
    }

    pub fn tensor(&self, name: &str) -> Option<&'m TensorProto> {
        self.0.get(name).and_then(|attribute| attribute.t.as_ref())
    }

    /// A string attribute; bytes that are no UTF-8 are a wrong value like any other.
    pub fn string(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|attribute| String::from_utf8_lossy(attribute.s()).into_owned())
    }
}

/// The type of an attribute; files of the first format versions leave it to the field that is set. `None` where that
/// is another than the file names, or there are several and it names none: then no one knows what was meant.
fn actual_type(attribute: &AttributeProto) -> Option<AttributeType> {
    let fields = [
        (attribute.i.is_some(), AttributeType::Int),
        (attribute.f.is_some(), AttributeType::Float),
        (attribute.s.is_some(), AttributeType::String),
        (attribute.t.is_some(), AttributeType::Tensor),
        (!attribute.ints.is_empty(), AttributeType::Ints),
        (!attribute.floats.is_empty(), AttributeType::Floats),
    ];
    let set: Vec<AttributeType> =
        fields.into_iter().filter(|(is_set, _)| *is_set).map(|(_, ty)| ty).collect();
    match (attribute.r#type(), set.as_slice()) {
        (AttributeType::Undefined, &[only]) => Some(only),
        (AttributeType::Undefined, _) => None,
        // What is 0 or empty need not be written, but for a tensor.
        (known, []) => (known != AttributeType::Tensor).then_some(known),
        (known, set) => set.contains(&known).then_some(known),
    }
}
