//! The bytes of the log, as docs/FORMAT.md has them. Pure: values in, bytes out, and back. The only
//! file that knows a field's place; knows no files, and not what order records must come in.

use uuid::Uuid;

use crate::base::{
    Seq, TimestampMs,
    digest::{Sha256Digest, crc32_from, crc32_ieee},
    limits::PAYLOAD_BYTES_MAX,
};

use super::{
    super::{Damage, NewRecord},
    destroyed::Mark,
};

/// The newest format version that is written and read.
pub(super) const VERSION: u16 = 1;
/// Bytes of a segment header.
pub(super) const SEGMENT_HEADER_BYTES: u64 = SEGMENT_HEADER_LEN as u64;
/// The same, as the length of an array.
pub(super) const SEGMENT_HEADER_LEN: usize = 128;
/// Bytes of a record header.
pub(super) const RECORD_HEADER_BYTES: usize = 32;
/// Bytes of a group leader: a record header and 16 bytes of payload.
pub(super) const LEADER_BYTES: u64 = LEADER_LEN as u64;
/// The same, as the length of an array.
pub(super) const LEADER_LEN: usize = 48;
/// Bytes of the events of one group, with headers and padding.
pub(super) const GROUP_BYTES_MAX: usize = 256 << 20;

const MAGIC: [u8; 8] = *b"RUNLOG\0\x01";
const LEADER_PAYLOAD_BYTES: usize = 16;
const BATCH_MORE: u8 = 0b0001;
const ALIGN: u64 = 8;

const _: () = assert!(LEADER_BYTES == (RECORD_HEADER_BYTES + LEADER_PAYLOAD_BYTES) as u64);
const _: () = assert!(SEGMENT_HEADER_BYTES.is_multiple_of(ALIGN));
const _: () = assert!(GROUP_BYTES_MAX > PAYLOAD_BYTES_MAX + RECORD_HEADER_BYTES);

/// The first bytes of a segment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    /// The log that the segment belongs to.
    pub(super) log_id: Uuid,
    /// Number of the segment, from 1.
    pub(super) segno: u64,
    /// Sequence of the segment's first event.
    pub(super) base: Seq,
    /// For people; nothing depends on it.
    pub(super) created_at: TimestampMs,
    /// Seeds the record headers' checksums, so that bytes of another file never pass for records.
    pub(super) salt: u32,
    /// Length of the file in bytes. A shorter file has lost something.
    pub(super) capacity: u64,
    /// The end of the segment before; [`PrevSegment::NONE`] in the first.
    pub(super) prev: PrevSegment,
}

/// What a segment remembers of the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PrevSegment {
    /// Bytes from its start to the end of its last group.
    pub(super) data_bytes: u64,
    /// Header checksum of its last record.
    pub(super) tail_crc: u32,
    /// Time of the last record before this segment; 0 if there is none.
    pub(super) recorded_at: TimestampMs,
    /// Over its first `data_bytes` bytes.
    pub(super) sha256: Sha256Digest,
}

