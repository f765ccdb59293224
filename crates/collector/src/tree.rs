//! The order in which the spans of a trace are shown: parents before their children, siblings by start time.
//!
//! In: what the links between spans are, in any order. Out: every span exactly once, with its depth. Spans whose parent is
//! not there stand at the top, and so does the earliest span of each cycle. Nothing here recurses, so depth costs nothing.

use std::{collections::HashMap, hash::Hash};

/// What the tree needs to know of a span. The ids of a trace's spans are all different.
#[derive(Debug, Clone, Copy)]
pub struct Node<Id> {
    pub id: Id,
    pub parent: Option<Id>,
    pub start: u64,
}

/// Why a row stands where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Root,
    Child,
    /// The parent is not among the spans: not arrived yet, not sampled, or lost.
    ParentMissing,
    /// It is its own ancestor.
    Cycle,
}

/// One line of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Which of the nodes it is.
    pub node: usize,
    pub depth: usize,
    pub place: Place,
}

pub fn rows<Id: Copy + Eq + Hash + Ord>(nodes: &[Node<Id>]) -> Vec<Row> {
    let by_id: HashMap<Id, usize> = nodes.iter().enumerate().map(|(index, node)| (node.id, index)).collect();
    let mut children = vec![Vec::new(); nodes.len()];
    let mut tops = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        match node.parent.map(|parent| by_id.get(&parent)) {
            None => tops.push((index, Place::Root)),
            Some(None) => tops.push((index, Place::ParentMissing)),
            Some(Some(&parent)) => children[parent].push(index),
        }
    }
    let order = |index: &usize| (nodes[*index].start, nodes[*index].id);
    children.iter_mut().for_each(|siblings| siblings.sort_unstable_by_key(order));
    tops.sort_unstable_by_key(|(index, _)| order(index));

    let mut walk = Walk { children, seen: vec![false; nodes.len()], rows: Vec::with_capacity(nodes.len()) };
    for (top, place) in tops {
        walk.descend(top, place);
    }
    if walk.rows.len() < nodes.len() {
        // What no top leads to hangs on a cycle. Only nodes on a cycle are taken as tops, so that a branch of it stays a branch.
        let mut rest: Vec<usize> = (0..nodes.len()).filter(|&index| !walk.seen[index]).collect();
        rest.sort_unstable_by_key(order);
        let parents: Vec<Option<usize>> =
            nodes.iter().map(|node| node.parent.and_then(|parent| by_id.get(&parent).copied())).collect();
        let on_cycle = on_cycle(&parents, &rest);
        for top in rest {
            if on_cycle[top] && !walk.seen[top] {
                walk.descend(top, Place::Cycle);
            }
        }
    }
    walk.rows
}

/// Which nodes can reach themselves. Every node of `among` has a parent, and all its ancestors are in `among` too.
fn on_cycle(parents: &[Option<usize>], among: &[usize]) -> Vec<bool> {
    let mut waiting_children = vec![0_usize; parents.len()];
    for parent in among.iter().filter_map(|&node| parents[node]) {
        waiting_children[parent] += 1;
    }
    // Leaves are taken off until only cycles are left.
    let mut on_cycle = vec![false; parents.len()];
    among.iter().for_each(|&node| on_cycle[node] = true);
    let mut leaves: Vec<usize> = among.iter().copied().filter(|&node| waiting_children[node] == 0).collect();
    while let Some(leaf) = leaves.pop() {
        on_cycle[leaf] = false;
        if let Some(parent) = parents[leaf] {
            waiting_children[parent] -= 1;
            if waiting_children[parent] == 0 {
                leaves.push(parent);
            }
        }
    }
    on_cycle
}

struct Walk {
    children: Vec<Vec<usize>>,
    seen: Vec<bool>,
    rows: Vec<Row>,
}

impl Walk {
    fn descend(&mut self, top: usize, place: Place) {
        let mut stack = vec![Row { node: top, depth: 0, place }];
        while let Some(row) = stack.pop() {
            if std::mem::replace(&mut self.seen[row.node], true) {
                continue;
            }
            self.rows.push(row);
            let children = self.children[row.node].iter().rev();
            stack.extend(children.map(|&node| Row { node, depth: row.depth + 1, place: Place::Child }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (id, parent or 0, start) to (id, depth, place).
    fn tree(nodes: &[(u32, u32, u64)]) -> Vec<(u32, usize, Place)> {
        let nodes: Vec<Node<u32>> = nodes
            .iter()
            .map(|&(id, parent, start)| Node { id, parent: (parent != 0).then_some(parent), start })
            .collect();
        rows(&nodes).into_iter().map(|row| (nodes[row.node].id, row.depth, row.place)).collect()
    }

    #[test]
    fn children_follow_their_parents_by_start_in_whatever_order_they_came() {
        use Place::{Child, Root};
        let expected = [(1, 0, Root), (3, 1, Child), (4, 2, Child), (2, 1, Child)];
        assert_eq!(tree(&[(4, 3, 15), (2, 1, 20), (3, 1, 10), (1, 0, 5)]), expected);
        // Equal times: by id.
        assert_eq!(tree(&[(3, 1, 0), (2, 1, 0), (1, 0, 0)]), [(1, 0, Root), (2, 1, Child), (3, 1, Child)]);
    }

    #[test]
    fn orphans_stand_at_the_top_with_their_children() {
        use Place::{Child, ParentMissing, Root};
        let expected = [(2, 0, ParentMissing), (3, 1, Child), (1, 0, Root)];
        assert_eq!(tree(&[(1, 0, 9), (2, 77, 5), (3, 2, 6)]), expected);
    }

    #[test]
    fn a_cycle_begins_at_its_earliest_span_and_keeps_its_branches() {
        use Place::{Child, Cycle, Root};
        assert_eq!(tree(&[(1, 1, 0)]), [(1, 0, Cycle)]);
        // 4 hangs on the cycle 1 -> 2 -> 3 -> 1 and is older than all of it.
        let expected = [(9, 0, Root), (2, 0, Cycle), (4, 1, Child), (3, 1, Child), (1, 2, Child)];
        assert_eq!(tree(&[(1, 3, 7), (2, 1, 6), (3, 2, 8), (4, 2, 1), (9, 0, 20)]), expected);
        assert_eq!(tree(&[(1, 2, 0), (2, 1, 0), (5, 6, 1), (6, 5, 2)]).len(), 4);
    }

    #[test]
    fn depth_is_not_bounded_by_the_stack() {
        let chain: Vec<(u32, u32, u64)> = (1..=200_000).map(|id| (id, id - 1, 0)).collect();
        let rows = tree(&chain);
        assert_eq!(rows.len(), chain.len());
        assert_eq!(rows[199_999], (200_000, 199_999, Place::Child));
    }
}
