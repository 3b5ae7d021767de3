//! Sites whose pages may call this server.

use super::{hosts::without_port, pattern::Pattern};

/// The sites.
pub(super) struct Origins {
    all: bool,
    listed: Vec<Pattern>,
}

impl Origins {
    /// Reads the list.
    pub(super) fn new(listed: &[String]) -> Self {
        Self {
            all: listed.iter().any(|origin| origin.trim() == "*"),
            listed: listed.iter().map(|origin| Pattern::new(origin)).collect(),
        }
    }

    /// Whether nothing is checked.
    pub(super) fn allow_all(&self) -> bool {
        self.all
    }

    /// Whether its pages may see answers: those of this machine, without TLS, and those listed.
    pub(super) fn may_read(&self, origin: &str) -> bool {
        let is_plain = origin.starts_with("http://");
        self.all || self.is_listed(origin) || (is_plain && is_this_machine(origin))
    }

    /// Whether its pages may change something: those of this machine and those listed.
    pub(super) fn may_write(&self, origin: &str) -> bool {
        self.all || is_this_machine(origin) || self.is_listed(origin)
    }

    fn is_listed(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        self.listed.iter().any(|pattern| pattern.fits(&origin))
    }
}

/// What stands after the scheme.
pub(super) fn authority(origin: &str) -> Option<&str> {
    origin.split_once("://").map(|(_, authority)| authority)
}

fn is_this_machine(origin: &str) -> bool {
    let name = authority(origin).and_then(without_port);
    name.is_some_and(|name| matches!(name, "localhost" | "127.0.0.1" | "::1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_this_machine_may_write_others_only_if_listed() {
        let origins = Origins::new(&["https://a.com".to_owned(), "https://*.b.com".to_owned()]);
        let names = "http://localhost http://localhost:3000 https://localhost:3000 \
             http://127.0.0.1:1 http://[::1]:3000 https://a.com https://x.b.com";
        for origin in names.split(' ') {
            assert!(origins.may_write(origin), "{origin}");
        }
        let names = "null http://evil.com http://localhost.evil.com http://localhost@evil.com \
             http://10.0.0.1 http://a.com https://a.com:81 https://b.com \
             https://evil.com/?https://a.com http://127.0.0.1.evil.com localhost";
        for origin in names.split(' ').chain([""]) {
            assert!(!origins.may_write(origin), "{origin}");
            assert!(!origins.may_read(origin), "{origin}");
        }
        assert!(origins.may_read("http://localhost:3000"));
        assert!(!origins.may_read("https://localhost:3000"));
    }

    #[test]
    fn a_star_lets_all_in() {
        let origins = Origins::new(&["*".to_owned()]);
        assert!(origins.may_write("null") && origins.may_read("http://evil.com"));
    }
}
