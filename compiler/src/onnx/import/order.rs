//! The order in which nodes can run. Files should be sorted already; then this keeps their order.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::onnx::schema::NodeProto;

/// Indices of the nodes in an order in which they can run: of all such orders, the one nearest to the file's.
/// Values that no node makes do not matter.
///
/// # Errors
/// The nodes of one cycle, in the order in which data would flow.
pub(super) fn sort(nodes: &[NodeProto]) -> Result<Vec<usize>, Vec<usize>> {
    let mut maker = HashMap::new();
    for (index, node) in nodes.iter().enumerate() {
        for name in node.output.iter().filter(|name| !name.is_empty()) {
            maker.entry(name.as_str()).or_insert(index);
        }
    }
    let makers = |node: &NodeProto| -> Vec<usize> {
        node.input.iter().filter_map(|name| maker.get(name.as_str()).copied()).collect()
    };
    let needs: Vec<Vec<usize>> = nodes.iter().map(makers).collect();
    let mut users = vec![Vec::new(); nodes.len()];
    for (index, sources) in needs.iter().enumerate() {
        sources.iter().for_each(|&source| users[source].push(index));
    }

    let mut missing: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..nodes.len()).filter(|&index| missing[index] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(Reverse(index)) = ready.pop() {
        order.push(index);
        for &user in &users[index] {
            missing[user] -= 1;
            if missing[user] == 0 {
                ready.push(Reverse(user));
            }
        }
    }
    if order.len() == nodes.len() { Ok(order) } else { Err(cycle(&needs, &missing)) }
}

/// Walks backwards through nodes that never became ready; the walk must come back to itself.
fn cycle(needs: &[Vec<usize>], missing: &[usize]) -> Vec<usize> {
    let stuck = |index: usize| missing[index] > 0;
    let mut path: Vec<usize> = Vec::new();
    let mut seen = HashMap::new();
    let mut at = (0..needs.len()).find(|&index| stuck(index));
    while let Some(index) = at {
        if let Some(&start) = seen.get(&index) {
            let mut found = path.split_off(start);
            // Walked against the data: turn around, and begin with the same node.
            found.reverse();
            found.rotate_right(1);
            return found;
        }
        seen.insert(index, path.len());
        path.push(index);
        at = needs[index].iter().copied().find(|&source| stuck(source));
    }
    path
}
