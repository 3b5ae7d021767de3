//! Entries of the lists of hosts and origins: `*` stands for any characters; case does not matter.

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// What comes before the first `*`.
    start: String,
    /// What comes between the `*`s, and after the last; none without a `*`.
    rest: Option<(Vec<String>, String)>,
}

impl Pattern {
    /// Reads an entry.
    pub(super) fn new(entry: &str) -> Self {
        let entry = entry.trim().to_ascii_lowercase();
        let mut pieces = entry.split('*').map(str::to_owned);
        let start = pieces.next().unwrap_or_default();
        let mut middle: Vec<String> = pieces.collect();
        let rest = middle.pop().map(|end| (middle, end));
        Self { start, rest }
    }

    /// Whether it fits all of `text`, which is in lower case.
    pub(super) fn fits(&self, text: &str) -> bool {
        let Some(text) = text.strip_prefix(&self.start) else { return false };
        let Some((middle, end)) = &self.rest else { return text.is_empty() };
        let Some(text) = text.strip_suffix(end.as_str()) else { return false };
        let mut left = text;
        for piece in middle {
            match left.split_once(piece.as_str()) {
                Some((_, rest)) => left = rest,
                None => return false,
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (entry, text, fits) in [
            ("a.com", "a.com", true),
            ("A.com", "a.com", true),
            ("a.com", "a.com:80", false),
            ("a.com:*", "a.com:80", true),
            ("*.a.com", "x.a.com", true),
            ("*.a.com", "a.com", false),
            ("*.a.com", "x.a.com.evil", false),
            ("*a*b*", "xaybz", true),
            ("*a*b*", "xbya", false),
            ("a*a", "a", false),
            ("a**b", "ab", true),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("[::1]:*", "[::1]:5000", true),
        ] {
            assert_eq!(Pattern::new(entry).fits(text), fits, "{entry} {text}");
        }
    }
}
