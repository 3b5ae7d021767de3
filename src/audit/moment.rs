//! A place in the log as people name it: a sequence or a time. Times mean when the server recorded
//! the event, which never runs backwards along the log.

use std::{fmt, str::FromStr};

use crate::{
    base::{Seq, TimestampMs},
    wal::{Record, WalError, WalReader},
};

/// Whole numbers from here on are milliseconds since the Unix epoch (since September 2001), below it
/// sequences.
const FIRST_TIME: u64 = 1_000_000_000_000;

/// A sequence or a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The event with this sequence.
    Seq(Seq),
    /// The events recorded at this time.
    Time(TimestampMs),
}

/// A text that names no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "write a sequence (4711), a time (2026-08-21T09:30:00Z) or milliseconds since 1970 \
     (1787304600000)"
)]
pub struct MomentError;

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        if let Ok(number) = text.parse::<u64>() {
            return match i64::try_from(number) {
                Ok(time) if number >= FIRST_TIME => Ok(Self::Time(TimestampMs(time))),
                Ok(_) => Ok(Self::Seq(Seq(number))),
                Err(_) => Err(MomentError),
            };
        }
        let time: jiff::Timestamp = text.parse().map_err(|_| MomentError)?;
        Ok(Self::Time(TimestampMs(time.as_millisecond())))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seq(seq) => seq.fmt(f),
            Self::Time(time) => time.0.fmt(f),
        }
    }
}

impl Moment {
    /// The first event that is not before this moment; one past the head if all are before it.
    pub fn first(self, log: &dyn WalReader) -> Result<Seq, WalError> {
        match self {
            Self::Seq(seq) => Ok(seq.max(Seq(1))),
            Self::Time(_) => first_that(log, |record| !self.is_after(record)),
        }
    }

    /// The last event that is not after this moment; 0 if all are after it.
    pub fn last(self, log: &dyn WalReader) -> Result<Seq, WalError> {
        match self {
            Self::Seq(seq) => Ok(seq.min(log.head())),
            Self::Time(_) => Ok(Seq(first_that(log, |record| self.is_before(record))?.0 - 1)),
        }
    }

    /// Whether this moment is after the record.
    fn is_after(self, record: &Record) -> bool {
        match self {
            Self::Seq(seq) => record.seq < seq,
            Self::Time(time) => record.recorded_at < time,
        }
    }

    /// Whether this moment is before the record.
    pub fn is_before(self, record: &Record) -> bool {
        match self {
            Self::Seq(seq) => record.seq > seq,
            Self::Time(time) => record.recorded_at > time,
        }
    }
}

/// The last event of the log as it was seen at a moment: a sequence means when its event could first be
/// seen, which is when the whole batch that it belongs to could be. `None` if that is later than `now`.
pub fn moment_seq(
    log: &dyn WalReader,
    moment: Moment,
    now: TimestampMs,
) -> Result<Option<Seq>, WalError> {
    let seq = match moment {
        Moment::Seq(seq) if seq > log.head() => return Ok(None),
        Moment::Time(time) if time > now => return Ok(None),
        moment => moment.last(log)?,
    };
    if seq == Seq::ZERO {
        return Ok(Some(seq));
    }
    for record in log.read_from(seq) {
        let record = record?;
        if !record.batch_more {
            return Ok(Some(record.seq));
        }
    }
    Ok(Some(log.head()))
}

/// The first record for which `is` holds; it holds for all behind one for which it does. Past the
/// head if there is none.
fn first_that(log: &dyn WalReader, is: impl Fn(&Record) -> bool) -> Result<Seq, WalError> {
    let (mut low, mut high) = (Seq(1), log.head().next());
    while low < high {
        let middle = low.plus((high.0 - low.0) / 2);
        if is(&log.read(middle)?) {
            high = middle;
        } else {
            low = middle.next();
        }
    }
    Ok(low)
}

/// The first and the last event between two moments, up to `until`; the first is past the last if there
/// is none.
pub fn moments(
    log: &dyn WalReader,
    until: Seq,
    from: Option<Moment>,
    to: Option<Moment>,
) -> Result<(Seq, Seq), WalError> {
    let first = from.map_or(Ok(Seq(1)), |from| from.first(log))?;
    let last = to.map_or(Ok(until), |to| to.last(log))?;
    Ok((first, last.min(until)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wal::{MemoryWal, NewRecord, Wal};

    #[test]
    fn numbers_and_times_are_told_apart() {
        let time = Moment::Time(TimestampMs(1_787_304_600_000));
        assert_eq!("4711".parse(), Ok(Moment::Seq(Seq(4711))));
        assert_eq!("1787304600000".parse(), Ok(time));
        assert_eq!("2026-08-21T09:30:00Z".parse(), Ok(time));
        assert_eq!("2026-08-21T11:30:00+02:00".parse(), Ok(time));
        for wrong in ["", "yesterday", "-1", "2026-08-21", "99999999999999999999"] {
            assert_eq!(wrong.parse::<Moment>(), Err(MomentError), "{wrong}");
        }
    }

    #[test]
    fn times_find_their_place_in_the_log() {
        let mut wal = MemoryWal::default();
        for time in [10, 20, 20, 30, i64::MAX] {
            let record = NewRecord {
                recorded_at: TimestampMs(time),
                event_type: 1,
                event_version: 1,
                codec: 1,
                batch_more: false,
                payload: b"x",
            };
            wal.append(wal.next(), &[record]).unwrap();
        }
        let log = wal.reader();
        let places = |time| {
            let moment = Moment::Time(TimestampMs(time));
            (moment.first(&*log).unwrap().0, moment.last(&*log).unwrap().0)
        };
        let expected = [
            (5, (1, 0)),
            (10, (1, 1)),
            (15, (2, 1)),
            (20, (2, 3)),
            (30, (4, 4)),
            (31, (5, 4)),
            (i64::MAX, (5, 5)),
        ];
        for (time, place) in expected {
            assert_eq!(places(time), place, "at {time}");
        }
        assert_eq!(Moment::Seq(Seq(9)).last(&*log).unwrap(), Seq(5));
        assert_eq!(Moment::Seq(Seq(0)).first(&*log).unwrap(), Seq(1));
    }
}
