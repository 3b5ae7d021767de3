//! What a graph of lineage has nodes for, and how each is named in it.

use std::fmt;

/// An entity as a node. Its name in a graph tells its kind and stays the same when it is renamed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NodeId {
    /// A version, by the number of its registered model.
    Version(u64, u32),
    LoggedModel(String),
    Run(String),
    Dataset {
        name: String,
        digest: String,
    },
    Commit(String),
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(model, version) => write!(f, "version:{model}/{version}"),
            Self::LoggedModel(id) => write!(f, "logged-model:{id}"),
            Self::Run(id) => write!(f, "run:{id}"),
            Self::Dataset { name, digest } => write!(f, "dataset:{name}@{digest}"),
            Self::Commit(id) => write!(f, "commit:{id}"),
        }
    }
}
