//! The graph that revisions make: which follows which, and which history each one meets.

use std::collections::HashMap;

use camino::Utf8PathBuf;

use crate::framework::FrameworkError;

/// A revision's place in the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// Its file.
    pub file: Utf8PathBuf,
    /// What it follows.
    pub down_revisions: Vec<String>,
    /// What must have run before it, by id or label.
    pub depends_on: Vec<String>,
    /// The names of its branch.
    pub branch_labels: Vec<String>,
}

/// All revisions of a project, ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// The revisions: each behind all that must have run before it.
    pub nodes: Vec<Node>,
    by_id: HashMap<String, usize>,
    /// What each follows, and what it depends on, by index.
    before: Vec<Vec<usize>>,
    /// How many of `before` it follows; it depends on the rest.
    follows: Vec<usize>,
}

/// Why revisions make no graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Two files have the same id.
    #[error("{file}: has the id {id}, as {other} has: Alembic runs only one of them; give this one another id")]
    Duplicate {
        /// The second file.
        file: Utf8PathBuf,
        /// The first one.
        other: Utf8PathBuf,
        /// The id.
        id: String,
    },
    /// Two files have the same label.
    #[error("{file}: has the branch label {label}, as {other} has: Alembic stops; take it off one of them")]
    DuplicateLabel {
        /// The second file.
        file: Utf8PathBuf,
        /// The first one.
        other: Utf8PathBuf,
        /// The label.
        label: String,
    },
    /// A revision that no file has.
    #[error(
        "{file}: {variable} names {id}, and no file has this id: add the file that is missing, or name another revision"
    )]
    Missing {
        /// The file.
        file: Utf8PathBuf,
        /// `down_revision` or `depends_on`.
        variable: &'static str,
        /// What it names.
        id: String,
    },
    /// Revisions that wait for each other.
    #[error("{file}: follows itself ({}): Alembic stops; change the down_revision or depends_on of one of them", ids.join(" → "))]
    Cycle {
        /// One of the files.
        file: Utf8PathBuf,
        /// The ids, around once.
        ids: Vec<String>,
    },
}

impl From<GraphError> for FrameworkError {
    fn from(error: GraphError) -> Self {
        let (GraphError::Duplicate { file: path, .. }
        | GraphError::DuplicateLabel { file: path, .. }
        | GraphError::Missing { file: path, .. }
        | GraphError::Cycle { file: path, .. }) = error.clone();
        let text = error.to_string();
        let why = text.strip_prefix(&format!("{path}: ")).unwrap_or(&text).to_owned();
        FrameworkError::Unusable { path, why }
    }
}

impl Graph {
    /// Makes the graph of these revisions. The order does not depend on the order in which they come.
    ///
    /// # Errors
    /// When an id or a label is there twice, one that is named is missing, or revisions wait for each other.
    pub fn new(mut nodes: Vec<Node>) -> Result<Graph, GraphError> {
        nodes.sort_by(|one, other| (&one.id, &one.file).cmp(&(&other.id, &other.file)));
        let by_id = unique(&nodes)?;
        let labels = labels(&nodes)?;
        let mut before: Vec<Vec<usize>> = Vec::new();
        for node in &nodes {
            let missing =
                |variable, id: &String| GraphError::Missing { file: node.file.clone(), variable, id: id.clone() };
            let mut own = Vec::new();
            for id in &node.down_revisions {
                own.push(*by_id.get(id).ok_or_else(|| missing("down_revision", id))?);
            }
            for id in &node.depends_on {
                // A label, or the beginning of an id that is the only one with it.
                let by_beginning = || {
                    let first = nodes.partition_point(|other| other.id < *id);
                    let mut like = nodes[first..].iter().take_while(|other| other.id.starts_with(id.as_str()));
                    like.next().filter(|_| like.next().is_none()).map(|_| first)
                };
                let found = by_id.get(id).or_else(|| labels.get(id)).copied().or_else(by_beginning);
                own.push(found.ok_or_else(|| missing("depends_on", id))?);
            }
            before.push(own);
        }
        let order = order(&nodes, &before)?;
        Ok(Graph::ordered(nodes, &before, &order))
    }

