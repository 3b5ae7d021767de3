//! The fields of an entity as its events set them: what each event changed, from which value to which, and how
//! an entity differs between two moments. Told from the events of that entity alone.

mod assigned;
mod compared;
mod diff;
mod history;
mod registry;
mod state;
#[cfg(test)]
mod tests;

pub use compared::Compared;
pub use diff::{EntityDiff, FieldDiff, entity_diff};
pub use history::{
    ENTITY_EVENTS_MAX, ENTITY_EVENTS_PER_PAGE, EntityEvent, EntityHistory, entity_history,
};
pub use state::FieldChange;
