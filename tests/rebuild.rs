//! Views folded while the server lived, and views rebuilt from its log, hold the same to the byte.
//!
//! Random command histories run through the real engine on a log in memory; the digest of the live
//! views is compared with that of a rebuild, at the end and at several prefixes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "test code")]

use std::sync::Arc;

use proptest::prelude::*;
use runlog::{
    base::{Seq, TimestampMs, clock::Clock},
    domain::{
        Command, artifact, entity, experiment, logged_model,
        metric::{LogMetric, NewPoint},
        model_version, registered_model, run,
    },
    engine::{Context, Engine, replay},
    event::{DatasetInput, KeyValue, LoggedModelStatus, ModelOutput, RunStatus},
    views::{
        Views,
        digest::digest,
        keys, lookup,
        store::{Read as _, Value},
    },
    wal::{MemoryWal, Wal},
};
use uuid::Uuid;

const LOG_ID: [u8; 16] = [7; 16];

struct Ticking(std::sync::atomic::AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> TimestampMs {
        TimestampMs(1_700_000_000_000 + self.0.fetch_add(7, std::sync::atomic::Ordering::Relaxed))
    }
}

fn pair(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: value.to_owned() }
}

fn point(key: u8, value: f64, timestamp: i64, step: i64, model: Option<u8>) -> NewPoint {
    NewPoint {
        key: format!("m{key}"),
        value,
        timestamp,
        step,
        model_id: model.map(|model| format!("m-{model}")),
        dataset_name: None,
        dataset_digest: None,
    }
}

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => -10.0..10.0,
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(-0.0),
    ]
}

fn points() -> impl Strategy<Value = Vec<NewPoint>> {
    let one = (0..3u8, value(), 0..40i64, -3..40i64, proptest::option::of(0..3u8));
    proptest::collection::vec(
        one.prop_map(|(key, value, time, step, model)| point(key, value, time, step, model)),
        1..40,
    )
}

fn name() -> impl Strategy<Value = String> + Clone {
    (0..3u8).prop_map(|n| format!("n{n}"))
}

fn run_id() -> impl Strategy<Value = String> + Clone {
    (0..4u8).prop_map(|n| format!("run{n}"))
}

fn model() -> impl Strategy<Value = String> + Clone {
    (0..3u8).prop_map(|n| format!("m-{n}"))
}

fn tag() -> impl Strategy<Value = KeyValue> + Clone {
    (0..3u8, 0..3u8).prop_map(|(k, v)| match k {
        0 => pair("mlflow.runName", &format!("v{v}")),
        1 => pair("mlflow.user", &format!("v{v}")),
        _ => pair("k", &format!("v{v}")),
    })
}

/// Commands over few names, so that they meet: many are refused, which must leave no trace.
fn command() -> impl Strategy<Value = Command> {
    prop_oneof![experiments(), runs(), runs(), logged_models(), registry(), artifacts()]
}

fn experiments() -> impl Strategy<Value = Command> {
    prop_oneof![
        name().prop_map(|name| Command::CreateExperiment(experiment::Create {
            name,
            artifact_location: None,
            default_artifact_root: "mlflow-artifacts:/".to_owned(),
            tags: vec![pair("a", "b")],
        })),
        (0..3u64, name()).prop_map(|(experiment_id, name)| {
            Command::RenameExperiment(experiment::Rename { experiment_id, name })
        }),
        (0..3u64).prop_map(|experiment_id| {
            Command::DeleteExperiment(experiment::Delete { experiment_id })
        }),
        (0..3u64).prop_map(|experiment_id| {
            Command::RestoreExperiment(experiment::Restore { experiment_id })
        }),
        (0..3u64, tag()).prop_map(|(experiment_id, tag)| {
            Command::SetExperimentTag(experiment::SetTag { experiment_id, tag })
        }),
        (0..3u64, tag()).prop_map(|(experiment_id, KeyValue { key, .. })| {
            Command::DeleteExperimentTag(experiment::DeleteTag { experiment_id, key })
        }),
    ]
}