    fn ordered(nodes: Vec<Node>, before: &[Vec<usize>], order: &[usize]) -> Graph {
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, &old)| place[old] = at);
        let mut nodes: Vec<(usize, Node)> =
            nodes.into_iter().enumerate().map(|(old, node)| (place[old], node)).collect();
        nodes.sort_by_key(|(at, _)| *at);
        let nodes: Vec<Node> = nodes.into_iter().map(|(_, node)| node).collect();
        Graph {
            by_id: nodes.iter().enumerate().map(|(at, node)| (node.id.clone(), at)).collect(),
            before: order.iter().map(|&old| before[old].iter().map(|&other| place[other]).collect()).collect(),
            follows: nodes.iter().map(|node| node.down_revisions.len()).collect(),
            nodes,
        }
    }

    /// The revision with this id, by index.
    pub fn get(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// What has run before a revision: all that it follows or depends on, however far back, in order.
    pub fn ancestors(&self, of: usize) -> Vec<usize> {
        let mut is_ancestor = vec![false; of];
        let mut open = self.before[of].clone();
        while let Some(one) = open.pop() {
            if !std::mem::replace(&mut is_ancestor[one], true) {
                open.extend(&self.before[one]);
            }
        }
        (0..of).filter(|&at| is_ancestor[at]).collect()
    }

    /// The revisions that follow this one; those that merely depend on it do not.
    pub fn children(&self, of: usize) -> Vec<usize> {
        let follows = |at: &usize| self.before[*at][..self.follows[*at]].contains(&of);
        (of + 1..self.nodes.len()).filter(follows).collect()
    }

    /// The revisions that no other follows.
    pub fn heads(&self) -> Vec<usize> {
        let mut is_head = vec![true; self.nodes.len()];
        for (before, follows) in self.before.iter().zip(&self.follows) {
            before[..*follows].iter().for_each(|&down| is_head[down] = false);
        }
        (0..self.nodes.len()).filter(|&at| is_head[at]).collect()
    }
}

fn unique(nodes: &[Node]) -> Result<HashMap<String, usize>, GraphError> {
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for (at, node) in nodes.iter().enumerate() {
        if let Some(other) = by_id.insert(node.id.clone(), at) {
            let (file, other) = (node.file.clone(), nodes[other].file.clone());
            return Err(GraphError::Duplicate { file, other, id: node.id.clone() });
        }
    }
    Ok(by_id)
}

fn labels(nodes: &[Node]) -> Result<HashMap<String, usize>, GraphError> {
    let mut labels: HashMap<String, usize> = HashMap::new();
    for (at, node) in nodes.iter().enumerate() {
        for label in &node.branch_labels {
            if let Some(other) = labels.insert(label.clone(), at).filter(|other| *other != at) {
                let (file, other) = (node.file.clone(), nodes[other].file.clone());
                return Err(GraphError::DuplicateLabel { file, other, label: label.clone() });
            }
        }
    }
    Ok(labels)
}

