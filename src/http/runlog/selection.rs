//! Which events a question is about, as several routes let it say.

use std::str::FromStr;

use super::super::{
    App,
    error::{ApiError, ApiResult},
};
use crate::{
    audit::{EntityName, EventFilter, Moment},
    domain::model_version::parse_stage,
};

/// Defines the query of a route: fields that select events, then those of its own.
macro_rules! selecting {
    ($(#[$doc:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$doc])*
        #[derive(serde::Deserialize, utoipa::IntoParams)]
        #[into_params(parameter_in = Query)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            /// The first event: a sequence, an RFC 3339 time, or milliseconds since 1970.
            #[param(example = "1")]
            from: Option<String>,
            /// The last event, inclusive: a sequence or a time.
            #[param(example = "2099-01-01T00:00:00Z")]
            to: Option<String>,
            /// Only these kinds of event, separated by commas.
            #[serde(rename = "type")]
            #[param(example = "ModelVersionStageChanged,ModelAliasSet")]
            kinds: Option<String>,
            /// Only what this actor caused.
            #[param(example = "ada")]
            actor: Option<String>,
            /// Only events about one entity: `run:<id>`, `experiment:<id>`, `model:<name>` (with its
            /// versions), `model-id:<number>`, `model-version:<name>/<version>`, `logged-model:<id>`, `webhook:<id>`,
            /// `artifact:<path>`.
            #[param(example = "model:CarSeat")]
            entity: Option<String>,
            /// Only moves of model versions into this stage.
            #[param(example = "Production")]
            into_stage: Option<String>,
            $($own)*
        }

        impl $name {
            /// What its common fields say.
            fn selection(&self, app: &$crate::http::App) -> $crate::http::ApiResult<super::selection::Selection> {
                super::selection::Said {
                    from: self.from.as_deref(),
                    to: self.to.as_deref(),
                    kinds: self.kinds.as_deref(),
                    actor: self.actor.as_deref(),
                    entity: self.entity.as_deref(),
                    into_stage: self.into_stage.as_deref(),
                }
                .read(app)
            }
        }
    };
}
pub(super) use selecting;

/// The common fields as they were sent.
pub(super) struct Said<'a> {
    pub(super) from: Option<&'a str>,
    pub(super) to: Option<&'a str>,
    pub(super) kinds: Option<&'a str>,
    pub(super) actor: Option<&'a str>,
    pub(super) entity: Option<&'a str>,
    pub(super) into_stage: Option<&'a str>,
}

/// Which events are wanted.
pub(super) struct Selection {
    pub(super) from: Option<Moment>,
    pub(super) to: Option<Moment>,
    pub(super) filter: EventFilter,
}

impl Said<'_> {
    pub(super) fn read(&self, app: &App) -> ApiResult<Selection> {
        let entity = match parsed::<EntityName>("entity", self.entity)? {
            None => None,
            Some(name) => {
                let missing = || ApiError::missing(format!("There is no registered {name}"));
                Some(name.find(&app.views().view()).ok_or_else(missing)?)
            }
        };
        let filter = EventFilter {
            kinds: parsed("type", self.kinds)?,
            actor: self.actor.map(str::to_owned),
            entity,
            into_stage: self.into_stage.map(parse_stage).transpose()?,
        };
        Ok(Selection { from: parsed("from", self.from)?, to: parsed("to", self.to)?, filter })
    }
}

/// A field that may be left out, in its own type.
pub(super) fn parsed<T: FromStr>(name: &str, text: Option<&str>) -> ApiResult<Option<T>>
where
    T::Err: std::fmt::Display,
{
    let parse = |text: &str| {
        text.parse().map_err(|error| {
            ApiError::invalid(format!("Invalid value '{text}' for '{name}': {error}"))
        })
    };
    text.map(parse).transpose()
}
