//! What searches read: runs as columns, everything else as maps, in memory. A projection of the
//! view store: [`Index::apply`] is called with every published change, and at start with every
//! entry of the tables it needs.

mod catalog;
mod column;
mod outbox;
mod runs;
mod symbols;

pub use catalog::Catalog;
pub use column::Column;
pub use outbox::Outbox;
pub use runs::{DatasetRow, RunIndex, RunRow};
pub use symbols::{Symbol, Symbols};

use super::{
    keys::{Key, table},
    store::Value,
};

/// What an experiment, logged model, registered model or version takes in memory.
const ENTITY_BYTES: usize = 1000;

/// All that is searched.
#[derive(Default)]
pub struct Index {
    /// Runs.
    pub runs: RunIndex,
    /// Experiments, logged models, registered models and versions.
    pub catalog: Catalog,
    /// Webhooks with pending deliveries.
    pub outbox: Outbox,
}

impl Index {
    /// The tables whose entries it needs.
    pub const TABLES: &'static [u8] = &[
        table::EXPERIMENT,
        table::RUN,
        table::LOGGED_MODEL,
        table::REGISTERED_MODEL,
        table::MODEL_VERSION,
        table::OUTBOX,
    ];

    /// What it takes in memory, about.
    pub fn bytes(&self) -> usize {
        self.runs.bytes() + self.catalog.entities() * ENTITY_BYTES
    }

    /// Takes in one change of the store: a new value, or none.
    pub fn apply(&mut self, key: &Key, value: Option<&Value>) {
        match (key.first(), value) {
            (Some(&table::RUN), value) => self.runs.apply(key, value),
            (Some(&table::OUTBOX | &table::WEBHOOK), value) => self.outbox.apply(key, value),
            (_, Some(value)) => self.catalog.apply(value),
            (_, None) => {}
        }
    }
}
