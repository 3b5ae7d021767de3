//! Tags are listed in the order in which they were first set.

use proptest::prelude::*;
use runlog::{
    base::Seq,
    domain::{Command, entity, experiment, model_version, registered_model, run},
    engine::replay,
    event::KeyValue,
    views::{
        Views, keys, lookup,
        store::{Read as _, Value},
    },
};

use super::{LOG_ID, default_experiment, first_run, live};

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
        default_experiment(),
        first_run(),
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
