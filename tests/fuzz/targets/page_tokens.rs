//! Page tokens: the first byte picks a search, the second says whether the rest is a token, or
//! pairs of place and byte that are changed in one that the server gave. No token but the empty one
//! and the one that was given is taken.

use std::cell::RefCell;

use axum::http::Method;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};

use super::server::{Answer, Server};

const SEARCHES: [&str; 3] = [
    "/api/2.0/mlflow/registered-models/search",
    "/api/2.0/mlflow/experiments/search",
    "/api/2.0/mlflow/model-versions/search",
];

thread_local! {
    static SERVER: RefCell<Option<Asked>> = const { RefCell::new(None) };
}

/// A server with the tokens that it gave.
struct Asked {
    server: Server,
    tokens: Vec<String>,
}

impl Asked {
    fn new() -> Self {
        let server = Server::start();
        let ask = |search: &&str| {
            let answer = ask(&server, search, b"");
            answer.json()["next_page_token"].as_str().expect("there is a second page").to_owned()
        };
        let tokens = SEARCHES.iter().map(ask).collect();
        Self { server, tokens }
    }
}

fn ask(server: &Server, search: &str, token: &[u8]) -> Answer {
    let token = percent_encode(token, NON_ALPHANUMERIC);
    server.ask(&Method::GET, &format!("{search}?max_results=1&page_token={token}"), &[])
}

pub fn run(data: &[u8]) {
    let [search, how, rest @ ..] = data else { return };
    SERVER.with_borrow_mut(|asked| {
        let asked = asked.get_or_insert_with(Asked::new);
        let search = usize::from(*search) % SEARCHES.len();
        let given = asked.tokens[search].as_bytes();
        let token = if how % 2 == 0 { rest.to_vec() } else { changed(given, rest) };
        let answer = ask(&asked.server, SEARCHES[search], &token);
        if token.is_empty() || token == given {
            assert_eq!(answer.status, 200, "{answer}");
        } else {
            assert_eq!(answer.status, 400, "{:?} is taken", String::from_utf8_lossy(&token));
            answer.assert_refused();
        }
    });
}

fn changed(token: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut token = token.to_vec();
    for change in changes.chunks_exact(2) {
        let at = usize::from(change[0]) % token.len();
        token[at] = change[1];
    }
    token
}
