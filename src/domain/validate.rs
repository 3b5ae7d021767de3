//! What names, keys and values may be (mlflow/utils/validation.py, 3.17), with MLflow's words.

use super::{Rejection, entity::KeyValues};
use crate::{
    base::{limits, python},
    event::KeyValue,
};

/// MLflow's sentence about a wrong value of a request field. The value is shown as JSON.
pub fn invalid_value(path: &str, value: &str, why: &str) -> Rejection {
    Rejection::invalid(format!(
        "Invalid value {} for parameter '{path}' supplied: {why}",
        python::quoted(value)
    ))
}

/// MLflow's sentence about a required request field that is not there.
pub fn missing_value(path: &str) -> Rejection {
    Rejection::invalid(format!("Missing value for required parameter '{path}'."))
}

/// Refuses text over `limit` characters.
pub fn length(entity: &str, limit: usize, text: &str) -> Result<(), Rejection> {
    if text.len() > limit && text.chars().count() > limit {
        let message = format!("'{entity}' exceeds the maximum length of {limit} characters");
        return Err(Rejection::invalid(message));
    }
    Ok(())
}

/// Cuts text to `limit` characters, as MLflow does by default with parameter and tag values.
pub fn truncate(mut text: String, limit: usize) -> String {
    if text.len() > limit
        && let Some((end, _)) = text.char_indices().nth(limit)
    {
        text.truncate(end);
    }
    text
}

