use super::{super::*, *};
use crate::{
    base::{Seq, TimestampMs},
    event::{
        Envelope, Event, KeyValue, Meta, MetricsLogged, ModelAliasSet, ModelVersionCreated,
        ModelVersionDeleted, ModelVersionStageChanged, RegisteredModelCreated,
        RegisteredModelTagDeleted, RegisteredModelTagSet, RunTagsSet, SeriesPoints, Stage,
    },
    wal::{MemoryWal, Wal as _},
};
use uuid::Uuid;

fn told(events: Vec<Event>) -> impl Iterator<Item = Result<Envelope, ReadError>> {
    (1..).zip(events).map(|(seq, event)| {
        let meta = Meta { actor: format!("actor {seq}"), ..Meta::default() };
        let recorded_at = TimestampMs(1000 + seq);
        Ok(Envelope { seq: Seq(seq.cast_unsigned()), recorded_at, meta, event })
    })
}

fn change(field: &str, old: Option<&str>, new: Option<&str>) -> FieldChange {
    let text = |text: Option<&str>| text.map(str::to_owned);
    FieldChange { field: field.to_owned(), old: text(old), new: text(new) }
}

fn model() -> Vec<Event> {
    let registered_model_id = 1;
    let stage = |from, to| {
        let (version, comment, displaced_by, changed_at) = (1, None, None, 0);
        let change = ModelVersionStageChanged {
            registered_model_id,
            version,
            from,
            to,
            comment,
            displaced_by,
            changed_at,
        };
        change.into()
    };
    vec![
        RegisteredModelCreated {
            registered_model_id,
            name: "CarSeat".into(),
            description: None,
            created_at: 0,
            tags: Vec::new(),
        }
        .into(),
        ModelVersionCreated {
            registered_model_id,
            version: 1,
            source: "s3://bucket".into(),
            storage_location: None,
            run_id: None,
            run_link: None,
            model_id: None,
            description: None,
            created_at: 0,
            tags: Vec::new(),
        }
        .into(),
        stage(Stage::None, Stage::Staging),
        stage(Stage::Staging, Stage::Staging),
        RegisteredModelTagSet { registered_model_id, key: "team".into(), value: "seats".into() }
            .into(),
        stage(Stage::Staging, Stage::Production),
        ModelAliasSet { registered_model_id, alias: "champion".into(), version: 1, previous: None }
            .into(),
        RegisteredModelTagDeleted { registered_model_id, key: "team".into() }.into(),
    ]
}

#[test]
fn each_event_tells_old_and_new_values() {
    let history = entity_history("model:CarSeat".into(), told(model()), Seq(3), 10);
    let history = history.unwrap().unwrap();
    let changes: Vec<_> = history.events.iter().map(|it| it.changes.clone()).collect();
    let stage = "versions.1.stage";
    let expected = [
        vec![change(stage, Some("None"), Some("Staging"))],
        vec![],
        vec![change("tags.team", None, Some("seats"))],
        vec![change(stage, Some("Staging"), Some("Production"))],
        vec![change("aliases.champion", None, Some("1"))],
        vec![change("tags.team", Some("seats"), None)],
    ];
    assert_eq!(changes, expected);
    assert_eq!(history.next, None);
    assert_eq!(history.events[0].actor, "actor 3");
}

#[test]
fn pages_add_up_to_the_whole() {
    let whole = entity_history("m".into(), told(model()), Seq(1), 100).unwrap().unwrap();
    for limit in 1..9 {
        let (mut from, mut events) = (Some(Seq(1)), Vec::new());
        while let Some(at) = from {
            let page = entity_history("m".into(), told(model()), at, limit).unwrap().unwrap();
            assert!(page.events.len() <= limit);
            events.extend(page.events);
            from = page.next;
        }
        assert_eq!(events, whole.events, "limit {limit}");
    }
    assert_eq!(entity_history("m".into(), told(Vec::new()), Seq(1), 1).unwrap(), None);
}

fn of_model() -> Compared {
    let log = MemoryWal::new(Uuid::from_u128(1));
    Compared::scanned(&*log.reader(), Entity::RegisteredModel(1), (Seq(0), Seq(1))).unwrap()
}

#[test]
fn a_diff_is_what_the_history_between_adds_up_to() {
    let between = |from, to| {
        let diff =
            entity_diff("m".into(), &of_model(), told(model()), (Seq(from), Seq(to))).unwrap();
        let changes = diff.unwrap().changes.into_iter();
        changes.map(|it| (it.field, it.old, it.new, it.seq.0, it.actor)).collect::<Vec<_>>()
    };
    let text = |text: &str| Some(text.to_owned());
    let stage = |old, new, seq: u64| {
        ("versions.1.stage".to_owned(), text(old), text(new), seq, format!("actor {seq}"))
    };
    assert_eq!(between(2, 3), [stage("None", "Staging", 3)]);
    // The tag came and went: it does not differ.
    let alias = ("aliases.champion".to_owned(), None, text("1"), 7, "actor 7".to_owned());
    assert_eq!(between(2, 8), [alias, stage("None", "Production", 6)]);
    assert_eq!(between(8, 8), []);
    assert_eq!(between(0, 8).len(), 6);
    assert_eq!(
        entity_diff("m".into(), &of_model(), told(model()), (Seq(0), Seq(0))).unwrap(),
        None
    );
}

#[test]
fn a_metric_shows_its_latest_value() {
    let points = |points: &[(i64, f64)]| -> Event {
        let series = SeriesPoints {
            key: "loss".into(),
            model_id: None,
            dataset_name: None,
            dataset_digest: None,
            timestamps: points.iter().map(|_| 0).collect(),
            steps: points.iter().map(|it| it.0).collect(),
            values: points.iter().map(|it| it.1).collect(),
        };
        MetricsLogged { run_id: "r".into(), series: vec![series] }.into()
    };
    let events = vec![points(&[(3, 0.5), (1, 0.9)]), points(&[(2, 0.7)]), points(&[(4, f64::NAN)])];
    let history = entity_history("run:r".into(), told(events), Seq(1), 10).unwrap().unwrap();
    let changes: Vec<_> = history.events.into_iter().map(|it| it.changes).collect();
    let expected = [
        vec![change("metrics.loss", None, Some("0.5"))],
        vec![],
        vec![change("metrics.loss", Some("0.5"), Some("NaN"))],
    ];
    assert_eq!(changes, expected);
}

#[test]
fn the_aliases_of_a_version_go_with_it() {
    let deleted = ModelVersionDeleted { registered_model_id: 1, version: 1, deleted_at: 0 };
    let events = [model(), vec![deleted.into()]].concat();
    let history = entity_history("m".into(), told(events), Seq(9), 10).unwrap().unwrap();
    let expected = [
        change("versions.1.lifecycle_stage", Some("active"), Some("deleted")),
        change("aliases.champion", Some("1"), None),
    ];
    assert_eq!(history.events[0].changes, expected);
}

#[test]
fn the_last_word_of_an_event_counts() {
    let tag = |value: &str| KeyValue { key: "a".into(), value: value.into() };
    let tags = |tags: &[KeyValue]| RunTagsSet { run_id: "r".into(), tags: tags.to_vec() }.into();
    let events = vec![tags(&[tag("1"), tag("2")]), tags(&[tag("3"), tag("2")])];
    let history = entity_history("run:r".into(), told(events), Seq(1), 10).unwrap().unwrap();
    assert_eq!(history.events[0].changes, [change("tags.a", None, Some("2"))]);
    assert_eq!(history.events[1].changes, []);
}
