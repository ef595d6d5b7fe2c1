//! Accesses of which few are left to walk through, and which touch the same elements in an order that is as good.
//!
//! - What lies in one [region](regions) of a parameter depends on no other.
//! - A loop on whose variable nothing inside depends runs once: what is there after its first round is there in all others.
//! - In loops of loads alone, or of stores alone, any order is as good. There each access is taken by itself, and a
//!   variable by which it advances no farther than it reaches makes it reach farther, which is one run of a mixed radix.

use super::access::{Kind, Node, collect};
use crate::kernel::ir::{Affine, Kernel, Values, Var};
use std::ops::Range;

/// Ranges of a parameter such that no access touches two of them, in order.
pub fn regions(kernel: &Kernel, bodies: &[&[Node]]) -> Vec<Range<usize>> {
    let mut touched = Vec::new();
    for nodes in bodies {
        collect(nodes, &mut |node| {
            if let Node::Access(_, at, count) = node {
                touched.push(range(kernel, at, *count));
            }
        });
    }
    touched.sort_unstable_by_key(|range| (range.start, range.end));
    let mut regions: Vec<Range<usize>> = Vec::new();
    for range in touched {
        match regions.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => regions.push(range),
        }
    }
    regions
}

/// All that an access may touch.
fn range(kernel: &Kernel, at: &Affine, count: usize) -> Range<usize> {
    let most = |var: Var| kernel.vars.get(var.0).map_or(0, |info| info.count.saturating_sub(1));
    let last =
        at.terms.iter().fold(at.base, |sum, &(var, by)| sum.saturating_add(by.saturating_mul(most(var))));
    at.base..last.saturating_add(count)
}

/// The accesses to a region.
pub fn shorten(kernel: &Kernel, nodes: &[Node], region: &Range<usize>) -> Vec<Node> {
    let mut short = Vec::new();
    for node in nodes {
        match node {
            Node::Access(_, at, _) if region.contains(&at.base) => short.push(node.clone()),
            Node::Access(..) => {}
            Node::If(var, range, body) => {
                let body = shorten(kernel, body, region);
                if !body.is_empty() {
                    short.push(Node::If(*var, range.clone(), body));
                }
            }
            Node::Loop(var, body) => {
                let body = shorten(kernel, body, region);
                let runs = kernel.vars.get(var.0).is_some_and(|info| info.count > 0);
                if runs && !depends(kernel, &body, *var) {
                    short.extend(body);
                } else if !body.is_empty() {
                    short.push(Node::Loop(*var, body));
                }
            }
        }
    }
    short.into_iter().flat_map(|node| merged(kernel, node)).collect()
}

/// True when an address, a condition or another variable depends on the variable.
fn depends(kernel: &Kernel, nodes: &[Node], var: Var) -> bool {
    let mut any = false;
    collect(nodes, &mut |node| {
        any |= match node {
            Node::Loop(inner, _) => kernel.vars.get(inner.0).and_then(|info| info.values.of()) == Some(var),
            Node::If(of, ..) => *of == var,
            Node::Access(_, at, _) => at.terms.iter().any(|&(of, _)| of == var),
        };
    });
    any
}

/// The accesses of a loop each by itself, where they may be.
fn merged(kernel: &Kernel, node: Node) -> Vec<Node> {
    let Node::Loop(..) = node else { return vec![node] };
    let (mut loads, mut stores, mut plain) = (false, false, true);
    collect(std::slice::from_ref(&node), &mut |node| match node {
        Node::Access(Kind::Load, ..) => loads = true,
        Node::Access(..) => stores = true,
        Node::If(..) => plain = false,
        Node::Loop(var, _) => plain &= kernel.vars.get(var.0).is_some_and(|info| info.values == Values::All),
    });
    if !plain || loads == stores {
        return vec![node];
    }
    let mut apart = Vec::new();
    take_apart(kernel, &[node], &mut Vec::new(), &mut apart);
    apart
}

fn take_apart(kernel: &Kernel, nodes: &[Node], around: &mut Vec<Var>, apart: &mut Vec<Node>) {
    for node in nodes {
        match node {
            Node::Loop(var, body) | Node::If(var, _, body) => {
                around.push(*var);
                take_apart(kernel, body, around, apart);
                around.pop();
            }
            Node::Access(kind, at, count) => apart.extend(reaching(kernel, around, *kind, at, *count)),
        }
    }
}

/// One access in loops, with few of them left; `None` where one of them has no round.
fn reaching(kernel: &Kernel, around: &[Var], kind: Kind, at: &Affine, mut count: usize) -> Option<Node> {
    let rounds = |var: &Var| kernel.vars.get(var.0).map_or(0, |info| info.count);
    if around.iter().any(|var| rounds(var) == 0) {
        return None;
    }
    let mut at = at.clone();
    while let Some(near) = at.terms.iter().position(|(var, by)| around.contains(var) && *by <= count) {
        let (var, by) = at.terms.swap_remove(near);
        count = by.saturating_mul(rounds(&var) - 1).saturating_add(count);
    }
    let left = around.iter().filter(|var| at.terms.iter().any(|(of, _)| of == *var));
    let left: Vec<Var> = left.copied().collect();
    let access = Node::Access(kind, at, count);
    Some(left.into_iter().rev().fold(access, |inside, var| Node::Loop(var, vec![inside])))
}