/// Whether a key is one of the many that need no closer look: short, plain letters and digits.
pub fn is_plain_key(name: &str) -> bool {
    (1..=limits::KEY_CHARS_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Refuses a metric, parameter or tag key that MLflow refuses: odd characters, or a path that
/// means another path.
pub fn key(path: &str, name: &str) -> Result<(), Rejection> {
    let allowed = |c: char| python::is_word(c) || "/.- :".contains(c);
    // Python's `$` admits a line break at the end.
    if !name.strip_suffix('\n').unwrap_or(name).chars().all(allowed) {
        let why = "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), \
                   spaces ( ), colon(:) and slashes (/).";
        return Err(invalid_value(path, name, why));
    }
    unambiguous(path, name)
}

/// Refuses an id that no run can have.
pub fn run_id(id: &str) -> Result<(), Rejection> {
    let mut rest = id.strip_suffix('\n').unwrap_or(id).chars();
    let begins_well = rest.next().is_some_and(|c| c.is_ascii_alphanumeric());
    if begins_well
        && rest.clone().count() < limits::RUN_ID_CHARS_MAX
        && rest.all(|c| c == '-' || python::is_word(c))
    {
        return Ok(());
    }
    let id = python::quoted(id);
    Err(Rejection::invalid(format!("Invalid value {id} for parameter 'run_id' supplied.")))
}

/// Refuses a name that resolves to another one when taken for a path.
pub fn unambiguous(path: &str, name: &str) -> Result<(), Rejection> {
    let normal = normal_path(name);
    if normal != name || normal == "." || normal.starts_with("..") || normal.starts_with('/') {
        let why = format!(
            "Names may be treated as files in certain cases, and must not resolve to other names \
             when treated as such. This name would resolve to {}",
            python::repr(&normal)
        );
        return Err(invalid_value(path, name, &why));
    }
    Ok(())
}

/// Python's `posixpath.normpath`.
fn normal_path(path: &str) -> String {
    // POSIX keeps exactly two leading slashes.
    let root = match path.len() - path.trim_start_matches('/').len() {
        0 => "",
        2 => "//",
        _ => "/",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        let climbs = part == ".." && parts.last().is_some_and(|last| *last != "..");
        match (part, climbs) {
            (_, true) => {
                parts.pop();
            }
            ("..", false) if parts.is_empty() && !root.is_empty() => {}
            _ => parts.push(part),
        }
    }
    let normal = format!("{root}{}", parts.join("/"));
    if normal.is_empty() { ".".to_owned() } else { normal }
}

/// A checked run tag; an over-long value is cut. `path` is empty or the place in a list.
pub fn run_tag(path: &str, tag: KeyValue) -> Result<KeyValue, Rejection> {
    let key_path = at(path, "key");
    key(&key_path, &tag.key)?;
    length(&key_path, limits::KEY_CHARS_MAX, &tag.key)?;
    Ok(KeyValue { key: tag.key, value: truncate(tag.value, limits::TAG_VALUE_CHARS_MAX) })
}

/// A checked parameter; an over-long value is cut. `path` is empty or the place in a list.
pub fn param(path: &str, param: KeyValue) -> Result<KeyValue, Rejection> {
    key(&at(path, "key"), &param.key)?;
    length("Param key", limits::KEY_CHARS_MAX, &param.key)?;
    Ok(KeyValue { key: param.key, value: truncate(param.value, limits::PARAM_VALUE_CHARS_MAX) })
}

/// A field below a path in the request.
pub fn at(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

/// Refuses an experiment tag that MLflow refuses.
pub fn experiment_tag(tag: &KeyValue) -> Result<(), Rejection> {
    key("key", &tag.key)?;
    length("key", limits::KEY_CHARS_MAX, &tag.key)?;
    length("value", limits::EXPERIMENT_TAG_VALUE_CHARS_MAX, &tag.value)
}

/// Refuses a tag of a registered model or a version that MLflow refuses.
pub fn registry_tag(tag: &KeyValue) -> Result<(), Rejection> {
    key("key", &tag.key)?;
    length("key", limits::KEY_CHARS_MAX, &tag.key)?;
    length("value", limits::REGISTRY_TAG_VALUE_CHARS_MAX, &tag.value)
}

/// Refuses an experiment name that MLflow refuses.
pub fn experiment_name(name: &str) -> Result<(), Rejection> {
    if name.is_empty() {
        return Err(Rejection::invalid(format!("Invalid experiment name: '{name}'")));
    }
    no_zero_byte("name", name)?;
    length("name", limits::EXPERIMENT_NAME_CHARS_MAX, name)
}

/// Refuses a name of a registered model that MLflow refuses.
pub fn model_name(name: &str) -> Result<(), Rejection> {
    if name.trim().is_empty() {
        return Err(missing_value("name"));
    }
    no_zero_byte("name", name)?;
    if name.contains(['/', ':']) {
        return Err(Rejection::invalid(format!(
            "Invalid model name '{name}'. Names cannot contain '/' or ':'."
        )));
    }
    unambiguous("name", name)
}

/// Refuses the 0 byte, which no key of a view may hold.
pub fn no_zero_byte(path: &str, text: &str) -> Result<(), Rejection> {
    if text.contains('\0') {
        return Err(invalid_value(path, text, "It must not contain a NUL character."));
    }
    Ok(())
}

/// Refuses tags that name a key twice, as MLflow's database does where tags are created with what
/// they belong to.
pub fn tags_once(tags: &[KeyValue]) -> Result<(), Rejection> {
    let mut seen = std::collections::HashSet::new();
    match tags.iter().find(|tag| !seen.insert(tag.key.as_str())) {
        None => Ok(()),
        Some(tag) => {
            let key = python::repr(&tag.key);
            Err(Rejection::bad_request(format!("The tag {key} is given more than once.")))
        }
    }
}

/// Of tags that name a key twice the last one holds; the order of first mention stays.
pub fn last_of_each(tags: Vec<KeyValue>) -> Vec<KeyValue> {
    let values: KeyValues = tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect();
    let mut seen = std::collections::HashSet::new();
    let firsts = tags.into_iter().filter(|tag| seen.insert(tag.key.clone()));
    let last = |tag: KeyValue| KeyValue {
        value: values.get(&tag.key).cloned().unwrap_or(tag.value),
        key: tag.key,
    };
    firsts.map(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_normalise_as_python_does() {
        for (path, normal) in [
            ("a/b", "a/b"),
            ("a//b", "a/b"),
            ("./a", "a"),
            ("a/../b", "b"),
            ("../a", "../a"),
            ("a/..", "."),
            ("/a", "/a"),
            ("//a", "//a"),
            ("///a", "/a"),
            ("/..", "/"),
            ("a/", "a"),
            ("", "."),
        ] {
            assert_eq!(normal_path(path), normal, "{path}");
        }
    }

    #[test]
    fn keys_that_mlflow_refuses_are_refused() {
        for bad in ["a?b", "a\nb", "की", "../a", "/a", "a//b", ".", "", "a/../b"] {
            assert!(key("key", bad).is_err(), "{bad:?}");
        }
        for good in
            ["a", "a b", "a/b", "a.b:c-d_e", "größe", "a\n", "..a.b".trim_start_matches('.')]
        {
            assert!(key("key", good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn values_are_cut_at_characters() {
        assert_eq!(truncate("äöü".to_owned(), 2), "äö");
        assert_eq!(truncate("abc".to_owned(), 3), "abc");
    }
}
