//! From node to node, up to the origins and down to what came of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    answer::{Direction, Edge, Lineage, LineageNode, Relation},
    facts,
    node::NodeId,
    subject::LineageSubject,
};
use crate::{
    base::Seq,
    domain::tag_names::{GIT_COMMIT, PARENT_RUN},
    views::{
        keys::{self, Origin, part, table},
        lookup,
        store::{Read, Value},
    },
};

/// Nodes of an answer, unless something else is asked for.
pub const NODES_DEFAULT: usize = 200;
/// Nodes of an answer at most.
pub const NODES_MAX: usize = 1000;

/// The lineage of `subject` as far as `read` knows, which has folded up to `seq`, with at most `nodes_max`
/// nodes, the nearest ones. `None` if there is, or was, no such thing.
pub fn lineage(
    read: &dyn Read,
    seq: Seq,
    subject: &LineageSubject,
    direction: Direction,
    nodes_max: usize,
) -> Option<Lineage> {
    let starts = subject.find(read);
    if starts.is_empty() {
        return None;
    }
    let (places, edges) = (BTreeMap::new(), BTreeSet::new());
    let mut graph = Graph { read, nodes_max, places, edges, truncated: false };
    if direction != Direction::Downstream {
        graph.walk(&starts, Way::Up);
    }
    if direction != Direction::Upstream {
        graph.walk(&starts, Way::Down);
    }
    let mut nodes: Vec<_> = graph.places.iter().map(|(id, place)| (*place, id)).collect();
    nodes.sort_unstable();
    let nodes = nodes
        .into_iter()
        .map(|(_, id)| LineageNode { id: id.to_string(), facts: facts::of(read, id) });
    let edges = graph.edges.iter().map(|(from, to, relation)| Edge {
        from: from.to_string(),
        to: to.to_string(),
        relation: *relation,
    });
    Some(Lineage {
        seq,
        of: starts.iter().map(ToString::to_string).collect(),
        nodes: nodes.collect(),
        edges: edges.collect(),
        truncated: graph.truncated,
    })
}

/// A neighbour, and how the later of the two came of the earlier.
type Step = (NodeId, Relation);

#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

struct Graph<'a> {
    read: &'a dyn Read,
    nodes_max: usize,
    /// The nodes, with the order in which they were met.
    places: BTreeMap<NodeId, usize>,
    edges: BTreeSet<(NodeId, NodeId, Relation)>,
    truncated: bool,
}

impl Graph<'_> {
    /// Breadth first, so that a bound cuts off what is farthest.
    fn walk(&mut self, starts: &[NodeId], way: Way) {
        let mut seen: BTreeSet<NodeId> = starts.iter().cloned().collect();
        let mut queue: VecDeque<NodeId> = starts.iter().cloned().collect();
        starts.iter().for_each(|id| self.meet(id));
        while let Some(id) = queue.pop_front() {
            let steps = match way {
                Way::Up => upstream(self.read, &id),
                Way::Down => downstream(self.read, &id),
            };
            for (next, relation) in steps {
                if !self.places.contains_key(&next) && self.places.len() >= self.nodes_max {
                    self.truncated = true;
                    continue;
                }
                self.meet(&next);
                let (from, to) = match way {
                    Way::Up => (next.clone(), id.clone()),
                    Way::Down => (id.clone(), next.clone()),
                };
                self.edges.insert((from, to, relation));
                if seen.insert(next.clone()) {
                    queue.push_back(next);
                }
            }
        }
    }

    fn meet(&mut self, id: &NodeId) {
        let place = self.places.len();
        self.places.entry(id.clone()).or_insert(place);
    }
}

/// What a node names as its origins.
fn upstream(read: &dyn Read, id: &NodeId) -> Vec<Step> {
    match id {
        NodeId::Version(model, version) => of_version(read, id, *model, *version),
        NodeId::LoggedModel(id) => {
            let model = lookup::logged_model(read, id);
            let run = model.and_then(|it| it.source_run_id.clone());
            run.map(|run| (NodeId::Run(run), Relation::Produced)).into_iter().collect()
        }
        NodeId::Run(id) => of_run(read, id),
        NodeId::Dataset { .. } | NodeId::Commit(_) => Vec::new(),
    }
}

