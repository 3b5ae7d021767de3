//! Random commands over few names, so that they meet.

use proptest::prelude::*;
use runlog::{
    base::Seq,
    domain::{
        Command, approval, artifact, experiment, logged_model,
        metric::{LogMetric, NewPoint},
        model_version, redaction, registered_model, run, signing, webhook,
    },
    event::{
        DatasetInput, DeliveryOutcome, EventRedacted, KeyValue, LoggedModelStatus, ModelOutput,
        RunStatus, WebhookStatus, WebhookTrigger,
    },
};

pub(crate) fn pair(key: &str, value: &str) -> KeyValue {
    KeyValue { key: key.to_owned(), value: value.to_owned() }
}

pub(crate) fn point(key: u8, value: f64, timestamp: i64, step: i64, model: Option<u8>) -> NewPoint {
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
pub(crate) fn command() -> impl Strategy<Value = Command> {
    let rest = prop_oneof![3 => artifacts(), 1 => signing()];
    prop_oneof![experiments(), runs(), runs(), logged_models(), registry(), webhooks(), rest]
}

fn experiments() -> impl Strategy<Value = Command> {
    prop_oneof![
        name().prop_map(|name| Command::CreateExperiment(experiment::Create {
            name,
            artifact_location: None,
            default_artifact_root: "mlflow-artifacts:/".to_owned(),
            working_directory: "/".to_owned(),
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
            Command::RecordModel(run::RecordModel { run_id, model: serde_json::json!({}) })
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

fn signing() -> impl Strategy<Value = Command> {
    let text = |n: u8| format!("runlog/{n}");
    (0..4u8, 0..3u8).prop_map(move |(n, which)| match which {
        2 => Command::RedactEvent(redaction::Redact(EventRedacted {
            log_id: [n; 16],
            seq: n.into(),
            kind: 20,
            version: 1,
            sha256: [n; 32],
            reason: "a mistake".to_owned(),
            substitute: vec![n; n.into()],
        })),
        0 => Command::RotateSigningKey(signing::Rotate {
            log_id: [n; 16],
            from: text(n),
            to: text(n + 1),
            statement: text(n + 2),
        }),
        _ => Command::GiveUpCheckpoint(signing::GiveUp {
            log_id: [n; 16],
            checkpoint: (n > 1).then(|| text(n)),
            key: text(n),
            reason: text(n),
        }),
    })
}

fn webhooks() -> impl Strategy<Value = Command> {
    let id = || (0..2u8).prop_map(|n| format!("w-{n}"));
    let triggers = || proptest::sample::subsequence(WebhookTrigger::ALL.to_vec(), 1..8);
    let status =
        || prop_oneof![3 => Just(WebhookStatus::Active), 1 => Just(WebhookStatus::Disabled)];
    prop_oneof![
        3 => (id(), triggers(), status()).prop_map(|(webhook_id, triggers, status)| {
            Command::CreateWebhook(webhook::Create {
                webhook_id,
                name: "w".to_owned(),
                url: "https://example.org/#model_version.stage_transitioned".to_owned(),
                triggers,
                description: None,
                secret: None,
                status,
            })
        }),
        2 => (id(), proptest::option::of(triggers()), proptest::option::of(status())).prop_map(
            |(webhook_id, triggers, status)| Command::UpdateWebhook(webhook::Update {
                webhook_id,
                name: None,
                url: Some("https://example.org/".to_owned()),
                triggers,
                description: Some(String::new()),
                secret: None,
                status,
            })
        ),
        1 => id().prop_map(|webhook_id| Command::DeleteWebhook(webhook::Delete { webhook_id })),
        4 => (id(), 1..400u64).prop_map(|(webhook_id, about)| {
            Command::SettleDelivery(webhook::Settle {
                webhook_id,
                about: Seq(about),
                outcome: DeliveryOutcome::Delivered,
                response_status: Some(200),
                attempts: 1,
                error: None,
            })
        }),
    ]
}

/// Where a version's files are, and the run or the logged model that they belong to.
fn source() -> impl Strategy<Value = (String, Option<String>, Option<String>)> {
    prop_oneof![
        3 => Just(("s3://bucket/model".to_owned(), None, None)),
        1 => run_id().prop_map(|run| (format!("runs:/{run}/model"), Some(run), None)),
        1 => model().prop_map(|model| (format!("models:/{model}"), None, Some(model))),
        1 => name().prop_map(|name| (format!("models:/{name}/1"), None, None)),
    ]
}

fn approvals() -> impl Strategy<Value = Command> {
    prop_oneof![
        1 => (name(), proptest::bool::weighted(0.8)).prop_map(|(name, required)| {
            let stage = "Production".to_owned();
            Command::SetApprovalRule(approval::SetRule { name, stage, required, comment: None })
        }),
        2 => (name(), 1..4u32, any::<bool>()).prop_map(|(name, version, approved)| {
            let (version, comment) = (version.to_string(), Some("well".to_owned()));
            if approved {
                let approver = Some("grace".to_owned());
                Command::ApproveTransition(approval::Approve { name, version, approver, comment })
            } else {
                Command::RejectTransition(approval::Reject { name, version, comment })
            }
        }),
    ]
}

fn registry() -> impl Strategy<Value = Command> {
    let stage = prop_oneof![1 => Just("None"), 1 => Just("staging"), 3 => Just("Production"), 1 => Just("ARCHIVED")];
    prop_oneof![
        1 => name().prop_map(|name| Command::CreateRegisteredModel(registered_model::Create {
            name,
            description: None,
            tags: vec![],
        })),
        1 => (name(), name()).prop_map(|(name, new_name)| {
            Command::RenameRegisteredModel(registered_model::Rename { name, new_name })
        }),
        1 => name().prop_map(|name| Command::DeleteRegisteredModel(registered_model::Delete { name })),
        1 => (name(), tag()).prop_map(|(name, tag)| {
            Command::SetRegisteredModelTag(registered_model::SetTag { name, tag })
        }),
        1 => (name(), tag()).prop_map(|(name, KeyValue { key, .. })| {
            Command::DeleteRegisteredModelTag(registered_model::DeleteTag { name, key })
        }),
        1 => (name(), name()).prop_map(|(name, text)| {
            let description = Some(text);
            Command::DescribeRegisteredModel(registered_model::Describe { name, description })
        }),
        3 => (name(), source()).prop_map(|(name, (source, run_id, model_id))| {
            Command::CreateModelVersion(model_version::Create {
                name,
                source,
                run_id,
                run_link: None,
                model_id,
                description: None,
                tags: vec![pair("k", "v")],
            })
        }),
        4 => approvals(),
        3 => (name(), 1..4u32, stage, any::<[bool; 2]>()).prop_map(|(name, version, stage, [archive, expects])| {
            Command::TransitionStage(model_version::TransitionStage {
                name,
                version: version.to_string(),
                stage: stage.to_owned(),
                archive_existing_versions: archive,
                comment: Some("because".to_owned()),
                expected_stage: expects.then(|| "staging".to_owned()),
            })
        }),
        1 => (name(), 1..4u32).prop_map(|(name, version)| {
            let version = version.to_string();
            Command::DeleteModelVersion(model_version::Delete { name, version })
        }),
        1 => (name(), 1..4u32, tag()).prop_map(|(name, version, tag)| {
            let version = version.to_string();
            Command::SetModelVersionTag(model_version::SetTag { name, version, tag })
        }),
        1 => (name(), 1..4u32, tag()).prop_map(|(name, version, KeyValue { key, .. })| {
            let version = version.to_string();
            Command::DeleteModelVersionTag(model_version::DeleteTag { name, version, key })
        }),
        1 => (name(), 1..4u32, name()).prop_map(|(name, version, text)| {
            let (version, description) = (version.to_string(), Some(text));
            Command::DescribeModelVersion(model_version::Describe { name, version, description })
        }),
        1 => (name(), 1..4u32).prop_map(|(name, version)| {
            let (alias, version) = ("best".to_owned(), version.to_string());
            Command::SetModelAlias(registered_model::SetAlias { name, alias, version })
        }),
        1 => name().prop_map(|name| {
            Command::DeleteModelAlias(registered_model::DeleteAlias {
                name,
                alias: "best".to_owned(),
            })
        }),
    ]
}
