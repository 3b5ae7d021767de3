//! A request as of a moment is answered as the server answered it at that moment.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "test code")]

mod events;
mod histories;
mod requests;
mod server;
#[path = "../fuzz/targets/unplugged.rs"]
mod unplugged;

use server::{Question, Server};

fn get(target: impl Into<String>) -> Question {
    Question { method: "GET", target: target.into(), ..Question::default() }
}

fn post(target: impl Into<String>, body: &serde_json::Value) -> Question {
    let (target, body) = (target.into(), body.to_string());
    Question { method: "POST", target, body, ..Question::default() }
}
