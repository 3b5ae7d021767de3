//! `runlog lineage`: where a model came from, and what came of it.

use std::sync::Arc;

use super::{
    EXIT_CODES,
    answer::say,
    failure::Failure,
    output::{Column, Output},
    source::Source,
};
use crate::{
    audit::{
        Direction, Edge, Lineage, LineageNode, LineageSubject, NODES_DEFAULT, NODES_MAX, NodeFacts,
        lineage,
    },
    engine::replay,
    views::Views,
    wal::WalReader as _,
};

const EXAMPLES: &str = "\
A node's id stays the same when the entity is renamed. The table has a line for each edge; parameters,
metrics, files and the rest of what is known of the nodes are in --json.

Examples:
  runlog lineage models:/CarSeat/Production                       of what is Production now
  runlog lineage models:/CarSeat/Production --as-of 2026-03-01T00:00:00Z
  runlog lineage models:/CarSeat@champion --direction upstream    only where it came from
  runlog lineage dataset:3a1f0c9e --direction downstream          what was made of a dataset
  runlog lineage commit:0c84…                                     what a commit led to, in full
";

/// Show where a model version, run or dataset came from, and what came of it
#[derive(Debug, clap::Args)]
#[command(after_help = format!("{EXAMPLES}\n{EXIT_CODES}"))]
pub struct Args {
    /// models:/<name>/<version or stage>, models:/<name>@<alias>, models:/<logged model id>, run:<id>,
    /// logged-model:<id>, dataset:<digest>, dataset:<name>@<digest>, commit:<id>.
    of: LineageSubject,

    /// upstream, downstream or both.
    #[arg(long, value_name = "WHICH", default_value = "both")]
    direction: Direction,

    /// The most nodes, the nearest first.
    #[arg(long, value_name = "N", default_value_t = NODES_DEFAULT as u64,
          value_parser = clap::value_parser!(u64).range(1..=NODES_MAX as u64))]
    limit: u64,

    #[command(flatten)]
    output: Output,

    #[command(flatten)]
    source: Source,
}

/// An edge with what the nodes are called.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
struct Line {
    from: String,
    from_name: String,
    relation: String,
    to: String,
    to_name: String,
}

const TABLE: [Column<Line>; 5] = [
    ("FROM", |it| it.from.clone()),
    ("NAME", |it| it.from_name.clone()),
    ("RELATION", |it| it.relation.clone()),
    ("TO", |it| it.to.clone()),
    ("NAME", |it| it.to_name.clone()),
];

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let query = [
        ("of", args.of.to_string()),
        ("direction", args.direction.as_str().to_owned()),
        ("limit", args.limit.to_string()),
    ];
    let found: Lineage = args.source.ask(&["lineage"], &query, |log, until| {
        let views = Arc::new(Views::in_memory(log.log_id().into_bytes()));
        replay(log, &views, until, &mut |_| {})?;
        let limit = usize::try_from(args.limit).unwrap_or(NODES_MAX);
        lineage(&views.view(), until, &args.of, args.direction, limit)
            .ok_or_else(|| Failure::usage(format!("there is no {}: check the name", args.of)))
    })?;
    if found.edges.is_empty() {
        say(&format!("nothing is known of where {} came from, or of what came of it", args.of));
    }
    if found.truncated {
        say(&format!("there is more than {} nodes: ask for more with --limit", args.limit));
    }
    let lines: Vec<Line> = found.edges.iter().map(|edge| line(edge, &found.nodes)).collect();
    args.output.print(&found, &lines, &TABLE)
}

fn line(edge: &Edge, nodes: &[LineageNode]) -> Line {
    let name = |id: &str| {
        let node = nodes.iter().find(|node| node.id == id);
        node.map(|node| name(&node.facts)).unwrap_or_default()
    };
    Line {
        from: edge.from.clone(),
        from_name: name(&edge.from),
        relation: edge.relation.as_str().to_owned(),
        to: edge.to.clone(),
        to_name: name(&edge.to),
    }
}

fn name(facts: &NodeFacts) -> String {
    match facts {
        NodeFacts::ModelVersion(it) => {
            format!("{} {} ({})", it.name, it.version, it.stage.as_str())
        }
        NodeFacts::LoggedModel(it) => it.name.clone(),
        NodeFacts::Run(it) => it.name.clone(),
        NodeFacts::Dataset(it) => it.name.clone(),
        NodeFacts::Commit(it) => it.repository.clone().unwrap_or_default(),
        NodeFacts::Unknown {} => "unknown".to_owned(),
    }
}