/// Each behind what comes before it. What only one revision waits for stands directly before it, so the steps of a sequence
/// stay together, whatever their ids are.
fn order(nodes: &[Node], before: &[Vec<usize>]) -> Result<Vec<usize>, GraphError> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut state = vec![State::New; nodes.len()];
    let mut order = Vec::with_capacity(nodes.len());
    let mut is_before = vec![false; nodes.len()];
    before.iter().flatten().for_each(|&other| is_before[other] = true);
    // Without an end there is a cycle, which is found from anywhere.
    let (others, ends): (Vec<usize>, Vec<usize>) = (0..nodes.len()).partition(|&at| is_before[at]);
    for start in ends.into_iter().chain(others) {
        // A revision on the way, and how many of those before it were looked at.
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((node, looked)) = way.last_mut() {
            let node = *node;
            if state[node] == State::Done {
                way.pop();
                continue;
            }
            state[node] = State::Open;
            let Some(&next) = before[node].get(*looked) else {
                state[node] = State::Done;
                order.push(node);
                way.pop();
                continue;
            };
            *looked += 1;
            if state[next] == State::Open {
                let from = way.iter().position(|(one, _)| *one == next).unwrap_or(0);
                let around = way[from..].iter().map(|(one, _)| *one).chain([next]);
                let ids = around.map(|one| nodes[one].id.clone()).collect();
                return Err(GraphError::Cycle { file: nodes[next].file.clone(), ids });
            }
            way.push((next, 0));
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `id < down, down; depends : label` for each.
    fn graph(lines: &[&str]) -> Result<Graph, GraphError> {
        let list = |text: Option<&str>| {
            let parts = text.unwrap_or_default().split(',').map(str::trim);
            parts.filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let node = |(at, line): (usize, &&str)| {
            let (rest, label) = line.split_once(':').map_or((*line, None), |(rest, label)| (rest, Some(label)));
            let (rest, depends) = rest.split_once(';').map_or((rest, None), |(rest, depends)| (rest, Some(depends)));
            let (id, down) = rest.split_once('<').map_or((rest, None), |(id, down)| (id, Some(down)));
            Node {
                id: id.trim().to_owned(),
                file: format!("{at}.py").into(),
                down_revisions: list(down),
                depends_on: list(depends),
                branch_labels: list(label),
            }
        };
        Graph::new(lines.iter().enumerate().map(node).collect())
    }

    fn ids<'a>(graph: &'a Graph, of: &[usize]) -> Vec<&'a str> {
        of.iter().map(|&at| graph.nodes[at].id.as_str()).collect()
    }

    #[test]
    fn the_history_of_a_revision_is_its_ancestors() {
        let graph = graph(&["m < b, c", "c < a", "b < a", "a", "x : lib", "d < c; lib"]).unwrap();
        let history = |id: &str| ids(&graph, &graph.ancestors(graph.get(id).unwrap()));
        assert_eq!(history("a"), Vec::<&str>::new());
        assert_eq!(history("c"), ["a"]);
        assert_eq!(history("m"), ["a", "c", "b"]);
        assert_eq!(history("d"), ["a", "c", "x"]);
        assert_eq!(ids(&graph, &graph.heads()), ["x", "d", "m"]);
        assert_eq!(ids(&graph, &graph.children(graph.get("c").unwrap())), ["d", "m"]);
        assert_eq!(graph.children(graph.get("x").unwrap()), Vec::<usize>::new());
    }

    #[test]
    fn the_order_is_that_of_the_graph_and_not_that_of_the_files() {
        let (one, other) = (["c < b", "b < z", "z"], ["z", "c < b", "b < z"]);
        let order = |lines: &[&str]| {
            let graph = graph(lines).unwrap();
            let all: Vec<usize> = (0..graph.nodes.len()).collect();
            ids(&graph, &all).iter().map(|id| id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(order(&one), ["z", "b", "c"]);
        assert_eq!(order(&one), order(&other));
        // The steps of a sequence have ids of any kind, and stay together beside other branches.
        assert_eq!(order(&["a", "k < a", "c < k", "h < a", "m < c, h"]), ["a", "k", "c", "h", "m"]);
        assert_eq!(order(&["a", "b < a", "k < b", "c < a"]), ["a", "c", "b", "k"]);
        let long: Vec<String> =
            (1..20_000).map(|at| format!("{at:05} < {:05}", at - 1)).chain(["00000".into()]).collect();
        let long: Vec<&str> = long.iter().map(String::as_str).collect();
        assert_eq!(order(&long).len(), 20_000);
    }

    #[test]
    fn what_is_no_graph_says_why() {
        for (lines, error) in [
            (&["a", "a"][..], "1.py: has the id a, as 0.py has"),
            (&["a", "b < c"], "1.py: down_revision names c, and no file has this id"),
            (&["a; old"], "0.py: depends_on names old, and no file has this id"),
            (&["a < c", "b < a", "c < b"], "0.py: follows itself (a → c → b → a)"),
            (&["a < a"], "0.py: follows itself (a → a)"),
            (&["a : x", "b : x"], "1.py: has the branch label x, as 0.py has"),
        ] {
            let got = FrameworkError::from(graph(lines).unwrap_err()).to_string();
            assert!(got.starts_with(error), "{got}");
        }
        assert!(graph(&["abc", "abd", "x < abc; abd"]).is_ok());
        assert!(graph(&["abc", "abd", "x < abc; ab"]).is_err(), "two ids begin with ab");
    }
}
