//! Lineage: where a model version, logged model or run came from (its run, parent run, datasets, commit,
//! and the versions and models they rest on), and what came of it. Read from the views, so as of any moment.

mod answer;
mod facts;
mod node;
mod subject;
mod walk;

#[cfg(test)]
mod tests;

pub use answer::{
    CommitFacts, DatasetFacts, Direction, Edge, File, FileRole, Lineage, LineageNode,
    LoggedModelFacts, Metric, NodeFacts, Relation, RunFacts, VersionFacts,
};
pub use subject::{LineageSubject, LineageSubjectError};
pub use walk::{NODES_DEFAULT, NODES_MAX, lineage};
