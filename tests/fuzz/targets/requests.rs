//! Requests: the first line is the method and what it asks for, the rest is the body. Whatever is
//! asked is answered, refused in MLflow's shape, and never by a failure of the server; what is
//! refused, or only asks, writes no event.

use std::cell::RefCell;

use axum::http::Method;

use super::server::Server;

thread_local! {
    static SERVER: RefCell<Option<Server>> = const { RefCell::new(None) };
}

pub fn run(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let line = String::from_utf8_lossy(&data[..end]);
    let body = data.get(end + 1..).unwrap_or_default();
    let Some((method, target)) = line.split_once(' ') else { return };
    let Ok(method) = Method::from_bytes(method.as_bytes()) else { return };
    if !target.starts_with('/') || target.parse::<axum::http::Uri>().is_err() {
        return; // refused before it reaches us
    }
    SERVER.with_borrow_mut(|kept| {
        let server = kept.get_or_insert_with(Server::start);
        let before = server.head();
        let answer = server.ask(&method, target, body);
        // 501 is the answer of a feature that is off.
        assert!(answer.status < 500 || answer.status == 501, "{line}: {answer}");
        let shaped = target.split(['/', '?']).any(|part| matches!(part, "api" | "ajax-api"));
        if answer.status >= 400 && method != Method::HEAD && shaped {
            answer.assert_refused();
        }
        let wrote = server.head() != before;
        assert!(!wrote || answer.status < 300, "an event of what was refused: {line}: {answer}");
        assert!(!wrote || !method.is_safe(), "an event of a question: {line}");
        if wrote {
            *kept = None; // each input meets the same state
        }
    });
}
