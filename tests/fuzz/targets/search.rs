//! Filters and orders, in the grammar of each kind of entity: the first line is the filter, each
//! further one a clause of `order_by`. What is accepted can be asked of any value.

use runlog::search::{
    Comparison, Entity, LoggedModelKey, Op, Value, parse_filter, parse_logged_model_order_by,
    parse_order_by,
};

const ENTITIES: [Entity; 5] = [
    Entity::Experiments,
    Entity::Runs,
    Entity::LoggedModels,
    Entity::RegisteredModels,
    Entity::ModelVersions,
];

const TEXTS: [&str; 5] = ["", "a", "a%b_", "größe\n🚂", "0"];
const NUMBERS: [f64; 6] = [f64::NAN, f64::INFINITY, f64::MIN, -0.0, 0.5, 1e300];
const INTEGERS: [i64; 4] = [i64::MIN, -1, 0, i64::MAX];

pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n').map(str::to_owned);
    let filter = lines.next().unwrap_or_default();
    let clauses: Vec<String> = lines.collect();
    for entity in ENTITIES {
        match parse_filter(entity, &filter) {
            Ok(filter) => filter.comparisons.iter().for_each(ask),
            Err(refused) => assert!(!refused.message.is_empty()),
        }
        match parse_order_by(entity, &clauses) {
            Ok(keys) => assert!(keys.len() >= clauses.len(), "{clauses:?} became {keys:?}"),
            Err(refused) => assert!(!refused.message.is_empty()),
        }
    }
    let key = |name: &String| LoggedModelKey {
        field_name: name.clone(),
        ascending: false,
        dataset_name: Some(filter.clone()),
        dataset_digest: None,
    };
    let _ = parse_logged_model_order_by(&clauses.iter().map(key).collect::<Vec<_>>());
}

/// Nothing is missing and there; nothing equals what it is not.
fn ask(comparison: &Comparison) {
    let missing = comparison.op == Op::IsNull;
    assert_eq!(comparison.matches_text(None), missing, "{comparison:?}");
    assert_eq!(comparison.matches_metric(None), missing, "{comparison:?}");
    assert_eq!(comparison.matches_int(None), missing, "{comparison:?}");
    for text in TEXTS {
        let matches = comparison.matches_text(Some(text));
        if let (Op::Eq, Value::Text(value)) = (comparison.op, &comparison.value) {
            assert_eq!(matches, text == value, "{comparison:?} of {text:?}");
        }
    }
    NUMBERS.into_iter().for_each(|number| _ = comparison.matches_metric(Some(number)));
    INTEGERS.into_iter().for_each(|number| _ = comparison.matches_int(Some(number)));
}
