//! Where a webhook may point. Checked when it is registered, in MLflow's words (mlflow/utils/
//! validation.py, which reads URLs with Python's `urlparse`), and again when something is sent.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::time::timeout;
use url::{Host, Url};

use super::address::is_public;
use crate::base::python::repr;

/// Time that looking up a host name may take.
const LOOKUP: Duration = Duration::from_secs(5);

/// Which URLs may be called.
#[derive(Debug, Clone)]
pub(super) struct Targets {
    schemes: Arc<[String]>,
    allow_private_ips: bool,
}

/// An address that may not be connected to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a public IP address")]
pub(super) struct NotPublic(pub(super) IpAddr);

impl Targets {
    pub(super) fn new(schemes: Vec<String>, allow_private_ips: bool) -> Self {
        Self { schemes: schemes.into(), allow_private_ips }
    }

    /// Why a URL may not be registered, in MLflow's words.
    pub(super) async fn check(&self, url: &str) -> Result<(), String> {
        if url.trim().is_empty() {
            let shown = repr(url);
            return Err(format!("Webhook URL cannot be empty or just whitespace: {shown}"));
        }
        let parts =
            Parts::of(url).map_err(|why| format!("Invalid webhook URL {}: {why}", repr(url)))?;
        if !self.schemes.contains(&parts.scheme) {
            return Err(format!(
                "Invalid webhook URL scheme: {}. Allowed schemes are: {}.",
                repr(&parts.scheme),
                self.schemes.join(", ")
            ));
        }
        let Some(host) = parts.host.filter(|host| !host.is_empty()) else {
            return Err(format!("Webhook URL must include a hostname: {}", repr(url)));
        };
        if self.allow_private_ips { Ok(()) } else { check_public(&host).await }
    }

    /// A URL as it is called. What its name means is asked by [`Targets::resolve`], once, for the
    /// connection itself, so that there is nothing to exchange in between.
    pub(super) fn parse(&self, url: &str) -> Result<Url, String> {
        let mut url = Url::parse(url).map_err(|error| format!("the URL is not valid: {error}"))?;
        if !self.schemes.iter().any(|scheme| scheme == url.scheme()) {
            return Err(format!("the scheme {} is not allowed", url.scheme()));
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err("the URL names no host".to_owned()),
        };
        if let Some(address) = literal {
            self.admit(address).map_err(|error| error.to_string())?;
        }
        url.set_fragment(None);
        Ok(url)
    }

    /// The addresses of a host, all of which may be connected to.
    pub(super) async fn resolve(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        let found = timeout(LOOKUP, tokio::net::lookup_host((host, 0))).await??;
        let found: Vec<SocketAddr> = found.collect();
        for address in &found {
            self.admit(address.ip()).map_err(io::Error::other)?;
        }
        Ok(found)
    }

    fn admit(&self, address: IpAddr) -> Result<(), NotPublic> {
        let fine = self.allow_private_ips || is_public(address);
        if fine { Ok(()) } else { Err(NotPublic(address)) }
    }
}

async fn check_public(host: &str) -> Result<(), String> {
    let shown = repr(host);
    let lookup = timeout(LOOKUP, tokio::net::lookup_host((host, 0))).await;
    let found = lookup.map_err(|_| {
        let seconds = LOOKUP.as_secs();
        format!("Timed out resolving Webhook URL hostname {shown} after {seconds} seconds")
    })?;
    let found = found.map_err(|error| {
        let why = error.to_string();
        let why = why.strip_prefix("failed to lookup address information: ").unwrap_or(&why);
        format!("Cannot resolve Webhook URL hostname {shown}: {why}")
    })?;
    match found.map(|it| it.ip()).find(|address| !is_public(*address)) {
        None => Ok(()),
        Some(address) => Err(format!(
            "Webhook URL must not resolve to a non-public IP address. {shown} resolves to {address}."
        )),
    }
}

/// Scheme and host of a URL as Python's `urlparse` reads them.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    scheme: String,
    host: Option<String>,
}

impl Parts {
    fn of(url: &str) -> Result<Self, String> {
        let url = url.trim_start_matches(|c: char| c <= ' ').replace(['\t', '\r', '\n'], "");
        let of_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let (scheme, rest) = match url.split_once(':') {
            Some((scheme, rest))
                if scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                    && scheme.chars().all(of_scheme) =>
            {
                (scheme.to_ascii_lowercase(), rest)
            }
            _ => (String::new(), url.as_str()),
        };
        let Some(rest) = rest.strip_prefix("//") else { return Ok(Self { scheme, host: None }) };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let host = host_of(host, authority)?;
        if !authority.is_ascii() && Url::parse(&url).is_err() {
            let shown = format!(
                "netloc '{authority}' contains invalid characters under NFKC normalization"
            );
            return Err(value_error(&shown));
        }
        Ok(Self { scheme, host: Some(host.to_lowercase()) })
    }
}

/// The host of `host:port`; one in brackets must be an address of IPv6.
fn host_of<'a>(host: &'a str, authority: &str) -> Result<&'a str, String> {
    let invalid = || value_error("Invalid IPv6 URL");
    if authority.contains('[') != authority.contains(']') {
        return Err(invalid());
    }
    let Some((before, rest)) = host.split_once('[') else {
        return Ok(host.split(':').next().unwrap_or_default());
    };
    let (inside, port) = rest.split_once(']').ok_or_else(invalid)?;
    if !before.is_empty() || !(port.is_empty() || port.starts_with(':')) {
        return Err(invalid());
    }
    let address = inside.split('%').next().unwrap_or_default();
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(_)) => Ok(inside),
        Ok(IpAddr::V4(_)) => Err(value_error("An IPv4 address cannot be in brackets")),
        Err(_) => {
            let shown = repr(inside);
            Err(value_error(&format!("{shown} does not appear to be an IPv4 or IPv6 address")))
        }
    }
}

fn value_error(message: &str) -> String {
    format!("ValueError({})", repr(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(url: &str) -> Option<String> {
        Parts::of(url).unwrap().host
    }

    #[test]
    fn hosts_are_read_as_python_reads_them() {
        assert_eq!(host("http://u:p@Host:1/x?y#z").as_deref(), Some("host"));
        assert_eq!(host(" HT\ttp://h h:abc/").as_deref(), Some("h h"));
        assert_eq!(host("http://[fe80::1]:8/").as_deref(), Some("fe80::1"));
        assert_eq!(host("http://:80/").as_deref(), Some(""));
        assert_eq!(host("http:h"), None);
        assert_eq!(Parts::of("x").unwrap().scheme, "");
        assert_eq!(Parts::of("http://[::1").unwrap_err(), "ValueError('Invalid IPv6 URL')");
    }

    #[tokio::test]
    async fn private_addresses_are_refused_however_they_are_spelled() {
        let targets = Targets::new(vec!["http".to_owned(), "https".to_owned()], false);
        let spellings = [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://0177.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/",
            "http://u@10.0.0.1:80/",
        ];
        for url in spellings {
            assert!(targets.parse(url).is_err(), "{url}");
        }
        assert!(targets.parse("ftp://example.org/").is_err());
        assert!(targets.parse("https://example.org/#x").unwrap().fragment().is_none());
        assert!(targets.resolve("localhost").await.is_err());
        let refused = targets.check("http://127.0.0.1/").await.unwrap_err();
        assert_eq!(
            refused,
            "Webhook URL must not resolve to a non-public IP address. '127.0.0.1' resolves to 127.0.0.1."
        );
        assert!(Targets::new(vec!["http".to_owned()], true).parse("http://127.0.0.1/").is_ok());
    }
}
