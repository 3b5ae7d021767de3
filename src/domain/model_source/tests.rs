use std::collections::BTreeMap;

use super::*;
use crate::{
    base::Seq,
    domain::entity::{
        Experiment, KeyValues, Lifecycle, RegisteredModel, Run, Tags, Webhook, WebhookDelivery,
    },
    event::{LoggedModelStatus, RunStatus},
};

const RUN: &str = "mlflow-artifacts:/0/r/artifacts";

/// A run `r`, a logged model `m-1` of it, a registered model `it` with two versions, a prompt `p`.
struct Fake;

impl State for Fake {
    fn experiment(&self, _: u64) -> Option<Arc<Experiment>> {
        None
    }

    fn experiment_id(&self, _: &str) -> Option<u64> {
        None
    }

    fn next_experiment_id(&self) -> u64 {
        0
    }

    fn run(&self, run_id: &str) -> Option<Arc<Run>> {
        let artifact_uri = match run_id {
            "r" => RUN.to_owned(),
            "local" => "/data/local/artifacts".to_owned(),
            _ => return None,
        };
        Some(Arc::new(Run {
            run_id: run_id.to_owned(),
            experiment_id: 0,
            name: String::new(),
            user_id: String::new(),
            user_tag: None,
            status: RunStatus::Running,
            start_time: 0,
            end_time: None,
            lifecycle: Lifecycle::active(Seq(1)),
            artifact_uri,
        }))
    }

    fn run_param(&self, _: &str, _: &str) -> Option<Arc<str>> {
        None
    }

    fn has_output(&self, _: &str, _: &str) -> bool {
        false
    }
    fn run_tag(&self, _: &str, _: &str) -> Option<Arc<str>> {
        None
    }

    fn webhook(&self, _: &str) -> Option<Arc<Webhook>> {
        None
    }

    fn delivery(&self, _: &str, _: Seq) -> Option<Arc<WebhookDelivery>> {
        None
    }

    fn logged_model(&self, model_id: &str) -> Option<Arc<LoggedModel>> {
        (model_id == "m-1").then(|| {
            Arc::new(LoggedModel {
                model_id: model_id.to_owned(),
                experiment_id: 0,
                name: String::new(),
                artifact_uri: "mlflow-artifacts:/0/models/m-1/artifacts".to_owned(),
                source_run_id: Some("r".to_owned()),
                model_type: None,
                status: LoggedModelStatus::Ready,
                created_at: 0,
                updated_at: 0,
                lifecycle: Lifecycle::active(Seq(1)),
                params: KeyValues::new(),
                tags: KeyValues::new(),
            })
        })
    }

    fn registered_model(&self, name: &str) -> Option<Arc<RegisteredModel>> {
        let prompt = ("mlflow.prompt.is_prompt".to_owned(), "true".to_owned());
        let tags = if name == "p" { Tags::from([prompt]) } else { Tags::new() };
        ["it", "p"].contains(&name).then(|| {
            Arc::new(RegisteredModel {
                registered_model_id: 1,
                name: name.to_owned(),
                description: None,
                created_at: 0,
                updated_at: 0,
                lifecycle: Lifecycle::active(Seq(1)),
                last_version: 2,
                tags,
                aliases: BTreeMap::from([("best".to_owned(), 1)]),
                approvals: Default::default(),
            })
        })
    }

    fn next_registered_model_id(&self) -> u64 {
        2
    }

    fn model_version(&self, id: u64, version: u32) -> Option<Arc<ModelVersion>> {
        self.model_versions(id).into_iter().find(|it| it.version == version)
    }

    fn model_versions(&self, id: u64) -> Vec<Arc<ModelVersion>> {
        let version = |version, stage| {
            Arc::new(ModelVersion {
                registered_model_id: id,
                version,
                description: None,
                stage,
                source: format!("s3://b/{version}"),
                storage_location: None,
                run_id: Some("r".to_owned()),
                run_link: None,
                model_id: None,
                created_at: 0,
                updated_at: 0,
                lifecycle: Lifecycle::active(Seq(1)),
                tags: Tags::new(),
                request: None,
            })
        };
        vec![version(1, Stage::Production), version(2, Stage::None)]
    }
}

