//! What the history of an entity says of its fields is what the views hold.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use runlog::{
    audit::{Compared, Entity, entity_diff, entity_events},
    base::Seq,
    domain::{
        Command,
        entity::{LoggedModel, RegisteredModel, Run},
    },
    engine::replay,
    views::{
        Views,
        keys::{self, part, table},
        store::{Read, Value},
    },
    wal::WalReader,
};

use super::{LOG_ID, commands::command, live};

type Fields = BTreeMap<String, String>;

/// The fields of an entity by its history, but for those that `left_out` tells.
fn told(read: &dyn Read, log: &dyn WalReader, entity: &Entity, left_out: &[&str]) -> Fields {
    let events = entity_events(read, log, entity);
    let between = (Seq::ZERO, Seq(u64::MAX));
    let alone = Compared::scanned(log, entity.clone(), (between.1, between.1)).unwrap();
    let diff = entity_diff(String::new(), &alone, events, between).unwrap().unwrap();
    let fields = diff.changes.into_iter().map(|it| (it.field, it.new.unwrap()));
    fields.filter(|(field, _)| !left_out.iter().any(|start| field.starts_with(start))).collect()
}

fn stage_of(deleted: bool) -> &'static str {
    if deleted { "deleted" } else { "active" }
}

fn put(fields: &mut Fields, field: impl Into<String>, value: &(impl ToString + ?Sized)) {
    fields.insert(field.into(), value.to_string());
}

fn put_all<'a>(
    fields: &mut Fields,
    of: &str,
    pairs: impl IntoIterator<Item = (&'a String, &'a String)>,
) {
    for (key, value) in pairs {
        put(fields, format!("{of}.{key}"), value);
    }
}

fn run_fields(read: &dyn Read, run: &Run) -> Fields {
    let mut fields = Fields::new();
    put(&mut fields, "name", &run.name);
    put(&mut fields, "status", run.status.as_str());
    put(&mut fields, "start_time", &run.start_time);
    run.end_time.iter().for_each(|end| put(&mut fields, "end_time", end));
    put(&mut fields, "lifecycle_stage", stage_of(!run.lifecycle.is_active()));
    for (of, kind) in [("tags", part::TAG), ("params", part::PARAM), ("metrics", part::METRIC)] {
        for (key, value) in read.prefix(&keys::run_part(&run.run_id, kind, "")) {
            let (_, _, key) = keys::split_run(&key).unwrap();
            let value = match value {
                Value::Text(_, text) => text.to_string(),
                Value::Point(_, point) => point.value.to_string(),
                _ => continue,
            };
            put(&mut fields, format!("{of}.{key}"), &value);
        }
    }
    fields
}

fn registered_model_fields(read: &dyn Read, model: &RegisteredModel) -> Fields {
    let mut fields = Fields::new();
    put(&mut fields, "name", &model.name);
    model.description.iter().for_each(|text| put(&mut fields, "description", text));
    put(&mut fields, "lifecycle_stage", stage_of(!model.lifecycle.is_active()));
    put_all(&mut fields, "tags", &model.tags);
    for stage in &model.approvals {
        put(&mut fields, format!("approvals.{}", stage.as_str()), "required");
    }
    for (alias, version) in &model.aliases {
        put(&mut fields, format!("aliases.{alias}"), version);
    }
    for number in 1..=model.last_version {
        let key = keys::model_version(model.registered_model_id, number);
        let Some(Value::ModelVersion(version)) = read.get(&key) else { continue };
        let of = |field: &str| format!("versions.{number}.{field}");
        put(&mut fields, of("stage"), version.stage.as_str());
        version.description.iter().for_each(|text| put(&mut fields, of("description"), text));
        version.request.iter().for_each(|it| put(&mut fields, of("request"), it.to.as_str()));
        put_all(&mut fields, &of("tags"), &version.tags);
    }
    fields
}

fn logged_model_fields(model: &LoggedModel) -> Fields {
    let mut fields = Fields::new();
    put(&mut fields, "name", &model.name);
    put(&mut fields, "status", model.status.as_str());
    put(&mut fields, "lifecycle_stage", stage_of(!model.lifecycle.is_active()));
    put_all(&mut fields, "tags", &model.tags);
    put_all(&mut fields, "params", &model.params);
    fields
}

/// As a server lives, which gives no id twice.
fn with_ids_given_once(mut commands: Vec<Command>) -> Vec<Command> {
    let mut given = BTreeSet::new();
    commands.retain(|command| match command {
        Command::CreateRun(it) => given.insert(it.run_id.clone()),
        Command::CreateLoggedModel(it) => given.insert(it.model_id.clone()),
        Command::CreateWebhook(it) => given.insert(it.webhook_id.clone()),
        _ => true,
    });
    commands
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_history_of_an_entity_ends_in_what_the_views_hold(
        commands in proptest::collection::vec(command(), 1..150)
    ) {
        let (_, log) = live(with_ids_given_once(commands));
        let views = Views::in_memory(LOG_ID);
        replay(&*log, &views, log.head(), &mut |_| {}).unwrap();
        let view = views.view();
        let tables = [table::RUN, table::EXPERIMENT, table::LOGGED_MODEL, table::REGISTERED_MODEL];
        for (_, value) in tables.into_iter().flat_map(|table| view.prefix(&[table])) {
            let of = |entity: Entity, left_out: &[&str]| told(&view, &*log, &entity, left_out);
            match value {
                Value::Run(run) => {
                    let left_out = ["user_id", "experiment_id", "artifact_uri", "inputs.", "outputs."];
                    let told = of(Entity::Run(run.run_id.clone()), &left_out);
                    prop_assert_eq!(told, run_fields(&view, &run));
                }
                Value::Experiment(it) => {
                    let told = of(Entity::Experiment(it.experiment_id), &["artifact_location"]);
                    let mut fields = Fields::new();
                    put(&mut fields, "name", &it.name);
                    put(&mut fields, "lifecycle_stage", stage_of(!it.lifecycle.is_active()));
                    put_all(&mut fields, "tags", &it.tags);
                    prop_assert_eq!(told, fields);
                }
                Value::LoggedModel(it) => {
                    let left_out = ["experiment_id", "artifact_uri", "source_run_id", "model_type"];
                    let told = of(Entity::LoggedModel(it.model_id.clone()), &left_out);
                    prop_assert_eq!(told, logged_model_fields(&it));
                }
                Value::RegisteredModel(it) => {
                    let mut told = of(Entity::RegisteredModel(it.registered_model_id), &[]);
                    let shown = [".stage", ".description", ".request"];
                    told.retain(|field, _| {
                        !field.starts_with("versions.")
                            || field.contains(".tags.")
                            || shown.iter().any(|end| field.ends_with(end))
                    });
                    prop_assert_eq!(told, registered_model_fields(&view, &it));
                }
                _ => {}
            }
        }
    }
}
