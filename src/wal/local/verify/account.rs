//! What a walk has said of each record: that it is there, or that it is lost.

use std::{collections::BTreeMap, ops::Range};

use crate::base::{Seq, disk::Disk};

use super::{
    super::{
        super::WalError,
        destroyed::Mark,
        frames::{Frame, Frames},
        groups::{Groups, Stop},
        reader::record,
        segment::SegmentFile,
    },
    Finding, Found, Lost, Tail, VerifyReport,
    slots::{Slots, Trust},
    substitutes::Substitutes,
};

/// Who sees what is found.
pub(super) type Visit<'a> = &'a mut dyn FnMut(Found<'_>);

/// The account of a walk.
pub(super) struct Account<'a> {
    visit: Visit<'a>,
    substitutes: Substitutes<'a>,
    pub(super) report: VerifyReport,
    /// The first record that nothing has been said of.
    pub(super) next: Seq,
}

impl<'a> Account<'a> {
    pub(super) fn new(disk: &'a dyn Disk, slots: &Slots, visit: Visit<'a>) -> Self {
        let readable = slots.slots.iter().filter(|slot| slot.trust == Trust::Header);
        let segments = readable.map(|slot| slot.segment.clone()).collect();
        let report = VerifyReport {
            log_id: slots.log_id,
            segments: slots.slots.len(),
            groups: 0,
            records: 0,
            bytes: 0,
            head: Seq::ZERO,
            tail: Tail::Marked,
            damage: Vec::new(),
            damage_count: 0,
            lost: 0,
            destroyed: 0,
            rewritten: BTreeMap::new(),
        };
        Self { visit, substitutes: Substitutes::new(disk, segments), report, next: Seq(1) }
    }

    /// Steps over groups as long as they are sound; returns what stands in the way.
    pub(super) fn sound_groups(
        &mut self,
        groups: &mut Groups,
        segment: &SegmentFile,
    ) -> Result<Stop, WalError> {
        loop {
            if let Err(stop) = groups.advance() {
                return Ok(stop);
            }
            self.report.groups += 1;
            for event in groups.events().to_vec() {
                self.record(&mut groups.frames, &event, segment)?;
            }
        }
    }

    pub(super) fn record(
        &mut self,
        frames: &mut Frames,
        frame: &Frame,
        segment: &SegmentFile,
    ) -> Result<(), WalError> {
        let mut substitutes = |mark: &Mark| self.substitutes.of(mark);
        let record = record(frames, frame, segment, &mut substitutes)?;
        self.report.records += 1;
        self.report.destroyed += u64::from(record.destroyed.is_some());
        self.report.head = record.seq;
        self.next = record.seq.next();
        (self.visit)(Found::Record(&record));
        Ok(())
    }

    pub(super) fn damage(
        &mut self,
        what: WalError,
        bytes: Range<u64>,
        lost: Option<Lost>,
        durable: bool,
    ) {
        self.report.damage_count += 1;
        (self.visit)(Found::Damage(Finding { what, bytes, lost, durable }));
    }

    /// The records before `until` that nothing has been said of: they are lost.
    pub(super) fn lost_until(&mut self, until: Seq) -> Option<Lost> {
        let lost = until.0.checked_sub(self.next.0).filter(|count| *count > 0)?;
        let first = std::mem::replace(&mut self.next, until);
        self.report.lost += lost;
        Some(Lost { first, last: Some(Seq(until.0 - 1)) })
    }
}