fn runs() -> impl Strategy<Value = Command> {
    prop_oneof![
        (run_id(), 0..3u64, tag()).prop_map(|(run_id, experiment_id, tag)| {
            Command::CreateRun(run::Create {
                run_id,
                experiment_id,
                name: None,
                fallback_name: "some-name-1".to_owned(),
                user_id: "u".to_owned(),
                start_time: 5,
                tags: vec![tag],
            })
        }),
        (run_id(), name()).prop_map(|(run_id, name)| Command::UpdateRun(run::Update {
            run_id,
            status: Some(RunStatus::Finished),
            end_time: Some(9),
            name: Some(name),
        })),
        run_id().prop_map(|run_id| Command::DeleteRun(run::Delete { run_id })),
        run_id().prop_map(|run_id| Command::RestoreRun(run::Restore { run_id })),
        (run_id(), tag())
            .prop_map(|(run_id, param)| Command::LogParam(run::LogParam { run_id, param })),
        (run_id(), points()).prop_map(|(run_id, mut points)| {
            let point = points.remove(0);
            Command::LogMetric(LogMetric { run_id, point })
        }),
        (run_id(), points(), proptest::collection::vec(tag(), 1..4)).prop_map(
            |(run_id, metrics, tags)| {
                let params = vec![pair("p", "1"), pair("k", "1")];
                Command::LogBatch(run::LogBatch { run_id, metrics, params, tags })
            }
        ),
        (run_id(), tag()).prop_map(|(run_id, tag)| Command::SetRunTag(run::SetTag { run_id, tag })),
        (run_id(), tag()).prop_map(|(run_id, KeyValue { key, .. })| {
            Command::DeleteRunTag(run::DeleteTag { run_id, key })
        }),
        (run_id(), name(), model()).prop_map(|(run_id, name, model_id)| {
            let dataset = DatasetInput {
                name,
                digest: "d".to_owned(),
                source_type: "t".to_owned(),
                source: "s".to_owned(),
                schema: None,
                profile: Some("p".to_owned()),
                tags: vec![pair("mlflow.data.context", "train")],
            };
            let (datasets, model_ids) = (vec![dataset], vec![model_id]);
            Command::LogInputs(run::LogInputs { run_id, datasets, model_ids })
        }),
        (run_id(), model()).prop_map(|(run_id, model_id)| {
            let models = vec![ModelOutput { model_id, step: 3 }];
            Command::LogOutputs(run::LogOutputs { run_id, models })
        }),
        run_id().prop_map(|run_id| {
            Command::RecordModel(run::RecordModel { run_id, model: "{}".to_owned() })
        }),
    ]
}

fn logged_models() -> impl Strategy<Value = Command> {
    prop_oneof![
        (model(), 0..3u64, run_id()).prop_map(|(model_id, experiment_id, run_id)| {
            Command::CreateLoggedModel(logged_model::Create {
                model_id,
                experiment_id,
                name: None,
                fallback_name: "name".to_owned(),
                source_run_id: Some(run_id),
                model_type: None,
                params: vec![pair("a", "1")],
                tags: vec![],
            })
        }),
        model().prop_map(|model_id| {
            let status = LoggedModelStatus::Ready;
            Command::FinalizeLoggedModel(logged_model::Finalize { model_id, status })
        }),
        model()
            .prop_map(|model_id| { Command::DeleteLoggedModel(logged_model::Delete { model_id }) }),
        (model(), tag()).prop_map(|(model_id, tag)| {
            Command::SetLoggedModelTags(logged_model::SetTags { model_id, tags: vec![tag] })
        }),
        (model(), tag()).prop_map(|(model_id, KeyValue { key, .. })| {
            Command::DeleteLoggedModelTag(logged_model::DeleteTag { model_id, key })
        }),
        (model(), tag()).prop_map(|(model_id, param)| {
            let params = vec![param];
            Command::LogLoggedModelParams(logged_model::LogParams { model_id, params })
        }),
    ]
}

