//! A small shop: commit and dataset to a sweep of runs, to a logged model, to versions.

use std::collections::BTreeSet;

use super::*;
use crate::{
    base::{Seq, TimestampMs},
    event::{
        ArtifactStored, DatasetInput, Envelope, Event, InputsLogged, KeyValue, LoggedModelCreated,
        LoggedModelStatus, Meta, MetricsLogged, ModelOutput, ModelVersionCreated,
        ModelVersionStageChanged, OutputsLogged, ParamsLogged, RegisteredModelCreated,
        RegisteredModelRenamed, RunCreated, RunStatus, RunTagDeleted, RunTagsSet, SeriesPoints,
        Stage,
    },
    views::{Position, Views, fold},
};

fn tag(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: value.to_owned() }
}

fn run(run_id: &str, tags: &[(&str, &str)]) -> Event {
    RunCreated {
        run_id: run_id.to_owned(),
        experiment_id: 0,
        name: format!("name of {run_id}"),
        user_id: "ada".to_owned(),
        status: RunStatus::Running,
        start_time: 1,
        artifact_uri: format!("mlflow-artifacts:/0/{run_id}/artifacts"),
        tags: tags.iter().map(|(key, value)| tag(key, value)).collect(),
    }
    .into()
}

fn reads(run_id: &str, datasets: &[(&str, &str)], models: &[&str]) -> Event {
    let datasets = datasets.iter().map(|(name, digest)| DatasetInput {
        name: (*name).to_owned(),
        digest: (*digest).to_owned(),
        source_type: "local".to_owned(),
        source: "{}".to_owned(),
        schema: None,
        profile: None,
        tags: Vec::new(),
    });
    InputsLogged {
        run_id: run_id.to_owned(),
        datasets: datasets.collect(),
        model_ids: models.iter().map(|id| (*id).to_owned()).collect(),
    }
    .into()
}

fn model(model_id: &str, source_run_id: Option<&str>) -> Event {
    LoggedModelCreated {
        model_id: model_id.to_owned(),
        experiment_id: 0,
        name: "seat".to_owned(),
        artifact_uri: format!("mlflow-artifacts:/0/models/{model_id}/artifacts"),
        source_run_id: source_run_id.map(str::to_owned),
        model_type: None,
        status: LoggedModelStatus::Ready,
        created_at: 1,
        params: Vec::new(),
        tags: Vec::new(),
    }
    .into()
}

fn registered(id: u64, name: &str) -> Event {
    RegisteredModelCreated {
        registered_model_id: id,
        name: name.to_owned(),
        description: None,
        created_at: 1,
        tags: Vec::new(),
    }
    .into()
}

fn version(model: u64, version: u32, source: &str, run: Option<&str>, id: Option<&str>) -> Event {
    ModelVersionCreated {
        registered_model_id: model,
        version,
        source: source.to_owned(),
        storage_location: None,
        run_id: run.map(str::to_owned),
        run_link: None,
        model_id: id.map(str::to_owned),
        description: None,
        created_at: 4,
        tags: Vec::new(),
    }
    .into()
}

fn stored(path: &str) -> Event {
    ArtifactStored { path: path.to_owned(), size: 3, sha256: [7; 32] }.into()
}

fn folded(events: impl IntoIterator<Item = Event>) -> Views {
    let views = Views::in_memory([0; 16]);
    let mut changes = views.changes();
    let mut seq = Seq::ZERO;
    for event in events {
        seq = seq.next();
        let (meta, recorded_at) = (Meta::default(), TimestampMs(1));
        fold(&mut changes, &Envelope { seq, recorded_at, meta, event });
    }
    views.publish(changes, Position { seq, payload_crc: 0 });
    views
}

