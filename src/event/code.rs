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

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
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

impl Stage {
    /// The stage that a word in any case stands for, as MLflow accepts it.
    pub fn from_any_case(word: &str) -> Option<Stage> {
        Stage::ALL.iter().copied().find(|stage| stage.as_str().eq_ignore_ascii_case(word))
    }
}