fn artifacts() -> impl Strategy<Value = Command> {
    prop_oneof![
        (0..4u8).prop_map(|n| Command::RecordArtifact(artifact::Record {
            path: format!("0/run{n}/artifacts/f"),
            size: 4,
            sha256: [n; 32],
        })),
        (0..4u8).prop_map(|n| {
            Command::DeleteArtifact(artifact::Delete { path: format!("0/run{n}") })
        }),
    ]
}

fn registry() -> impl Strategy<Value = Command> {
    let stage = prop_oneof![Just("None"), Just("staging"), Just("Production"), Just("ARCHIVED")];
    prop_oneof![
        name().prop_map(|name| Command::CreateRegisteredModel(registered_model::Create {
            name,
            description: None,
            tags: vec![],
        })),
        (name(), name()).prop_map(|(name, new_name)| {
            Command::RenameRegisteredModel(registered_model::Rename { name, new_name })
        }),
        name().prop_map(|name| Command::DeleteRegisteredModel(registered_model::Delete { name })),
        (name(), tag()).prop_map(|(name, tag)| {
            Command::SetRegisteredModelTag(registered_model::SetTag { name, tag })
        }),
        (name(), tag()).prop_map(|(name, KeyValue { key, .. })| {
            Command::DeleteRegisteredModelTag(registered_model::DeleteTag { name, key })
        }),
        (name(), name()).prop_map(|(name, text)| {
            let description = Some(text);
            Command::DescribeRegisteredModel(registered_model::Describe { name, description })
        }),
        (name(), model()).prop_map(|(name, model_id)| {
            Command::CreateModelVersion(model_version::Create {
                name,
                source: "mlflow-artifacts:/0/run0/artifacts/model".to_owned(),
                run_id: Some("run0".to_owned()),
                run_link: None,
                model_id: Some(model_id),
                description: None,
                tags: vec![],
            })
        }),
        (name(), 1..4u32, stage, any::<bool>()).prop_map(|(name, version, stage, archive)| {
            Command::TransitionStage(model_version::TransitionStage {
                name,
                version: version.to_string(),
                stage: stage.to_owned(),
                archive_existing_versions: archive,
                comment: Some("because".to_owned()),
            })
        }),
        (name(), 1..4u32).prop_map(|(name, version)| {
            let version = version.to_string();
            Command::DeleteModelVersion(model_version::Delete { name, version })
        }),
        (name(), 1..4u32, tag()).prop_map(|(name, version, tag)| {
            let version = version.to_string();
            Command::SetModelVersionTag(model_version::SetTag { name, version, tag })
        }),
        (name(), 1..4u32, tag()).prop_map(|(name, version, KeyValue { key, .. })| {
            let version = version.to_string();
            Command::DeleteModelVersionTag(model_version::DeleteTag { name, version, key })
        }),
        (name(), 1..4u32, name()).prop_map(|(name, version, text)| {
            let (version, description) = (version.to_string(), Some(text));
            Command::DescribeModelVersion(model_version::Describe { name, version, description })
        }),
        (name(), 1..4u32).prop_map(|(name, version)| {
            let (alias, version) = ("best".to_owned(), version.to_string());
            Command::SetModelAlias(registered_model::SetAlias { name, alias, version })
        }),
        name().prop_map(|name| {
            Command::DeleteModelAlias(registered_model::DeleteAlias {
                name,
                alias: "best".to_owned(),
            })
        }),
    ]
}

fn rebuilt_digest(log: &dyn runlog::wal::WalReader, until: Seq) -> String {
    let views = Views::in_memory(LOG_ID);
    replay(log, &views, until, &mut |_| {}).unwrap();
    assert_eq!(views.position().seq, until);
    digest(&views.view()).to_string()
}

