//! The log as a vector: the contract without files. For tests, and as the reference that says what
//! the other backends must do. Not durable.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use crate::base::{Seq, TimestampMs};

use super::{NewRecord, Record, Wal, WalError, WalReader, record::check_group};

/// A log in memory.
#[derive(Debug, Default)]
pub struct MemoryWal {
    log: Arc<MemoryLog>,
}

#[derive(Debug, Default)]
struct MemoryLog {
    log_id: Uuid,
    records: Mutex<Vec<Record>>,
}

impl MemoryWal {
    /// An empty log with this id.
    pub fn new(log_id: Uuid) -> Self {
        Self { log: Arc::new(MemoryLog { log_id, records: Mutex::default() }) }
    }
}

impl Wal for MemoryWal {
    fn append(&mut self, expected: Seq, records: &[NewRecord<'_>]) -> Result<Seq, WalError> {
        let actual = self.next();
        if expected != actual {
            return Err(WalError::Fenced { expected, actual });
        }
        check_group(records)?;
        let mut log = self.log.records();
        for record in records {
            let not_before = log.last().map_or(TimestampMs(0), |last| last.recorded_at);
            let seq = Seq(log.len() as u64 + 1);
            log.push(Record {
                seq,
                recorded_at: record.recorded_at.max(not_before),
                event_type: record.event_type,
                event_version: record.event_version,
                codec: record.codec,
                batch_more: record.batch_more,
                payload: record.payload.to_vec(),
                destroyed: None,
                place: None,
            });
        }
        Ok(Seq(log.len() as u64))
    }

    fn mark(&mut self) -> Result<(), WalError> {
        Ok(())
    }

    fn next(&self) -> Seq {
        self.log.head().next()
    }

    fn reader(&self) -> Arc<dyn WalReader> {
        Arc::new(MemoryReader(Arc::clone(&self.log)))
    }

    fn close(self: Box<Self>) -> Result<(), WalError> {
        Ok(())
    }
}

impl MemoryLog {
    fn records(&self) -> MutexGuard<'_, Vec<Record>> {
        // Records are pushed whole, so the vector is sound whatever its last user died of.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, seq: Seq) -> Option<Record> {
        let index = usize::try_from(seq.0.checked_sub(1)?).ok()?;
        self.records().get(index).cloned()
    }

    fn head(&self) -> Seq {
        Seq(self.records().len() as u64)
    }
}

struct MemoryReader(Arc<MemoryLog>);

impl WalReader for MemoryReader {
    fn read_from(&self, from: Seq) -> Box<dyn Iterator<Item = Result<Record, WalError>> + Send> {
        let log = Arc::clone(&self.0);
        let mut at = from.max(Seq(1));
        Box::new(std::iter::from_fn(move || {
            let record = log.get(at)?;
            at = at.next();
            Some(Ok(record))
        }))
    }

    fn read(&self, seq: Seq) -> Result<Record, WalError> {
        self.0.get(seq).ok_or_else(|| WalError::NotFound { seq, head: self.head() })
    }

    fn head(&self) -> Seq {
        self.0.head()
    }

    fn log_id(&self) -> Uuid {
        self.0.log_id
    }
}