fn check(source: &str, run_id: Option<&str>, model_id: Option<&str>) -> Result<Source, Rejection> {
    let command = Create {
        name: "it".to_owned(),
        source: source.to_owned(),
        run_id: run_id.map(str::to_owned),
        run_link: None,
        model_id: model_id.map(str::to_owned),
        description: None,
        tags: Vec::new(),
    };
    of_model(&Fake, &command)
}

#[test]
fn what_belongs_to_the_named_run_or_model_is_taken() {
    for (source, run_id, model_id) in [
        ("s3://b/x", None, None),
        ("s3://b/x", Some("unknown"), None),
        ("mlflow-artifacts:/0/r/artifacts/m", Some("r"), None),
        ("runs:/r/m", Some("r"), None),
        ("/data/local/artifacts/m", Some("local"), None),
        ("mlflow-artifacts:/0/models/m-1/artifacts", None, Some("m-1")),
        ("models:/m-1", Some("r"), Some("m-1")),
        (" \ts3://b/x", None, None),
    ] {
        let found = check(source, run_id, model_id);
        assert!(found.is_ok(), "{source}: {:?}", found.err());
    }
}

#[test]
fn what_belongs_to_nobody_or_another_is_refused() {
    for source in [
        "/etc",
        "file:///etc",
        "file://evil/etc",
        "x",
        "mlflow-artifacts:/0/other/artifacts/m",
        "mlflow-artifacts:/0/r/artifacts/../../x",
        "mlflow-artifacts:/0/r/artifacts/%252e%252e/x",
        "mlflow-artifacts:/0/r/artifacts2",
        "mlflow-artifacts://evil/0/r/artifacts/m",
        "http://evil/x",
        "runs:/00000000000000000000000000000000/m",
        "runs://evil/r/m",
        "models:/m-2",
        "models://evil/it/1",
        "models:/p/1",
        "models:/it/9",
        "models:/it@worst",
        "s3://b/../x",
    ] {
        for (run_id, model_id) in [(None, None), (Some("r"), None), (None, Some("m-1"))] {
            assert!(check(source, run_id, model_id).is_err(), "{source} {run_id:?} {model_id:?}");
        }
    }
    assert!(check("mlflow-artifacts:/0/r/artifacts/m", None, None).is_err());
    assert!(check("mlflow-artifacts:/0/r/artifacts/m", None, Some("m-1")).is_err());
    assert!(check("models:/m-1", Some("r"), None).is_err());
}

#[test]
fn a_run_that_cannot_be_needs_no_protection() {
    assert!(check("runs:/run_id/model", Some("run_1"), None).is_ok());
    for (source, run_id, model_id) in [
        ("runs:/run_id/model", None, None),
        ("runs:/run_id/model", None, Some("m-1")),
        ("runs:/run_id/../r/model", Some("run_1"), None),
        ("runs:/r%2fmodel", Some("run_1"), None),
        ("runs:/r/model", Some("run_1"), None),
        ("runs://run_id/model", Some("run_1"), None),
        ("runs:/0123456789abcdef0123456789abcdef/model", Some("run_1"), None),
    ] {
        assert!(check(source, run_id, model_id).is_err(), "{source} {run_id:?} {model_id:?}");
    }
}

#[test]
fn a_logged_model_lends_its_place_and_its_run() {
    let found = check("models:/m-1", None, Some("m-1")).unwrap();
    assert_eq!(found.location.as_deref(), Some("mlflow-artifacts:/0/models/m-1/artifacts"));
    assert_eq!(found.run_id.as_deref(), Some("r"));
}

#[test]
fn another_version_lends_its_place_and_its_run() {
    for (source, version) in [
        ("models:/it/01", 1),
        ("models:/it@best", 1),
        ("models:/it/production", 1),
        ("models:/it/latest", 2),
        ("models:/it@latest", 2),
    ] {
        let found = check(source, None, None).unwrap();
        assert_eq!(found.uri, format!("models:/it/{version}"), "{source}");
        assert_eq!(found.location, Some(format!("s3://b/{version}")), "{source}");
        assert_eq!(found.run_id.as_deref(), Some("r"), "{source}");
    }
    assert!(check("models:/it/1", Some("other"), None).is_err());
    assert!(check("models:/it/1", None, Some("m-1")).is_err());
}