impl PrevSegment {
    pub(super) const NONE: Self = Self {
        data_bytes: 0,
        tail_crc: 0,
        recorded_at: TimestampMs(0),
        sha256: Sha256Digest([0; 32]),
    };
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(SEGMENT_HEADER_LEN);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&128_u16.to_le_bytes());
        out.extend_from_slice(&0_u32.to_le_bytes());
        out.extend_from_slice(self.log_id.as_bytes());
        out.extend_from_slice(&self.base.0.to_le_bytes());
        out.extend_from_slice(&self.created_at.0.to_le_bytes());
        out.extend_from_slice(&self.salt.to_le_bytes());
        out.extend_from_slice(&self.prev.tail_crc.to_le_bytes());
        out.extend_from_slice(&self.prev.sha256.0);
        out.extend_from_slice(&self.segno.to_le_bytes());
        out.extend_from_slice(&self.capacity.to_le_bytes());
        out.extend_from_slice(&self.prev.data_bytes.to_le_bytes());
        out.extend_from_slice(&self.prev.recorded_at.0.to_le_bytes());
        out.resize(124, 0);
        out.extend_from_slice(&crc32_ieee(&out).to_le_bytes());
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, BadHeader> {
        let bytes: &[u8; SEGMENT_HEADER_LEN] =
            bytes.first_chunk().ok_or(BadHeader::Damaged(Damage::SegmentHeader))?;
        let mut fields = Fields(bytes);
        if fields.take() != MAGIC {
            return Err(BadHeader::Damaged(Damage::Magic));
        }
        let version = u16::from_le_bytes(fields.take());
        if version > VERSION {
            // With a checksum that is right for the version we know, a bit has flipped.
            let mut known = *bytes;
            known[8..10].copy_from_slice(&VERSION.to_le_bytes());
            let flipped = crc32_ieee(&known[..124]).to_le_bytes() == known[124..];
            let damaged = BadHeader::Damaged(Damage::SegmentHeader);
            return Err(if flipped { damaged } else { BadHeader::Newer(version) });
        }
        let header_len = u16::from_le_bytes(fields.take());
        let flags = u32::from_le_bytes(fields.take());
        let log_id = Uuid::from_bytes(fields.take());
        let base = Seq(u64::from_le_bytes(fields.take()));
        let created_at = TimestampMs(i64::from_le_bytes(fields.take()));
        let salt = u32::from_le_bytes(fields.take());
        let tail_crc = u32::from_le_bytes(fields.take());
        let sha256 = Sha256Digest(fields.take());
        let segno = u64::from_le_bytes(fields.take());
        let capacity = u64::from_le_bytes(fields.take());
        let data_bytes = u64::from_le_bytes(fields.take());
        let recorded_at = TimestampMs(i64::from_le_bytes(fields.take()));
        let reserved: [u8; 4] = fields.take();
        let crc = u32::from_le_bytes(fields.take());
        let constants = (version, header_len, flags, reserved) == (VERSION, 128, 0, [0; 4]);
        if crc != crc32_ieee(&bytes[..124]) || !constants {
            return Err(BadHeader::Damaged(Damage::SegmentHeader));
        }
        let prev = PrevSegment { data_bytes, tail_crc, recorded_at, sha256 };
        Ok(Self { log_id, segno, base, created_at, salt, capacity, prev })
    }

    /// The name that a segment with this header has.
    pub(super) fn file_name(&self) -> String {
        format!("seg-{:016x}-{:016x}.runlog", self.segno, self.base.0)
    }
}

/// Segment number and first sequence out of a file name; `None` if it is not a segment's.
pub(super) fn parse_file_name(name: &str) -> Option<(u64, Seq)> {
    let (segno, base) = name.strip_prefix("seg-")?.strip_suffix(".runlog")?.split_once('-')?;
    let hex = |digits: &str| {
        let lower = digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if digits.len() == 16 && lower { u64::from_str_radix(digits, 16).ok() } else { None }
    };
    Some((hex(segno)?, Seq(hex(base)?)))
}

/// Why a segment header was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadHeader {
    /// The version is not known here; the rest was not looked at.
    Newer(u16),
    /// It is not what was written.
    Damaged(Damage),
}

/// The header of a record whose checksum is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecordHeader {
    pub(super) payload_len: usize,
    pub(super) seq: Seq,
    pub(super) recorded_at: TimestampMs,
    pub(super) event_type: u16,
    pub(super) event_version: u8,
    pub(super) codec: u8,
    pub(super) batch_more: bool,
    pub(super) payload_crc: u32,
    /// Its own checksum; the next segment remembers that of the last record.
    pub(super) header_crc: u32,
}