fn of_version(read: &dyn Read, id: &NodeId, model: u64, version: u32) -> Vec<Step> {
    let Some(found) = facts::version(read, model, version) else { return Vec::new() };
    let copied = linked(read, id, Origin::CopyOf(model, version));
    let model = found.model_id.clone().map(|id| (NodeId::LoggedModel(id), Relation::RegisteredAs));
    let run = found.run_id.clone().map(|id| (NodeId::Run(id), Relation::RegisteredAs));
    model.into_iter().chain(run).chain(copied).collect()
}

fn of_run(read: &dyn Read, run_id: &str) -> Vec<Step> {
    let text = |value: Value| if let Value::Text(_, text) = value { Some(text) } else { None };
    let mut steps = Vec::new();
    for (key, value) in read.prefix(&keys::run(run_id)) {
        let Some((_, kind, name)) = keys::split_run(&key) else { continue };
        let step = match (kind, name) {
            (part::TAG, PARENT_RUN) => {
                text(value).map(|id| (NodeId::Run(id.to_string()), Relation::ParentOf))
            }
            (part::TAG, GIT_COMMIT) => {
                text(value).map(|id| (NodeId::Commit(id.to_string()), Relation::CodeOf))
            }
            (part::MODEL_INPUT, id) => {
                Some((NodeId::LoggedModel(id.to_owned()), Relation::InputOf))
            }
            (part::DATASET, _) => {
                let Value::Dataset(_, used) = value else { continue };
                let (name, digest) = (used.name.clone(), used.digest.clone());
                Some((NodeId::Dataset { name, digest }, Relation::InputOf))
            }
            _ => None,
        };
        steps.extend(step);
    }
    steps
}

/// What names a node as its origin; more than an answer can hold are not read.
fn downstream(read: &dyn Read, id: &NodeId) -> Vec<Step> {
    let origin = match id {
        NodeId::Version(model, version) => Origin::Version(*model, *version),
        NodeId::LoggedModel(id) => Origin::LoggedModel(id),
        NodeId::Run(id) => Origin::Run(id),
        NodeId::Dataset { name, digest } => Origin::Dataset { digest, name },
        NodeId::Commit(id) => Origin::Commit(id),
    };
    linked(read, id, origin)
}

fn linked(read: &dyn Read, id: &NodeId, origin: Origin<'_>) -> Vec<Step> {
    let links = keys::links(origin);
    let found = read.range(&links, keys::after_prefix(&links).as_deref(), NODES_MAX + 1);
    found.iter().filter_map(|(key, _)| named(id, key.get(links.len()..)?)).collect()
}

/// The entity with a key, and how it came of its origin.
fn named(origin: &NodeId, key: &[u8]) -> Option<Step> {
    let (table, rest) = key.split_first()?;
    let text = || Some(std::str::from_utf8(rest).ok()?.strip_suffix('\0')?.to_owned());
    match (*table, origin) {
        (table::RUN, NodeId::Run(_)) => Some((NodeId::Run(text()?), Relation::ParentOf)),
        (table::RUN, NodeId::Commit(_)) => Some((NodeId::Run(text()?), Relation::CodeOf)),
        (table::RUN, _) => Some((NodeId::Run(text()?), Relation::InputOf)),
        (table::LOGGED_MODEL, _) => Some((NodeId::LoggedModel(text()?), Relation::Produced)),
        (table::MODEL_VERSION, origin) => {
            let (model, version) = rest.split_at_checked(8)?;
            let model = u64::from_be_bytes(model.try_into().ok()?);
            let version = u32::from_be_bytes(version.try_into().ok()?);
            let relation = match origin {
                NodeId::Version(..) => Relation::CopiedTo,
                _ => Relation::RegisteredAs,
            };
            Some((NodeId::Version(model, version), relation))
        }
        _ => None,
    }
}
