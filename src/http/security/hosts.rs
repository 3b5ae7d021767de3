//! Names under which this server may be called.

use std::net::IpAddr;

use super::pattern::Pattern;

/// The names, as the `Host` of a request gives them.
pub(super) enum Hosts {
    /// Any.
    All,
    /// This machine, and addresses of private networks; with any port.
    Private,
    /// Those that an entry fits, port included.
    Listed(Vec<Pattern>),
}

impl Hosts {
    /// Reads the list; none is MLflow's default.
    pub(super) fn new(listed: Option<&[String]>) -> Self {
        match listed {
            None => Self::Private,
            Some(hosts) if hosts.iter().any(|host| host.trim() == "*") => Self::All,
            Some(hosts) => Self::Listed(hosts.iter().map(|host| Pattern::new(host)).collect()),
        }
    }

    /// Whether nothing is checked.
    pub(super) fn allow_all(&self) -> bool {
        matches!(self, Self::All)
    }

    /// Whether the server may be called `host`.
    pub(super) fn allow(&self, host: &str) -> bool {
        match self {
            Self::All => true,
            Self::Private => without_port(host).is_some_and(is_private),
            Self::Listed(patterns) => {
                let host = host.to_ascii_lowercase();
                patterns.iter().any(|pattern| pattern.fits(&host))
            }
        }
    }
}

/// The name in `name`, `name:port`, `[address]` or `[address]:port`.
pub(super) fn without_port(authority: &str) -> Option<&str> {
    let (name, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let port = port.strip_prefix(':').unwrap_or(port);
    (!name.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}

/// Parsed, not compared as text: `10.evil.com` begins as an address does.
fn is_private(name: &str) -> bool {
    match name.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(it)) => it.is_loopback() || it.is_private() || it.is_unspecified(),
        Ok(IpAddr::V6(it)) => it.is_loopback() || it.is_unique_local(),
        Err(_) => name.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_default_only_this_machine_and_private_networks_are_named() {
        let hosts = "localhost LOCALHOST:5000 127.0.0.1 127.9.9.9:80 [::1] [::1]:5000 \
             0.0.0.0:5000 10.0.0.1 172.16.0.1 172.31.255.255:1 192.168.1.1:5000 \
             [fd00::1]:5000 [fc00::1] [::ffff:10.0.0.1]:80";
        for host in hosts.split(' ') {
            assert!(Hosts::Private.allow(host), "{host}");
        }
        let hosts = ":5000 evil.com 10.evil.com 192.168.evil.com:80 localhost.evil.com \
             172.32.0.1 8.8.8.8 169.254.169.254 [2001:db8::1] [::1 [::1]x ::1 \
             127.0.0.1:80@evil.com localhost:x fd00:evil.com 10.0.0.1. 0x7f.1";
        for host in hosts.split(' ').chain([""]) {
            assert!(!Hosts::Private.allow(host), "{host}");
        }
    }

    #[test]
    fn a_list_replaces_the_default_and_counts_the_port() {
        let listed = |hosts: &[&str]| {
            let hosts: Vec<String> = hosts.iter().map(|&host| host.to_owned()).collect();
            Hosts::new(Some(&hosts))
        };
        let hosts = listed(&["mlflow.corp", " *.lab.corp:* "]);
        assert!(hosts.allow("mlflow.corp"));
        assert!(hosts.allow("MLflow.corp"));
        assert!(hosts.allow("a.lab.corp:5000"));
        assert!(!hosts.allow("mlflow.corp:5000"));
        assert!(!hosts.allow("localhost"));
        assert!(listed(&["a", "*"]).allow(""));
    }
}