impl RecordHeader {
    /// Reads a header. The length is believed only with the checksum that covers it.
    pub(super) fn decode(bytes: &[u8; RECORD_HEADER_BYTES], salt: u32) -> Result<Self, Damage> {
        if bytes == &[0; RECORD_HEADER_BYTES] {
            return Err(Damage::Blank);
        }
        let mut fields = Fields(bytes);
        let payload_len = u32::from_le_bytes(fields.take());
        let header_crc = u32::from_le_bytes(fields.take());
        if header_crc != header_checksum(bytes, salt) {
            return Err(Damage::RecordHeader);
        }
        let seq = Seq(u64::from_le_bytes(fields.take()));
        let recorded_at = TimestampMs(i64::from_le_bytes(fields.take()));
        let event_type = u16::from_le_bytes(fields.take());
        let [event_version] = fields.take();
        let [codec_and_flags] = fields.take();
        let payload_crc = u32::from_le_bytes(fields.take());
        let flags = codec_and_flags & 0x0f;
        let payload_len = usize::try_from(payload_len).unwrap_or(usize::MAX);
        if !(1..=PAYLOAD_BYTES_MAX).contains(&payload_len) {
            return Err(Damage::Misplaced("payload length is out of bounds"));
        }
        if flags & !BATCH_MORE != 0 {
            return Err(Damage::Misplaced("unknown flag"));
        }
        Ok(Self {
            payload_len,
            seq,
            recorded_at,
            event_type,
            event_version,
            codec: codec_and_flags >> 4,
            batch_more: flags & BATCH_MORE != 0,
            payload_crc,
            header_crc,
        })
    }

    /// Whether this is the leader of a group rather than an event.
    pub(super) fn is_leader(&self) -> bool {
        self.event_type == 0 && self.payload_len == LEADER_PAYLOAD_BYTES
    }

    /// Bytes of header, payload and padding.
    pub(super) fn stored_bytes(&self) -> u64 {
        stored_bytes(self.payload_len)
    }

    /// Checks payload and padding (what follows the header up to [`Self::stored_bytes`]) and
    /// returns the payload.
    pub(super) fn check<'a>(&self, body: &'a [u8]) -> Result<Payload<'a>, Damage> {
        let (payload, padding) = body.split_at_checked(self.payload_len).ok_or(Damage::Payload)?;
        if padding.iter().any(|&byte| byte != 0) {
            return Err(Damage::Payload);
        }
        if crc32_ieee(payload) == self.payload_crc {
            return Ok(Payload::Whole(payload));
        }
        Mark::parse(self, payload).map(Payload::Destroyed).ok_or(Damage::Payload)
    }
}

/// What is in the place of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload<'a> {
    /// The bytes that were appended.
    Whole(&'a [u8]),
    /// What is left of them.
    Destroyed(Mark),
}

/// What the leader of a group says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Leader {
    /// Last sequence known to be durable before the group was written.
    pub(super) synced: Seq,
    /// Bytes of the group's events, that is, after the leader.
    pub(super) group_bytes: u32,
    /// Events of the group; a mark has none.
    pub(super) group_events: u32,
}

impl Leader {
    /// Reads a leader's payload, already checked.
    pub(super) fn decode(payload: &[u8]) -> Self {
        let mut fields = Fields(payload);
        Self {
            synced: Seq(u64::from_le_bytes(fields.take())),
            group_bytes: u32::from_le_bytes(fields.take()),
            group_events: u32::from_le_bytes(fields.take()),
        }
    }
}

/// The salt under which `bytes` are a group leader, if they are one under any: all of its fields but
/// the times and sequences are fixed, and the checksum of its payload is begun from nothing. So a
/// segment can be read whose header is lost.
pub(super) fn leader_salt(bytes: &[u8; LEADER_LEN]) -> Option<u32> {
    let (header, payload) = bytes.split_first_chunk::<RECORD_HEADER_BYTES>()?;
    let mut fields = Fields(header);
    let payload_len: [u8; 4] = fields.take();
    let header_crc = u32::from_le_bytes(fields.take());
    let _seq_and_time: [u8; 16] = fields.take();
    let kind: [u8; 4] = fields.take();
    let payload_crc = u32::from_le_bytes(fields.take());
    let fixed = payload_len == 16_u32.to_le_bytes() && kind == [0, 0, 1, 0];
    if !fixed || payload_crc != crc32_ieee(payload) {
        return None;
    }
    let covered = header.iter().take(4).chain(header.iter().skip(8));
    Some(covered.rev().fold(!header_crc, |crc, byte| unwind(crc) ^ u32::from(*byte)) ^ u32::MAX)
}