/// Runs a history and returns the digest of the live views at each of some positions.
fn live(commands: Vec<Command>) -> (Vec<(Seq, String)>, Arc<dyn runlog::wal::WalReader>) {
    let wal = MemoryWal::new(Uuid::from_bytes(LOG_ID));
    let log = wal.reader();
    let views = Arc::new(Views::in_memory(LOG_ID));
    let clock = Box::new(Ticking(std::sync::atomic::AtomicI64::new(0)));
    let engine = Engine::start(Box::new(wal), views, clock);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let every = commands.len() / 4 + 1;
    let mut digests = Vec::new();
    for (index, command) in commands.into_iter().enumerate() {
        // A refusal is as good as an execution here: it must change nothing.
        let _ = runtime.block_on(engine.execute(Context::default(), command));
        if index % every == every - 1 {
            let views = engine.views();
            digests.push((views.position().seq, digest(&views.view()).to_string()));
        }
    }
    let views = engine.views();
    digests.push((views.position().seq, digest(&views.view()).to_string()));
    (digests, log)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn live_views_equal_rebuilt_views_at_every_prefix(
        commands in proptest::collection::vec(command(), 1..100)
    ) {
        let (digests, log) = live(commands);
        for (until, live) in digests {
            prop_assert_eq!(live, rebuilt_digest(&*log, until));
        }
    }
}

#[test]
fn a_history_of_nothing_but_late_points_rebuilds_the_same() {
    let create = Command::CreateExperiment(experiment::Create {
        name: "Default".to_owned(),
        artifact_location: None,
        default_artifact_root: "mlflow-artifacts:/".to_owned(),
        tags: vec![],
    });
    let run = Command::CreateRun(run::Create {
        run_id: "run0".to_owned(),
        experiment_id: 0,
        name: None,
        fallback_name: "n".to_owned(),
        user_id: String::new(),
        start_time: 0,
        tags: vec![],
    });
    let batch = |n: i64| {
        let metrics = (0..1000).map(|i| {
            let step = (n * 1000 + i) * 7919 % 20_000;
            point(0, 0.5, step, step, None)
        });
        Command::LogBatch(run::LogBatch {
            run_id: "run0".to_owned(),
            metrics: metrics.collect(),
            params: vec![],
            tags: vec![],
        })
    };
    let commands = [create, run].into_iter().chain((0..20).map(batch)).collect();
    let (digests, log) = live(commands);
    let views = Views::in_memory(LOG_ID);
    replay(&*log, &views, log.head(), &mut |_| {}).unwrap();
    let page = runlog::views::series::page(&views.view(), "run0", "m0", 0, usize::MAX);
    assert_eq!(page.points.len(), 20_000, "every point once");
    assert!(page.points.windows(2).all(|pair| pair[0].timestamp < pair[1].timestamp), "in order");
    let last = digests.last().unwrap();
    assert_eq!(last.1, digest(&views.view()).to_string());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Views on disk, closed and opened again at random moments, come to the same as those in memory.
    #[test]
    fn views_on_disk_survive_reopening(
        commands in proptest::collection::vec(command(), 20..120),
        flushes in proptest::collection::vec(any::<proptest::sample::Index>(), 0..4),
    ) {
        let (digests, log) = live(commands);
        let (until, expected) = digests.last().unwrap().clone();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("views");
        let size = usize::try_from(until.0).unwrap() + 1;
        let mut stops: Vec<u64> = flushes.iter().map(|at| at.index(size) as u64).collect();
        stops.push(until.0);
        stops.sort_unstable();
        for stop in stops {
            let views = Views::open(&path, LOG_ID, 16 << 20).unwrap();
            replay(&*log, &views, Seq(stop), &mut |_| {}).unwrap();
            views.flush().unwrap();
        }
        let views = Views::open(&path, LOG_ID, 16 << 20).unwrap();
        prop_assert_eq!(views.position().seq, until);
        prop_assert_eq!(digest(&views.view()).to_string(), expected);
    }
}

/// Sets (a value) and deletes (none) of tags under few keys.
fn tag_changes() -> impl Strategy<Value = Vec<(String, Option<String>)>> {
    let value = proptest::option::weighted(0.7, (0..3u8).prop_map(|v| format!("v{v}")));
    proptest::collection::vec(("[a-e]", value), 1..30)
}

