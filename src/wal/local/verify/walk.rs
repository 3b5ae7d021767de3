//! The walk itself: from segment to segment, from group to group, and over what is damaged.

use std::{path::Path, sync::Arc};

use crate::base::{
    Seq,
    disk::{Disk, DiskFile, Open},
};

use super::{
    super::{
        super::{Damage, WalError},
        format::SEGMENT_HEADER_BYTES,
        frames::{Frame, Frames},
        groups::{Groups, Position, Stop},
        recover::{End, judge},
        segment::{SegmentFile, begin_sha256, finish_sha256},
        shared::SCAN_WINDOW_BYTES,
    },
    Found, Lost, Tail, VerifyReport,
    account::{Account, Visit},
    batches::Batches,
    slots::{After, Slot, Slots, Trust},
};

/// A walk over the segments of a log.
pub(super) struct Walk<'a> {
    disk: &'a dyn Disk,
    dir: &'a Path,
    account: Account<'a>,
}

/// A damaged place in a segment.
struct Broken {
    offset: u64,
    damage: Damage,
}

impl<'a> Walk<'a> {
    pub(super) fn new(disk: &'a dyn Disk, dir: &'a Path, slots: &Slots, visit: Visit<'a>) -> Self {
        Self { disk, dir, account: Account::new(disk, slots, visit) }
    }

    pub(super) fn run(mut self, slots: Slots) -> Result<VerifyReport, WalError> {
        let after: Vec<_> = (0..slots.slots.len()).map(|index| slots.after(index)).collect();
        let mut segno = 1;
        for (mut slot, after) in slots.slots.into_iter().zip(after) {
            let follows = slot.trust == Trust::Foreign || self.follows(segno, &slot);
            if let Some(wrong) = slot.wrong.take() {
                self.wrong_slot(&slot, wrong, after);
            }
            if matches!(slot.trust, Trust::Foreign) || !follows {
                continue;
            }
            segno = slot.segment.header.segno.saturating_add(1);
            match after {
                _ if slot.trust == Trust::Nothing => {}
                Some(after) => self.sealed(&slot, after)?,
                None => self.active(&slot)?,
            }
        }
        Ok(self.account.report)
    }

    /// Tells of what is missing before a segment. False if the segment has no place in the log.
    fn follows(&mut self, segno: u64, slot: &Slot) -> bool {
        let header = &slot.segment.header;
        let chain = |why| slot.segment.damaged(0, header.base, Damage::Chain(why));
        if header.segno < segno || header.base < self.account.next {
            let what = chain("it begins before the end of the one before it");
            self.account.damage(what, 0..slot.byte_len, None, true);
            return false;
        }
        let lost = self.account.lost_until(header.base);
        if header.segno > segno {
            let what = format!("expected number {segno}, found {}", header.file_name());
            let what = WalError::Missing { dir: self.dir.to_owned(), what };
            self.account.damage(what, 0..0, lost, true);
        } else if lost.is_some() {
            let what = chain("the one before it ends too early");
            self.account.damage(what, 0..0, lost, true);
        }
        true
    }

    /// Tells what is wrong with a segment's header, name or length.
    fn wrong_slot(&mut self, slot: &Slot, wrong: WalError, after: Option<After>) {
        let (bytes, lost) = match slot.trust {
            Trust::Header => (slot.byte_len..slot.byte_len, None),
            Trust::Records => (0..SEGMENT_HEADER_BYTES, None),
            Trust::Foreign => (0..0, None),
            Trust::Nothing => {
                let lost = match after {
                    Some(after) => self.account.lost_until(after.base),
                    None => Some(Lost { first: self.account.next, last: None }),
                };
                (0..slot.byte_len, lost)
            }
        };
        self.account.damage(wrong, bytes, lost, after.is_some());
    }