/// The state of a CRC-32 before the eight bits that led to `crc`.
fn unwind(crc: u32) -> u32 {
    (0..8).fold(
        crc,
        |crc, _| {
            if crc & 0x8000_0000 == 0 { crc << 1 } else { (crc ^ 0xEDB8_8320) << 1 | 1 }
        },
    )
}

/// Bytes that a record with such a payload takes in a segment.
pub(super) fn stored_bytes(payload_len: usize) -> u64 {
    (RECORD_HEADER_BYTES as u64 + payload_len as u64).next_multiple_of(ALIGN)
}

/// Where a group is put: everything about it that its records do not say themselves.
#[derive(Debug, Clone, Copy)]
pub(super) struct GroupPlace {
    pub(super) salt: u32,
    pub(super) first: Seq,
    /// Time of the record before; the group's times are raised to it.
    pub(super) not_before: TimestampMs,
}

/// Appends leader and events to `out`; returns the time and the header checksum of the last record.
/// The caller has checked the records and the group's size.
pub(super) fn encode_group(
    out: &mut Vec<u8>,
    place: GroupPlace,
    records: &[NewRecord<'_>],
) -> (TimestampMs, u32) {
    let group_bytes: u64 = records.iter().map(|r| stored_bytes(r.payload.len())).sum();
    let mut payload = [0; LEADER_PAYLOAD_BYTES];
    payload[..8].copy_from_slice(&(place.first.0 - 1).to_le_bytes());
    payload[8..12].copy_from_slice(&bounded(group_bytes).to_le_bytes());
    payload[12..].copy_from_slice(&bounded(records.len() as u64).to_le_bytes());
    let mut recorded_at = records.first().map_or(place.not_before, |r| r.recorded_at);
    recorded_at = recorded_at.max(place.not_before);
    let leader = NewRecord {
        recorded_at,
        event_type: 0,
        event_version: 1,
        codec: 0,
        batch_more: false,
        payload: &payload,
    };
    let mut crc = encode_record(out, place.salt, place.first, &leader);
    for (index, record) in (0..).zip(records) {
        recorded_at = record.recorded_at.max(recorded_at);
        let record = NewRecord { recorded_at, ..*record };
        crc = encode_record(out, place.salt, place.first.plus(index), &record);
    }
    (recorded_at, crc)
}

fn encode_record(out: &mut Vec<u8>, salt: u32, seq: Seq, record: &NewRecord<'_>) -> u32 {
    let mut header = [0; RECORD_HEADER_BYTES];
    header[..4].copy_from_slice(&bounded(record.payload.len() as u64).to_le_bytes());
    header[8..16].copy_from_slice(&seq.0.to_le_bytes());
    header[16..24].copy_from_slice(&record.recorded_at.0.to_le_bytes());
    header[24..26].copy_from_slice(&record.event_type.to_le_bytes());
    header[26] = record.event_version;
    header[27] = record.codec << 4 | if record.batch_more { BATCH_MORE } else { 0 };
    header[28..].copy_from_slice(&crc32_ieee(record.payload).to_le_bytes());
    let crc = header_checksum(&header, salt);
    header[4..8].copy_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(record.payload);
    let padding =
        stored_bytes(record.payload.len()) - (RECORD_HEADER_BYTES + record.payload.len()) as u64;
    out.extend((0..padding).map(|_| 0));
    crc
}

/// The checksum of a record header: all of it but the checksum itself, begun as if `salt` were the
/// CRC-32 of bytes before it.
fn header_checksum(header: &[u8; RECORD_HEADER_BYTES], salt: u32) -> u32 {
    crc32_from(crc32_from(salt, &header[..4]), &header[8..])
}

fn bounded(count: u64) -> u32 {
    u32::try_from(count).expect("a checked group is far below 4 GiB")
}

/// Fixed-size fields, one after the other.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let (field, rest) =
            self.0.split_first_chunk().expect("layouts are fixed and checked whole");
        self.0 = rest;
        *field
    }
}
