"""Reads a log as docs/FORMAT.md describes it, and checks all that can be checked without a witness."""

import hashlib
import struct
import zlib
from pathlib import Path

HEADER = struct.Struct("<8sHHI16sQqII32sQQQqII")
RECORD = struct.Struct("<IIQqHBBI")
DESTROYED = struct.Struct("<32sQII")
BATCH_MORE = 1


class Bad(Exception):
    """A group that an interrupted write may have left: zeros, checksums and padding that are not right."""


def check(fine: bool, what: str):
    if not fine:
        raise Bad(what)


class Segment:
    """One file of the log; `events` are (header fields, payload) of its events."""

    def __init__(self, path: Path):
        self.path, self.bytes = path, path.read_bytes()
        (magic, version, header_len, flags, self.log_id, self.base, _, self.salt, self.prev_tail_crc, self.prev_sha256,
         self.segno, self.capacity, self.prev_data_bytes, self.prev_recorded_at, reserved, crc) = HEADER.unpack_from(self.bytes)
        assert magic == b"RUNLOG\0\x01" and (version, header_len, flags, reserved) == (1, 128, 0, 0)
        assert crc == zlib.crc32(self.bytes[:124]), f"{path.name}: header checksum"
        assert path.name == f"seg-{self.segno:016x}-{self.base:016x}.runlog"
        assert len(self.bytes) == self.capacity and self.capacity % 4096 == 0
        self.end, self.tail_crc, self.events, self.torn = 128, 0, [], False

    def read(self, seq: int, recorded_at: int, last: bool):
        """Walks the groups; `seq` and `recorded_at` are of the last event before. Only the last segment may be torn."""
        try:
            while self.bytes[self.end : self.end + 32].strip(b"\0"):
                seq, recorded_at = self.group(seq, recorded_at)
            check(not self.bytes[self.end :].strip(b"\0"), f"{self.path.name}: bytes behind the last group")
        except Bad:
            if not last:
                raise
            self.torn = True
            leaders = [at for at in range(self.end + 8, self.capacity - 40, 8) if self.is_leader(at)]
            assert not leaders, f"{self.path.name}: bad group at {self.end}, sound leaders at {leaders}"
        return seq, recorded_at

    def group(self, seq: int, recorded_at: int):
        """Takes in the group at the end of those before it."""
        leader, payload, at = self.record(self.end)
        synced, group_bytes, count = struct.unpack("<QII", payload)
        assert leader["event_type"] == 0 and leader["seq"] == seq + 1 and synced <= seq
        assert leader["recorded_at"] >= recorded_at
        recorded_at, group_end, flags, found = leader["recorded_at"], at + group_bytes, 0, []
        for _ in range(count):
            event, payload, at = self.record(at)
            assert event["seq"] == seq + 1 and event["recorded_at"] >= recorded_at and event["event_type"] > 0
            seq, recorded_at, flags = event["seq"], event["recorded_at"], event["flags"]
            found.append((event, payload))
        assert at == group_end and not flags & BATCH_MORE, f"{self.path.name}: group at {self.end}"
        self.events += found
        self.end, self.tail_crc = at, (found[-1][0] if found else leader)["header_crc"]
        return seq, recorded_at

    def record(self, at: int):
        """(header fields, payload, offset behind it) of the record at an offset."""
        check(at + RECORD.size <= self.capacity, f"{self.path.name}: no room for a record at {at}")
        length, header_crc, seq, recorded_at, event_type, version, codec, payload_crc = RECORD.unpack_from(self.bytes, at)
        header = self.bytes[at : at + 4] + self.bytes[at + 8 : at + 32]
        check(header_crc == zlib.crc32(header, self.salt), f"{self.path.name}: record header at {at}")
        payload, end = self.bytes[at + 32 : at + 32 + length], at + 32 + -(-length // 8) * 8
        check(not self.bytes[at + 32 + length : end].strip(b"\0"), f"{self.path.name}: padding at {at}")
        fields = {"seq": seq, "recorded_at": recorded_at, "event_type": event_type, "version": version}
        if payload_crc == zlib.crc32(payload):
            fields["sha256"] = hashlib.sha256(payload).digest()
        else:
            check(length >= DESTROYED.size, f"{self.path.name}: payload at {at}")
            fields["sha256"], by, substitute_len, crc = DESTROYED.unpack_from(payload)
            sound = crc == zlib.crc32(payload[:44], payload_crc) and not payload[48:].strip(b"\0") and by > seq
            check(sound, f"{self.path.name}: payload at {at}")
            fields["substitute"] = (by, substitute_len)
        return fields | {"codec": codec >> 4, "flags": codec & 15, "header_crc": header_crc}, payload, end

    def is_leader(self, at: int) -> bool:
        try:
            return self.record(at)[0]["event_type"] == 0
        except Bad:
            return False


class Log:
    """All segments of a log: `events` are (header fields, payload) in order, `torn` says how it ends."""

    def __init__(self, directory: Path):
        self.segments, self.events = [], []
        seq, recorded_at, before = 0, 0, None
        files = sorted(directory.glob("seg-*.runlog"))
        for segno, path in enumerate(files, 1):
            segment = Segment(path)
            assert segment.segno == segno and segment.base == seq + 1
            found = (segment.prev_tail_crc, segment.prev_sha256, segment.prev_data_bytes, segment.prev_recorded_at)
            expected = remembered(before, recorded_at)
            if before and any("substitute" in event for event, _ in before.events):
                expected = expected[:1] + found[1:2] + expected[2:]  # the digest is of before
            assert found == expected, f"{path.name}: what it remembers of the segment before"
            assert before is None or segment.log_id == before.log_id
            seq, recorded_at = segment.read(seq, recorded_at, last=segno == len(files))
            self.events += segment.events
            self.segments.append(segment)
            before = segment
        self.torn = before.torn
        self.events = [(event, self.substitute(event, payload)) for event, payload in self.events]

    def substitute(self, event: dict, payload: bytes) -> bytes:
        """What stands for a payload that was destroyed."""
        if "substitute" not in event:
            return payload
        by, length = event["substitute"]
        redaction, whole = self.events[by - 1]
        assert "substitute" not in redaction
        return whole[len(whole) - length :]


def remembered(before: Segment | None, recorded_at: int):
    """What a segment must say of the one before it."""
    if before is None:
        return 0, bytes(32), 0, 0
    return before.tail_crc, hashlib.sha256(before.bytes[: before.end]).digest(), before.end, recorded_at


def merkle_root(leaves: list[bytes]) -> bytes:
    """The root of the RFC 6962 tree over the leaves' data."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\0" + leaves[0]).digest() if leaves else hashlib.sha256().digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + merkle_root(leaves[:split]) + merkle_root(leaves[split:])).digest()


def leaf(event: dict) -> bytes:
    """The data of an event's leaf, 66 bytes."""
    numbers = (event["seq"], event["recorded_at"], event["event_type"], event["version"], event["codec"])
    return b"runlog-leaf-v1" + struct.pack("<QqHBB", *numbers) + event["sha256"]
