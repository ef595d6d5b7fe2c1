//! The parser of graph text. It checks names; types are the verifier's business.

use std::collections::HashMap;

use super::op::{self, Words};
use super::scan::Scan;
use crate::base::diag::{Error, Problems};
use crate::base::feature_map::{Halo, Layout, Order};
use crate::base::tensor::{DType, TensorType};
use crate::ir::graph::{Const, Def, Graph, Node, Value, ValueId};

/// Parses graph text; see the [module](super) for the grammar.
///
/// # Errors
/// Every line that is not understood, with its number and the reason.
pub fn parse(text: &str) -> Result<Graph, Error> {
    let mut parser = Parser::default();
    let mut problems = Problems::new();
    for (index, line) in text.lines().enumerate() {
        if let Err(reason) = parser.line(&mut Scan(line.trim())) {
            problems.push(format!("line {}", index + 1), reason, "");
        }
    }
    if parser.state != State::After {
        problems.push("the last line", "the graph does not end", "close it with `}`");
    }
    problems.into_result(parser.graph)
}

#[derive(Default, PartialEq)]
enum State {
    #[default]
    Before,
    Inside,
    After,
}

#[derive(Default)]
struct Parser {
    state: State,
    graph: Graph,
    names: HashMap<String, ValueId>,
}

impl Parser {
    fn line(&mut self, scan: &mut Scan) -> Result<(), String> {
        if scan.0.is_empty() || scan.0.starts_with(';') {
            return Ok(());
        }
        match self.state {
            State::Before => {
                scan.require("graph ")?;
                self.state = State::Inside;
                self.graph.name = scan.name()?;
                scan.require("{")?;
                scan.end()
            }
            State::Inside if scan.eat("}") => {
                self.state = State::After;
                scan.end()
            }
            State::Inside => self.statement(scan),
            State::After => Err("the graph has ended".to_owned()),
        }
    }

    fn statement(&mut self, scan: &mut Scan) -> Result<(), String> {
        if scan.eat("in ") {
            let id = self.declare(scan, Def::Input)?;
            self.graph.inputs.push(id);
            scan.end()
        } else if scan.eat("out ") {
            let id = self.operand(scan)?;
            self.graph.outputs.push(id);
            scan.end()
        } else if scan.eat("con ") {
            let id = self.declare(scan, Def::Const(Const::Absent))?;
            if scan.eat("=") {
                let (name, operands, mut words) = self.call(scan)?;
                let recipe = op::parse_recipe(&name, &mut words)?;
                words.done()?;
                self.graph.values[id.0].def = Def::Const(Const::Recipe(recipe, operands));
            }
            scan.end()
        } else {
            let output = self.declare(scan, Def::Node)?;
            scan.require("=")?;
            let (name, inputs, mut words) = self.call(scan)?;
            let op = op::parse_op(&name, &mut words)?;
            words.done()?;
            let sources = if scan.eat(";") { scan.names()? } else { Vec::new() };
            self.graph.nodes.push(Node { op, inputs, output, sources });
            Ok(())
        }
    }

    /// `%name: type`.
    fn declare(&mut self, scan: &mut Scan, def: Def) -> Result<ValueId, String> {
        let name = scan.reference()?;
        scan.require(":")?;
        let (ty, layout) = parse_type(scan)?;
        if self.names.contains_key(&name) {
            return Err(format!("`{name}` is defined twice"));
        }
        let id = self.graph.add_value(Value { name: name.clone(), ty, def, layout });
        self.names.insert(name, id);
        Ok(id)
    }

    fn operand(&self, scan: &mut Scan) -> Result<ValueId, String> {
        let name = scan.reference()?;
        self.names.get(&name).copied().ok_or_else(|| format!("`{name}` is not defined above"))
    }

    /// `name(%a, %b) words`.
    fn call<'a>(&self, scan: &mut Scan<'a>) -> Result<(String, Vec<ValueId>, Words<'a>), String> {
        let name = scan.name()?;
        scan.require("(")?;
        let mut operands = Vec::new();
        while !scan.eat(")") {
            if !operands.is_empty() {
                scan.require(",")?;
            }
            operands.push(self.operand(scan)?);
        }
        let words = &scan.0[..scan.0.find(';').unwrap_or(scan.0.len())];
        scan.0 = &scan.0[words.len()..];
        Ok((name, operands, Words(words.split_whitespace().collect())))
    }
}

fn parse_type(scan: &mut Scan) -> Result<(TensorType, Layout), String> {
    let name = scan.until('[')?;
    let dtype = DType::ALL.into_iter().find(|dtype| dtype.name() == name);
    let dtype = dtype.ok_or_else(|| format!("`{name}` is not an element type"))?;
    let inside = scan.until(']')?;
    let mut shape = Vec::new();
    let mut layout = Layout::PLANAR;
    for word in inside.split_whitespace() {
        let unknown = || format!("`{word}` is neither a shape nor a layout");
        if word == "nchw16" {
            layout.order = Order::Blocked;
        } else if let Some(halo) = word.strip_prefix("halo=") {
            let [top, left, bottom, right] = op::numbers(halo, ',').ok_or_else(unknown)?;
            layout.halo = Halo { top, left, bottom, right };
        } else {
            let extents: Result<_, _> = word.split('x').map(str::parse).collect();
            shape = extents.map_err(|_| unknown())?;
        }
    }
    let bytes = shape.iter().try_fold(8usize, |product, &extent| product.checked_mul(extent));
    match bytes {
        Some(_) => Ok((TensorType { dtype, shape }, layout)),
        None => Err(format!("`{inside}` is too large")),
    }
}
