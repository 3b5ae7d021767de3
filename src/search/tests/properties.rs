//! What must hold of any text: no panic, limits kept, and what is written comes back.

use std::fmt::Write as _;
use std::time::Instant;

use proptest::prelude::*;

use super::ENTITIES;
use crate::search::lexer::tokens;
use crate::search::{Entity, Field, Op, Value, like, parse_filter, parse_order_by};

/// Text made of the pieces filters are made of, rarely a filter.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("metrics.a".to_owned()),
        Just("tags.`a b`".to_owned()),
        Just("name".to_owned()),
        Just(" IN ".to_owned()),
        Just(" NOT ".to_owned()),
        Just(" IS NOT NULL".to_owned()),
        Just(" AND ".to_owned()),
        Just(" AS ".to_owned()),
        Just(" DESC".to_owned()),
        Just("WHERE ".to_owned()),
        "[ ,.;:()\\[\\]'\"`´\\\\*?%$#@<>=!~+/|&^0-9eEx\n-]{1,3}",
        "-?[0-9]{0,3}\\.?[0-9]{0,3}[a-zé]?",
        "\\PC{0,4}",
        Just("/*".to_owned()),
        Just("*/".to_owned()),
        Just("-- ".to_owned()),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

/// `LIKE`, as plainly as it can be said.
fn plainly(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, _) => text.is_empty(),
        (Some(('%', pattern)), None) => plainly(pattern, text),
        (Some(('%', rest)), Some((_, after))) => plainly(rest, text) || plainly(pattern, after),
        (Some((p, pattern)), Some((c, text))) => (*p == '_' || p == c) && plainly(pattern, text),
        (Some(_), None) => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_makes_the_parser_panic(text in soup(), wild in any::<String>()) {
        for (entity, _) in ENTITIES {
            let _ = parse_filter(entity, &text);
            let _ = parse_filter(entity, &wild);
            let _ = parse_order_by(entity, &[text.clone(), wild.clone()]);
        }
    }

    #[test]
    fn tokens_are_the_whole_text(text in soup()) {
        let mut end = 0;
        for token in tokens(&text, usize::MAX) {
            prop_assert_eq!(token.start, end);
            prop_assert!(token.end > token.start);
            end = token.end;
        }
        prop_assert_eq!(end, text.len());
    }

    #[test]
    fn what_is_written_is_read_back(
        key in "[^`]{1,12}",
        value in "[^']{0,20}",
        number in any::<f64>().prop_filter("finite", |number| number.is_finite()),
    ) {
        prop_assume!(!value.ends_with('\\') && !key.trim().is_empty());
        let text = format!("tags.`{key}` = '{value}' AND metrics.`{key}` >= {number:.4}");
        let filter = parse_filter(Entity::Runs, &text).unwrap();
        let [tag, metric] = filter.comparisons.as_slice() else { panic!("{filter:?}") };
        prop_assert_eq!(&tag.field, &Field::Tag(key.clone()));
        prop_assert_eq!(tag.op, Op::Eq);
        prop_assert_eq!(&tag.value, &Value::Text(value));
        prop_assert_eq!(&metric.field, &Field::Metric(key));
        prop_assert_eq!(metric.op, Op::Ge);
        prop_assert_eq!(&metric.value, &Value::Number(format!("{number:.4}").parse().unwrap()));
    }

    #[test]
    fn like_is_like(pattern in "[ab_%é]{0,10}", text in "[abcé]{0,10}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        prop_assert_eq!(like(&pattern, &text, false), plainly(&chars(&pattern), &chars(&text)));
    }
}

#[test]
fn large_texts_answer_quickly() {
    let started = Instant::now();
    let mut many = String::from("name = 'a'");
    for n in 0..10_000 {
        write!(many, " AND metrics.m{n} > {n}").unwrap();
    }
    let parts = [
        "'", "\"", "`", "/*", "*/ ", "(", "[", "a.", "\\'", "-- \n", " ", "not ", "a,", "1", "''",
        "´", "--",
    ];
    let large = parts.iter().map(|part| part.repeat(1_000_000 / part.len()));
    for text in large.chain([many]) {
        for (entity, _) in ENTITIES {
            let _ = parse_filter(entity, &text);
        }
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

#[test]
fn the_longest_filter_mlflow_takes_is_taken() {
    // Eight tokens each, the last without its AND.
    let text = vec!["metrics.m > 1"; 1_000].join(" AND ");
    assert_eq!(parse_filter(Entity::Runs, &text).unwrap().comparisons.len(), 1_000);
}