/// What the four kinds of tags that are listed in order of insertion come to.
fn listed_tags(views: &Views) -> [Vec<(String, String)>; 4] {
    let view = views.view();
    let pairs = |tags: &entity::Tags| tags.clone().into_iter().collect();
    let of_run = view.prefix(&keys::run_part("run0", keys::part::TAG, ""));
    let of_run = of_run.into_iter().filter_map(|(key, value)| {
        let Value::Text(place, text) = value else { return None };
        let (_, _, key) = keys::split_run(&key)?;
        (key != "mlflow.runName").then(|| (place, (key.to_owned(), text.to_string())))
    });
    [
        lookup::in_order(of_run.collect()),
        pairs(&lookup::experiment(&view, 0).unwrap().tags),
        pairs(&lookup::registered_model(&view, "n0").unwrap().tags),
        pairs(&lookup::model_version(&view, 1, 1).unwrap().tags),
    ]
}

/// The commands that make one of each entity with tags.
fn tagged_entities() -> Vec<Command> {
    let name = "n0".to_owned();
    vec![
        Command::CreateExperiment(experiment::Create {
            name: "Default".to_owned(),
            artifact_location: None,
            default_artifact_root: "mlflow-artifacts:/".to_owned(),
            tags: vec![],
        }),
        Command::CreateRun(run::Create {
            run_id: "run0".to_owned(),
            experiment_id: 0,
            name: None,
            fallback_name: "n".to_owned(),
            user_id: String::new(),
            start_time: 0,
            tags: vec![],
        }),
        Command::CreateRegisteredModel(registered_model::Create {
            name: name.clone(),
            description: None,
            tags: vec![],
        }),
        Command::CreateModelVersion(model_version::Create {
            name,
            source: "s3://bucket/model".to_owned(),
            run_id: None,
            run_link: None,
            model_id: None,
            description: None,
            tags: vec![],
        }),
    ]
}

/// The four commands that set or delete a tag of each of [`tagged_entities`].
fn change_of_each(key: String, value: Option<String>) -> [Command; 4] {
    let (run_id, name, version) = ("run0".to_owned(), "n0".to_owned(), "1".to_owned());
    let experiment_id = 0;
    match value {
        Some(value) => {
            let tag = KeyValue { key, value };
            [
                Command::SetRunTag(run::SetTag { run_id, tag: tag.clone() }),
                Command::SetExperimentTag(experiment::SetTag { experiment_id, tag: tag.clone() }),
                Command::SetRegisteredModelTag(registered_model::SetTag {
                    name: name.clone(),
                    tag: tag.clone(),
                }),
                Command::SetModelVersionTag(model_version::SetTag { name, version, tag }),
            ]
        }
        None => [
            Command::DeleteRunTag(run::DeleteTag { run_id, key: key.clone() }),
            Command::DeleteExperimentTag(experiment::DeleteTag { experiment_id, key: key.clone() }),
            Command::DeleteRegisteredModelTag(registered_model::DeleteTag {
                name: name.clone(),
                key: key.clone(),
            }),
            Command::DeleteModelVersionTag(model_version::DeleteTag { name, version, key }),
        ],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Set again, a tag keeps its place; deleted and set again, it is last; so also on disk.
    #[test]
    fn tags_stand_in_the_order_in_which_they_were_first_set(
        changes in tag_changes(),
        stop in any::<proptest::sample::Index>(),
    ) {
        let mut expected: Vec<(String, String)> = Vec::new();
        let mut commands = tagged_entities();
        for (key, value) in changes {
            let known = expected.iter().position(|(known, _)| *known == key);
            match (known, &value) {
                (Some(at), Some(value)) => expected[at].1.clone_from(value),
                (None, Some(value)) => expected.push((key.clone(), value.clone())),
                (Some(at), None) => drop(expected.remove(at)),
                (None, None) => {}
            }
            commands.extend(change_of_each(key, value));
        }
        let (digests, log) = live(commands);
        let until = digests.last().unwrap().0;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("views");
        for stop in [stop.index(usize::try_from(until.0).unwrap()) as u64, until.0] {
            let views = Views::open(&path, LOG_ID, 16 << 20).unwrap();
            replay(&*log, &views, Seq(stop), &mut |_| {}).unwrap();
            views.flush().unwrap();
        }
        for list in listed_tags(&Views::open(&path, LOG_ID, 16 << 20).unwrap()) {
            prop_assert_eq!(&list, &expected);
        }
    }
}