/// A sweep over one dataset and commit; its best run makes a model, which is version 1 of one
/// registered model, in Production, and from there version 1 of another.
fn shop() -> Vec<Event> {
    let commit = ("mlflow.source.git.commit", "c0ffee");
    let parent = ("mlflow.parentRunId", "sweep");
    let points = SeriesPoints {
        key: "loss".to_owned(),
        model_id: None,
        dataset_name: None,
        dataset_digest: None,
        timestamps: vec![5],
        steps: vec![1],
        values: vec![f64::NAN],
    };
    let params = vec![tag("depth", "3")];
    vec![
        run("sweep", &[commit, ("mlflow.source.git.repoURL", "git://it")]),
        run("best", &[commit, parent]),
        run("other", &[parent]),
        reads("best", &[("train", "d1"), ("test", "d2")], &[]),
        reads("other", &[("also train", "d1")], &[]),
        ParamsLogged { run_id: "best".to_owned(), params }.into(),
        MetricsLogged { run_id: "best".to_owned(), series: vec![points] }.into(),
        model("m-1", Some("best")),
        OutputsLogged {
            run_id: "best".to_owned(),
            models: vec![ModelOutput { model_id: "m-1".to_owned(), step: 0 }],
        }
        .into(),
        stored("0/models/m-1/artifacts/MLmodel"),
        stored("0/models/m-1/artifacts/conda.yaml"),
        stored("0/models/m-1/artifacts/data/weights"),
        stored("0/models/m-10/artifacts/MLmodel"),
        registered(1, "CarSeat"),
        version(1, 1, "models:/m-1", Some("best"), Some("m-1")),
        ModelVersionStageChanged {
            registered_model_id: 1,
            version: 1,
            from: Stage::None,
            to: Stage::Production,
            comment: None,
            displaced_by: None,
            changed_at: 5,
        }
        .into(),
        registered(2, "Abroad"),
        version(2, 1, "models:/CarSeat/1", None, None),
        run("monitor", &[]),
        reads("monitor", &[], &["m-1"]),
    ]
}

fn ask(views: &Views, of: &str, direction: Direction) -> Option<Lineage> {
    let seq = views.position().seq;
    lineage(&views.view(), seq, &of.parse().unwrap(), direction, NODES_DEFAULT)
}

fn edges(found: &Lineage) -> BTreeSet<String> {
    let edges = found.edges.iter();
    edges.map(|it| format!("{} {} {}", it.from, it.relation.as_str(), it.to)).collect()
}

fn set(edges: &[&str]) -> BTreeSet<String> {
    edges.iter().map(|edge| (*edge).to_owned()).collect()
}

const ORIGINS: [&str; 8] = [
    "commit:c0ffee code_of run:best",
    "commit:c0ffee code_of run:sweep",
    "dataset:test@d2 input_of run:best",
    "dataset:train@d1 input_of run:best",
    "logged-model:m-1 registered_as version:1/1",
    "run:best produced logged-model:m-1",
    "run:best registered_as version:1/1",
    "run:sweep parent_of run:best",
];

#[test]
fn a_version_leads_to_all_that_it_came_from() {
    let views = folded(shop());
    let found = ask(&views, "models:/CarSeat/Production", Direction::Upstream).unwrap();
    assert_eq!(found.of, ["version:1/1"]);
    assert_eq!(edges(&found), set(&ORIGINS));
    for same in ["models:/CarSeat/1", "models:/CarSeat/latest", "models:/CarSeat/production"] {
        assert_eq!(ask(&views, same, Direction::Upstream), Some(found.clone()), "{same}");
    }
    let copy = ask(&views, "models:/Abroad/1", Direction::Upstream).unwrap();
    let more = set(&["version:1/1 copied_to version:2/1"]);
    assert_eq!(edges(&copy), &set(&ORIGINS) | &more);
}

#[test]
fn what_came_of_it_is_found_from_every_origin() {
    let views = folded(shop());
    let versions = |of: &str| -> Vec<String> {
        let found = ask(&views, of, Direction::Downstream).unwrap();
        let ids = found.nodes.into_iter().map(|node| node.id);
        ids.filter(|id| id.starts_with("version:")).collect()
    };
    for origin in [
        "commit:c0ffee",
        "dataset:d1",
        "dataset:train@d1",
        "dataset:d2",
        "run:sweep",
        "runs:/best/model",
        "logged-model:m-1",
        "models:/m-1",
        "models:/CarSeat/1",
    ] {
        assert_eq!(versions(origin).len(), 2, "{origin}");
    }
    assert_eq!(versions("dataset:also train@d1"), Vec::<String>::new());
    let both = ask(&views, "dataset:d1", Direction::Downstream).unwrap();
    assert_eq!(both.of, ["dataset:also train@d1", "dataset:train@d1"]);
    let used = ask(&views, "logged-model:m-1", Direction::Downstream).unwrap();
    assert!(edges(&used).contains("logged-model:m-1 input_of run:monitor"));
}

#[test]
fn nodes_have_what_is_known_of_them() {
    let views = folded(shop());
    let found = ask(&views, "models:/CarSeat/1", Direction::Both).unwrap();
    let facts = |id: &str| found.nodes.iter().find(|it| it.id == id).unwrap().facts.clone();
    let NodeFacts::ModelVersion(version) = facts("version:1/1") else { panic!() };
    assert_eq!((version.name.as_str(), version.stage), ("CarSeat", Stage::Production));
    let files = version.files.iter().map(|file| (file.path.as_str(), file.role));
    let expected = [
        ("MLmodel", FileRole::Model),
        ("conda.yaml", FileRole::Environment),
        ("data/weights", FileRole::Data),
    ];
    assert_eq!(files.collect::<Vec<_>>(), expected);
    assert_eq!(version.files[0].sha256, "07".repeat(32));
    let NodeFacts::Run(run) = facts("run:best") else { panic!() };
    assert_eq!(run.params["depth"], "3");
    assert_eq!((run.metrics[0].key.as_str(), &run.metrics[0].value), ("loss", &"NaN".into()));
    let NodeFacts::Dataset(dataset) = facts("dataset:train@d1") else { panic!() };
    assert_eq!(dataset.source_type.as_deref(), Some("local"));
    // By the first run, in the order of their ids, that names it.
    let NodeFacts::Commit(commit) = facts("commit:c0ffee") else { panic!() };
    assert_eq!(commit.repository, None);
}

