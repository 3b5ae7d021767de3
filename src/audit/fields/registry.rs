//! What the events of a registered model set and remove: of the model itself, of its versions (`versions.3.stage`)
//! and of its aliases (`aliases.champion`).

use super::assigned::Assigned;
use crate::event::{Event, KeyValue, ModelVersionCreated, Stage};

/// What an event of the registry sets and removes; events of anything else do neither.
pub(super) fn assigned(all: &mut Assigned, event: &Event) {
    match event {
        Event::RegisteredModelCreated(it) => {
            all.set("name", &it.name);
            all.set_or_remove("description", it.description.as_ref());
            all.lives();
            all.pairs("tags", &it.tags);
        }
        Event::RegisteredModelRenamed(it) => all.set("name", &it.to),
        Event::RegisteredModelDescribed(it) => {
            all.set_or_remove("description", it.description.as_ref());
        }
        Event::RegisteredModelDeleted(_) => all.is_deleted(),
        Event::RegisteredModelTagSet(it) => all.set(format!("tags.{}", it.key), &it.value),
        Event::RegisteredModelTagDeleted(it) => all.remove(format!("tags.{}", it.key)),
        Event::ModelVersionCreated(it) => version_created(all, it),
        Event::ModelVersionDescribed(it) => {
            all.set_or_remove(of(it.version, "description"), it.description.as_ref());
        }
        Event::ModelVersionDeleted(it) => all.set(of(it.version, "lifecycle_stage"), "deleted"),
        Event::ModelVersionTagSet(it) => all.set(tag(it.version, &it.key), &it.value),
        Event::ModelVersionTagDeleted(it) => all.remove(tag(it.version, &it.key)),
        Event::ModelVersionStageChanged(it) => {
            all.set(of(it.version, "stage"), it.to.as_str());
            // A move that was not asked for makes void what was.
            all.remove(of(it.version, "request"));
        }
        Event::ModelStageApprovalRequired(it) => all.set(approval(it.stage), "required"),
        Event::ModelStageApprovalLifted(it) => all.remove(approval(it.stage)),
        Event::ModelVersionTransitionRequested(it) => {
            all.set(of(it.version, "request"), it.to.as_str());
        }
        Event::ModelVersionTransitionApproved(it) => all.remove(of(it.version, "request")),
        Event::ModelVersionTransitionRejected(it) => all.remove(of(it.version, "request")),
        Event::ModelAliasSet(it) => {
            all.set(format!("aliases.{}", it.alias), it.version.to_string());
        }
        Event::ModelAliasDeleted(it) => all.remove(format!("aliases.{}", it.alias)),
        _ => {}
    }
}

fn version_created(all: &mut Assigned, event: &ModelVersionCreated) {
    let version = event.version;
    all.set(of(version, "stage"), Stage::None.as_str());
    all.set(of(version, "source"), &event.source);
    let optional = [
        ("storage_location", &event.storage_location),
        ("run_id", &event.run_id),
        ("run_link", &event.run_link),
        ("model_id", &event.model_id),
        ("description", &event.description),
    ];
    for (field, value) in optional {
        if let Some(value) = value {
            all.set(of(version, field), value);
        }
    }
    all.set(of(version, "lifecycle_stage"), "active");
    for KeyValue { key, value } in &event.tags {
        all.set(tag(version, key), value);
    }
}

fn approval(stage: Stage) -> String {
    format!("approvals.{}", stage.as_str())
}

fn of(version: u32, field: &str) -> String {
    format!("versions.{version}.{field}")
}

fn tag(version: u32, key: &str) -> String {
    format!("versions.{version}.tags.{key}")
}