    fn sealed(&mut self, slot: &Slot, after: After) -> Result<(), WalError> {
        let segment = &slot.segment;
        // Where the header is damaged, so is the digest, which is over it too.
        if let Some(end) = after.end.filter(|_| slot.trust == Trust::Header) {
            let file = segment.open(self.disk, Open::Read)?;
            let sha256 = finish_sha256(begin_sha256(&*file, end.data_bytes)?);
            let sound = if sha256 == end.sha256 { None } else { self.if_sound(slot, after)? };
            if sound.as_ref().is_some_and(|it| it.destroyed > 0) {
                // The tree vouches for each record of it; see docs/FORMAT.md.
                self.account.report.rewritten.insert(segment.header.file_name(), sha256);
            } else if sound.is_some() {
                // No accident leaves every checksum right: nothing in it proves itself any more.
                let damage = Damage::Chain("its digest is not the one that the next segment tells");
                let lost = self.account.lost_until(after.base);
                let what = segment.damaged(0, segment.header.base, damage);
                self.account.damage(what, 0..end.data_bytes, lost, true);
                return Ok(());
            }
        }
        let at = self.sealed_groups(slot, after)?;
        self.account.report.bytes += at.offset;
        let Some(end) = after.end else { return Ok(()) };
        let claim = (after.base, end.tail_crc, end.recorded_at);
        if at.offset != end.data_bytes || claim == (self.account.next, at.tail_crc, at.recorded_at)
        {
            return Ok(());
        }
        let damage = Damage::Chain("the next segment tells another end");
        let what = segment.damaged(at.offset, self.account.next, damage);
        let lost = self.account.lost_until(after.base);
        self.account.damage(what, at.offset..at.offset, lost, true);
        Ok(())
    }

    /// Walks a sealed segment; returns the end of its last sound group.
    fn sealed_groups(&mut self, slot: &Slot, after: After) -> Result<Position, WalError> {
        let segment = &slot.segment;
        let file: Arc<dyn DiskFile> = segment.open(self.disk, Open::Read)?;
        let limit = after.end.map_or(slot.byte_len, |end| end.data_bytes.min(slot.byte_len));
        let mut groups = groups(file, segment, limit, Position::start(&segment.header));
        loop {
            let stop = self.account.sound_groups(&mut groups, segment)?;
            let at = groups.position();
            if at.offset == limit {
                return Ok(at);
            }
            let broken = broken(stop)?;
            if let Some(leader) = next_leader(&mut groups, &at)? {
                self.over(&mut groups, segment, broken, leader.offset, leader.header.seq)?;
                groups.go_to(before(&leader));
                continue;
            }
            let end = match after.end {
                Some(_) => Some(limit),
                None => groups.frames.last_nonzero(at.offset)?,
            };
            if let Some(end) = end {
                self.over(&mut groups, segment, broken, end, after.base)?;
            }
            return Ok(at);
        }
    }

    /// What is found in a sealed segment if all of it has the right checksums, whatever its digest is.
    fn if_sound(&self, slot: &Slot, after: After) -> Result<Option<VerifyReport>, WalError> {
        let slots = Slots { log_id: self.account.report.log_id, slots: Vec::new() };
        let mut ignore = |_: Found<'_>| {};
        let mut dry = Walk::new(self.disk, self.dir, &slots, &mut ignore);
        dry.account.next = slot.segment.header.base;
        dry.sealed_groups(slot, after)?;
        Ok(Some(dry.account.report).filter(|report| report.damage_count == 0))
    }

