//! Which webhooks have something to deliver: for each the last event that put a delivery in its
//! outbox. The deliveries themselves are in the store, so that a receiver that is down takes no memory.

use std::collections::HashMap;

use super::super::{
    keys::{Key, table},
    store::Value,
};
use crate::base::Seq;

/// The last event for each webhook that it was ever to be told of since the start.
#[derive(Default)]
pub struct Outbox {
    /// By id of the webhook.
    pub last: HashMap<String, Seq>,
    /// The greatest of them, those of webhooks that are gone included.
    pub head: Seq,
}

impl Outbox {
    /// Takes in a change of the outbox, or of a webhook.
    pub(super) fn apply(&mut self, key: &Key, value: Option<&Value>) {
        match (key.split_first(), value) {
            (Some((&table::OUTBOX, _)), Some(Value::Delivery(delivery))) => {
                self.last.insert(delivery.webhook_id.clone(), delivery.about);
                self.head = self.head.max(delivery.about);
            }
            (Some((&table::WEBHOOK, id)), None) => {
                std::str::from_utf8(id).ok().and_then(|id| self.last.remove(id));
            }
            _ => {}
        }
    }
}
