//! Runlog: an MLflow-compatible tracking server and model registry whose truth is an append-only
//! log of events.
//!
//! ```text
//!  HTTP request ─► Command ─► engine: decide ─► append + sync ─► fold ─► answer
//!                                      │              │            │
//!                                    domain          wal         views ─► reads, searches
//! ```
//!
//! docs/ARCHITECTURE.md is the map; the modules stand here in the order of the way of the data.

pub mod base;

pub mod event;
pub mod wal;

pub mod proof;

pub mod domain;
pub mod search;
pub mod views;

pub mod engine;

pub mod audit;
pub mod transfer;

pub mod artifacts;
pub mod webhooks;

pub mod http;

pub mod cli;
