//! What lineage can be asked of, as people name it.

use std::{fmt, str::FromStr};

use super::node::NodeId;
use crate::{
    audit::find_model,
    domain::model_uri::ModelUri,
    event::Stage,
    views::{keys, lookup, store::Read},
};

/// Datasets that one digest may stand for.
const DATASETS_MAX: usize = 100;

/// Something whose lineage is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineageSubject {
    /// What a `models:/` URI names: `models:/CarSeat/3`, `models:/CarSeat/Production`,
    /// `models:/CarSeat@champion`, `models:/CarSeat/latest`, `models:/m-...`.
    Model(String),
    /// A run: `run:<id>` or `runs:/<id>`.
    Run(String),
    /// A logged model: `logged-model:<id>`.
    LoggedModel(String),
    /// A dataset: `dataset:<name>@<digest>`, or `dataset:<digest>` for all that have it.
    Dataset {
        /// Its name.
        name: Option<String>,
        /// Its digest.
        digest: String,
    },
    /// A commit: `commit:<id>`, in full.
    Commit(String),
}

/// A text that names nothing that has a lineage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "write models:/<name>/<version or stage>, models:/<name>@<alias>, models:/<logged model id>, \
     run:<id>, logged-model:<id>, dataset:<digest>, dataset:<name>@<digest> or commit:<id>"
)]
pub struct LineageSubjectError;

impl FromStr for LineageSubject {
    type Err = LineageSubjectError;

    fn from_str(text: &str) -> Result<Self, LineageSubjectError> {
        let (kind, id) = text.split_once(':').ok_or(LineageSubjectError)?;
        let id = id.to_owned();
        match kind {
            "models" if ModelUri::parse(&id).is_some() => Ok(Self::Model(id)),
            "runs" => {
                let path = id.trim_start_matches('/');
                let run = path.split('/').next().unwrap_or_default().to_owned();
                if run.is_empty() { Err(LineageSubjectError) } else { Ok(Self::Run(run)) }
            }
            _ if id.is_empty() => Err(LineageSubjectError),
            "run" => Ok(Self::Run(id)),
            "logged-model" => Ok(Self::LoggedModel(id)),
            "commit" => Ok(Self::Commit(id)),
            "dataset" => Ok(match id.rsplit_once('@') {
                None => Self::Dataset { name: None, digest: id },
                Some((name, digest)) => {
                    Self::Dataset { name: Some(name.to_owned()), digest: digest.to_owned() }
                }
            }),
            _ => Err(LineageSubjectError),
        }
    }
}

impl fmt::Display for LineageSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(path) => write!(f, "models:{path}"),
            Self::Run(id) => write!(f, "run:{id}"),
            Self::LoggedModel(id) => write!(f, "logged-model:{id}"),
            Self::Dataset { name: None, digest } => write!(f, "dataset:{digest}"),
            Self::Dataset { name: Some(name), digest } => write!(f, "dataset:{name}@{digest}"),
            Self::Commit(id) => write!(f, "commit:{id}"),
        }
    }
}

impl LineageSubject {
    /// The nodes it means; none if there is, or was, no such thing.
    pub(super) fn find(&self, read: &dyn Read) -> Vec<NodeId> {
        match self {
            Self::Model(path) => {
                ModelUri::parse(path).and_then(|uri| find_version(read, uri)).into_iter().collect()
            }
            Self::Run(id) => {
                lookup::run(read, id).map(|_| NodeId::Run(id.clone())).into_iter().collect()
            }
            Self::LoggedModel(id) => {
                let found = lookup::logged_model(read, id);
                found.map(|_| NodeId::LoggedModel(id.clone())).into_iter().collect()
            }
            Self::Dataset { name, digest } => find_datasets(read, name.as_deref(), digest),
            Self::Commit(id) => {
                let links = keys::links(keys::Origin::Commit(id));
                let first = read.range(&links, keys::after_prefix(&links).as_deref(), 1);
                first.into_iter().map(|_| NodeId::Commit(id.clone())).collect()
            }
        }
    }
}

/// Versions of deleted models and deleted versions are found by their number alone.
fn find_version(read: &dyn Read, uri: ModelUri<'_>) -> Option<NodeId> {
    if let ModelUri::Id(id) = uri {
        return lookup::logged_model(read, id).map(|_| NodeId::LoggedModel(id.to_owned()));
    }
    let model = find_model(read, uri.name())?;
    let id = model.registered_model_id;
    let latest = |stage: Option<Stage>| {
        let mut versions = lookup::model_versions(read, id).into_iter();
        let found = versions.rfind(|version| stage.is_none_or(|stage| version.stage == stage));
        found.map(|version| version.version)
    };
    let version = match uri {
        ModelUri::Version(_, version) => {
            version.parse().ok().filter(|it| (1..=model.last_version).contains(it))
        }
        ModelUri::Stage(_, stage) => latest(Some(Stage::from_any_case(stage)?)),
        ModelUri::Alias(_, alias) if !alias.eq_ignore_ascii_case("latest") => {
            model.aliases.get(alias).copied()
        }
        ModelUri::Alias(..) | ModelUri::Latest(_) | ModelUri::Id(_) => latest(None),
    };
    version.map(|version| NodeId::Version(id, version))
}

fn find_datasets(read: &dyn Read, name: Option<&str>, digest: &str) -> Vec<NodeId> {
    let all = keys::links_of_digest(digest);
    let (end, mut from) = (keys::after_prefix(&all), all.clone());
    let mut found = Vec::new();
    while let Some((key, _)) = read.range(&from, end.as_deref(), 1).pop()
        && found.len() < DATASETS_MAX
    {
        let rest = key.get(all.len()..).unwrap_or_default();
        let rest = rest.split(|byte| *byte == 0).next().unwrap_or_default();
        let dataset = String::from_utf8_lossy(rest).into_owned();
        // On behind all uses of this one.
        let uses = keys::links(keys::Origin::Dataset { digest, name: &dataset });
        if name.is_none_or(|name| name == dataset) {
            found.push(NodeId::Dataset { name: dataset, digest: digest.to_owned() });
        }
        match keys::after_prefix(&uses) {
            Some(after) => from = after,
            None => break,
        }
    }
    found
}