    fn active(&mut self, slot: &Slot) -> Result<(), WalError> {
        let segment = &slot.segment;
        let file: Arc<dyn DiskFile> = segment.open(self.disk, Open::Read)?;
        let again = |at| groups(Arc::clone(&file), segment, segment.header.capacity, at);
        let mut groups = again(Position::start(&segment.header));
        // A server may be at work on the tail: what looks wrong is looked at once more.
        let mut suspect = None;
        self.account.report.tail = loop {
            let stop = self.account.sound_groups(&mut groups, segment)?;
            let at = groups.position();
            let stop = match judge(&mut groups.frames, &at, stop, Seq::ZERO) {
                Ok(End::Torn { until, .. }) => {
                    break Tail::Torn { offset: at.offset, bytes: until - at.offset };
                }
                Ok(End::Clean) if at.marked => break Tail::Marked,
                Ok(End::Clean) => break Tail::Unmarked,
                Err(stop) => stop,
            };
            if suspect != Some(at.offset) {
                suspect = Some(at.offset);
                groups = again(at);
                continue;
            }
            let broken = broken(stop)?;
            if let Some(leader) = next_leader(&mut groups, &at)? {
                self.over(&mut groups, segment, broken, leader.offset, leader.header.seq)?;
                groups.go_to(before(&leader));
                continue;
            }
            let end = groups.frames.last_nonzero(at.offset)?.unwrap_or(at.offset);
            let what = segment.damaged(broken.offset, at.next, broken.damage);
            let lost = Lost { first: self.account.next, last: None };
            self.account.damage(what, at.offset..end, Some(lost), false);
            break Tail::Unmarked;
        };
        self.account.report.bytes += groups.position().offset;
        Ok(())
    }

    /// Walks from the last sound group to `end`, where something is sound again or nothing is left.
    /// The records there are those before `until`.
    fn over(
        &mut self,
        groups: &mut Groups,
        segment: &SegmentFile,
        mut broken: Broken,
        end: u64,
        until: Seq,
    ) -> Result<(), WalError> {
        let at = groups.position();
        let mut batches = Batches::new(at.offset, end, at.next, until);
        let (mut from, mut told) = (at.offset, false);
        while let Some(batch) = batches.next(&mut groups.frames)? {
            let Some((first, last)) = batch.first().zip(batch.last()) else { continue };
            if let Some((offset, damage)) = batches.take_wrong().filter(|_| told) {
                broken = Broken { offset, damage };
            }
            if let Some(lost) = self.account.lost_until(first.header.seq) {
                let what = segment.damaged(broken.offset, lost.first, broken.damage);
                self.account.damage(what, from..first.offset, Some(lost), true);
                told = true;
            }
            for frame in &batch {
                self.account.record(&mut groups.frames, frame, segment)?;
            }
            from = last.end();
        }
        let lost = self.account.lost_until(until);
        if lost.is_none() && told {
            return Ok(());
        }
        if let Some((offset, damage)) = batches.take_wrong().filter(|_| told) {
            broken = Broken { offset, damage };
        }
        let first = lost.map_or(at.next, |lost| lost.first);
        let what = segment.damaged(broken.offset, first, broken.damage);
        self.account.damage(what, from..end, lost, true);
        Ok(())
    }
}

fn groups(file: Arc<dyn DiskFile>, segment: &SegmentFile, limit: u64, at: Position) -> Groups {
    Groups::new(Frames::new(file, segment.header.salt, limit, SCAN_WINDOW_BYTES), at)
}

fn broken(stop: Stop) -> Result<Broken, WalError> {
    match stop {
        Stop::Disk(error) => Err(error.into()),
        Stop::Damage { offset, damage, .. } => Ok(Broken { offset, damage }),
    }
}

/// The first sound leader past the group at `at` that can stand there.
fn next_leader(groups: &mut Groups, at: &Position) -> Result<Option<Frame>, WalError> {
    let mut from = at.offset + 8;
    while let Some(leader) = groups.frames.find_leader(from)? {
        if leader.header.seq >= at.next {
            return Ok(Some(leader));
        }
        from = leader.end();
    }
    Ok(None)
}

/// Where a group with this leader is expected.
fn before(leader: &Frame) -> Position {
    Position {
        offset: leader.offset,
        next: leader.header.seq,
        recorded_at: leader.header.recorded_at,
        tail_crc: 0,
        marked: false,
    }
}
