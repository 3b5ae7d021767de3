//! Enumerations inside events: an explicit number in bytes, MLflow's word in JSON.

/// Defines an enumeration with its code on disk (frozen) and its word in MLflow's API.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal, $word:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// The number that stands in the log.
            pub fn code(self) -> u8 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The meaning of a number from the log, if it has one.
            pub fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// MLflow's word for it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The value that MLflow's word stands for; the case must match.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }

            /// All values in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                if s.is_human_readable() { s.serialize_str(self.as_str()) } else { s.serialize_u8(self.code()) }
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let words = Self::ALL.iter().map(|it| it.as_str());
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .enum_values(Some(words))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                if d.is_human_readable() {
                    let word = String::deserialize(d)?;
                    return Self::from_word(&word).ok_or_else(|| serde::de::Error::custom(
                        format_args!(concat!("unknown ", stringify!($name), " {}"), word)));
                }
                let code = u8::deserialize(d)?;
                Self::from_code(code).ok_or_else(|| serde::de::Error::custom(
                    format_args!(concat!("unknown ", stringify!($name), " code {}"), code)))
            }
        }
    };
}

codes! {
    /// State of a run; the numbers are those of MLflow's `service.proto`.
    RunStatus {
        /// Started and not ended.
        Running = 1, "RUNNING";
        /// Waits to start.
        Scheduled = 2, "SCHEDULED";
        /// Ended well.
        Finished = 3, "FINISHED";
        /// Ended with an error.
        Failed = 4, "FAILED";
        /// Stopped from outside.
        Killed = 5, "KILLED";
    }
}

codes! {
    /// State of a logged model; the numbers are those of MLflow's `service.proto`.
    LoggedModelStatus {
        /// Said to be in no state.
        Unspecified = 0, "LOGGED_MODEL_STATUS_UNSPECIFIED";
        /// Its files are still being written.
        Pending = 1, "LOGGED_MODEL_PENDING";
        /// Complete.
        Ready = 2, "LOGGED_MODEL_READY";
        /// Its files could not be written.
        UploadFailed = 3, "LOGGED_MODEL_UPLOAD_FAILED";
    }
}

codes! {
    /// Stage of a model version.
    Stage {
        /// Not staged.
        None = 0, "None";
        /// Candidate.
        Staging = 1, "Staging";
        /// In use.
        Production = 2, "Production";
        /// Retired.
        Archived = 3, "Archived";
    }
}

codes! {
    /// Whether a webhook is told anything; the numbers are those of MLflow's `webhooks.proto`.
    WebhookStatus {
        /// It is.
        Active = 1, "ACTIVE";
        /// It is not.
        Disabled = 2, "DISABLED";
    }
}

codes! {
    /// What a webhook can be told of, in MLflow's words: entity and action.
    WebhookTrigger {
        /// A registered model was created.
        RegisteredModelCreated = 1, "registered_model.created";
        /// A version was registered.
        ModelVersionCreated = 2, "model_version.created";
        /// A tag of a version got a value.
        ModelVersionTagSet = 3, "model_version_tag.set";
        /// A tag of a version was removed.
        ModelVersionTagDeleted = 4, "model_version_tag.deleted";
        /// An alias was given to a version.
        ModelVersionAliasCreated = 5, "model_version_alias.created";
        /// An alias was removed.
        ModelVersionAliasDeleted = 6, "model_version_alias.deleted";
        /// A prompt was created.
        PromptCreated = 7, "prompt.created";
        /// A version of a prompt was registered.
        PromptVersionCreated = 8, "prompt_version.created";
        /// A tag of a prompt got a value.
        PromptTagSet = 9, "prompt_tag.set";
        /// A tag of a prompt was removed.
        PromptTagDeleted = 10, "prompt_tag.deleted";
        /// A tag of a prompt's version got a value.
        PromptVersionTagSet = 11, "prompt_version_tag.set";
        /// A tag of a prompt's version was removed.
        PromptVersionTagDeleted = 12, "prompt_version_tag.deleted";
        /// An alias was given to a prompt's version.
        PromptAliasCreated = 13, "prompt_alias.created";
        /// An alias of a prompt was removed.
        PromptAliasDeleted = 14, "prompt_alias.deleted";
        /// A budget was exceeded. There are no budgets here: it can be asked for and never happens.
        BudgetPolicyExceeded = 15, "budget_policy.exceeded";
        /// A version moved to another stage. MLflow has no such event.
        ModelVersionStageTransitioned = 64, "model_version.stage_transitioned";
    }
}

impl WebhookTrigger {
    /// MLflow's words for the kind of thing and for what happened to it.
    pub fn entity_and_action(self) -> (&'static str, &'static str) {
        self.as_str().split_once('.').unwrap_or((self.as_str(), ""))
    }
}

codes! {
    /// How a delivery to a webhook ended.
    DeliveryOutcome {
        /// The receiver took it: its answer was a 2xx.
        Delivered = 1, "delivered";
        /// The receiver refused it, or could not be reached in as many attempts as there are.
        GaveUp = 2, "gave_up";
    }
}

codes! {
    /// Why a repair could not keep an event.
    LossReason {
        /// Its bytes are not those that were written, or its file was missing.
        Damaged = 1, "damaged";
        /// Its bytes are those that were written, and mean nothing.
        Unreadable = 2, "unreadable";
        /// It is intact, but rests on an event that is lost. It is kept aside.
        Orphaned = 3, "orphaned";
    }
}

impl Stage {
    /// The stage that a word in any case stands for, as MLflow accepts it.
    pub fn from_any_case(word: &str) -> Option<Stage> {
        Stage::ALL.iter().copied().find(|stage| stage.as_str().eq_ignore_ascii_case(word))
    }
}

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema as _;

    use super::*;

    #[test]
    fn words_are_read_back_and_listed_in_the_schema() {
        let schema = serde_json::to_value(Stage::schema()).unwrap();
        let words = serde_json::to_value(Stage::ALL).unwrap();
        assert_eq!((&schema["type"], &schema["enum"]), (&"string".into(), &words));
        assert_eq!(serde_json::from_value::<Vec<Stage>>(words).unwrap(), Stage::ALL);
        let refused = serde_json::from_str::<Stage>("\"Live\"").unwrap_err();
        assert_eq!(refused.to_string(), "unknown Stage Live");
    }

    #[test]
    fn a_code_that_means_nothing_is_refused() {
        let refused = crate::event::codec::decode::<Stage>(&[0xEE]).unwrap_err();
        assert!(refused.to_string().contains("unknown Stage code 238"), "{refused}");
    }
}
