//! How a log is opened.

use uuid::Uuid;

use crate::base::{Clock as _, Seq, SystemClock, TimestampMs, id};

/// How to open a log for writing.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Bytes of a segment file, reserved when it is created; 4096 and up. A group that is larger
    /// gets a larger segment.
    pub segment_bytes: u64,
    /// A record known, from elsewhere (a signed checkpoint, a view's cursor), to have been durable.
    /// A log that ends before it is refused. [`Seq::ZERO`] if nothing is known.
    pub witnessed: Seq,
    /// Where the ids and times in segment headers come from.
    pub origin: Origin,
}

impl Default for Options {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, witnessed: Seq::ZERO, origin: Origin::Drawn }
    }
}

/// Where the ids and times in segment headers come from.
#[derive(Debug, Clone, Copy)]
pub enum Origin {
    /// Random numbers and the machine's clock.
    Drawn,
    /// Given, so that the same records make the same bytes: for golden files.
    Fixed {
        /// Id of a log that is created.
        log_id: Uuid,
        /// Salt of segment `n` is this plus `n`, wrapping.
        salt: u32,
        /// Creation time of every segment.
        created_at: TimestampMs,
    },
}

impl Origin {
    pub(super) fn log_id(self) -> Uuid {
        match self {
            Self::Drawn => draw(),
            Self::Fixed { log_id, .. } => log_id,
        }
    }

    pub(super) fn salt(self, segno: u64) -> u32 {
        match self {
            Self::Drawn => draw().as_fields().0,
            Self::Fixed { salt, .. } => {
                salt.wrapping_add(u32::try_from(segno % (1 << 32)).unwrap_or_default())
            }
        }
    }

    pub(super) fn created_at(self) -> TimestampMs {
        match self {
            Self::Drawn => SystemClock.now(),
            Self::Fixed { created_at, .. } => created_at,
        }
    }
}

fn draw() -> Uuid {
    Uuid::try_parse(&id::random_hex()).expect("32 hexadecimal digits are a UUID")
}