#[test]
fn an_origin_that_is_named_no_longer_is_none() {
    let parent = |value: &str| -> Event {
        let tags = vec![tag("mlflow.parentRunId", value)];
        RunTagsSet { run_id: "best".to_owned(), tags }.into()
    };
    let (run_id, key) = ("best".to_owned(), "mlflow.source.git.commit".to_owned());
    let forgotten = Event::from(RunTagDeleted { run_id, key });
    let views = folded(shop().into_iter().chain([parent("gone"), parent("elsewhere"), forgotten]));
    let upstream = edges(&ask(&views, "run:best", Direction::Upstream).unwrap());
    assert!(upstream.contains("run:elsewhere parent_of run:best"), "{upstream:?}");
    assert!(!upstream.iter().any(|edge| edge.contains("c0ffee")), "{upstream:?}");
    let of_sweep = edges(&ask(&views, "run:sweep", Direction::Downstream).unwrap());
    assert_eq!(of_sweep, set(&["run:sweep parent_of run:other"]));
    let of_commit = edges(&ask(&views, "commit:c0ffee", Direction::Downstream).unwrap());
    assert!(!of_commit.contains("commit:c0ffee code_of run:best"));
}

#[test]
fn a_renamed_model_keeps_its_lineage() {
    let (from, to) = ("CarSeat".to_owned(), "Seat".to_owned());
    let rename = RegisteredModelRenamed { registered_model_id: 1, from, to, updated_at: 2 };
    let views = folded(shop().into_iter().chain([rename.into()]));
    let found = ask(&views, "models:/Seat/Production", Direction::Upstream).unwrap();
    assert_eq!(edges(&found), set(&ORIGINS));
    let copy = ask(&views, "models:/Abroad/1", Direction::Upstream).unwrap();
    assert!(edges(&copy).contains("version:1/1 copied_to version:2/1"));
}

#[test]
fn a_bound_cuts_off_what_is_farthest() {
    let mut events = vec![run("sweep", &[])];
    let ids = (0..50).map(|at| format!("r{at:02}"));
    events.extend(ids.map(|id| run(&id, &[("mlflow.parentRunId", "sweep")])));
    let views = folded(events);
    let subject = "run:sweep".parse().unwrap();
    let ask = |max| lineage(&views.view(), Seq(1), &subject, Direction::Both, max).unwrap();
    assert_eq!((ask(51).nodes.len(), ask(51).truncated), (51, false));
    let cut = ask(10);
    assert_eq!((cut.nodes.len(), cut.edges.len(), cut.truncated), (10, 9, true));
}

#[test]
fn runs_that_are_their_own_parents_end() {
    let views = folded([
        run("a", &[("mlflow.parentRunId", "b")]),
        run("b", &[("mlflow.parentRunId", "a")]),
        run("c", &[("mlflow.parentRunId", "c")]),
    ]);
    assert_eq!(ask(&views, "run:a", Direction::Both).unwrap().nodes.len(), 2);
    assert_eq!(ask(&views, "run:c", Direction::Both).unwrap().nodes.len(), 1);
}

#[test]
fn names_are_read_and_written_alike() {
    for name in [
        "models:/CarSeat/3",
        "models:/CarSeat@champion",
        "models:/m-1",
        "run:ab",
        "logged-model:m-1",
        "dataset:d1",
        "dataset:a@b@d1",
        "commit:c0ffee",
    ] {
        assert_eq!(name.parse::<LineageSubject>().unwrap().to_string(), name);
    }
    for wrong in ["", "run", "run:", "runs:/", "models:/", "models:/a/b/c", "model:a", "Run:a"] {
        assert_eq!(wrong.parse::<LineageSubject>(), Err(LineageSubjectError), "{wrong}");
    }
    let views = folded(shop());
    for missing in ["run:x", "models:/CarSeat/2", "models:/CarSeat/0", "models:/x/1", "commit:c0"] {
        assert_eq!(ask(&views, missing, Direction::Both), None, "{missing}");
    }
}
