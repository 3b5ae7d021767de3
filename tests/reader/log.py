"""Reads a log as docs/FORMAT.md describes it, and checks all that can be checked without a witness."""

import hashlib
import struct
import zlib
from pathlib import Path

HEADER = struct.Struct("<8sHHI16sQqII32sQQQqII")
RECORD = struct.Struct("<IIQqHBBI")
BATCH_MORE = 1


class Segment:
    """One file of the log; `records` are (header fields, payload) of its events."""

    def __init__(self, path: Path):
        self.path, self.bytes = path, path.read_bytes()
        (magic, version, header_len, flags, self.log_id, self.base, _, self.salt, self.prev_tail_crc, self.prev_sha256,
         self.segno, self.capacity, self.prev_data_bytes, self.prev_recorded_at, reserved, crc) = HEADER.unpack_from(self.bytes)
        assert magic == b"RUNLOG\0\x01" and (version, header_len, flags, reserved) == (1, 128, 0, 0)
        assert crc == zlib.crc32(self.bytes[:124]), f"{path.name}: header checksum"
        assert path.name == f"seg-{self.segno:016x}-{self.base:016x}.runlog"
        assert len(self.bytes) == self.capacity and self.capacity % 4096 == 0
        self.end, self.tail_crc, self.events = 128, 0, []

    def read(self, seq: int, recorded_at: int):
        """Walks the groups; `seq` and `recorded_at` are of the last event before."""
        while self.bytes[self.end : self.end + 32].strip(b"\0"):
            leader, payload, at = self.record(self.end)
            synced, group_bytes, count = struct.unpack("<QII", payload)
            assert leader["event_type"] == 0 and leader["seq"] == seq + 1 and synced <= seq
            assert leader["recorded_at"] >= recorded_at
            recorded_at, group_end, flags = leader["recorded_at"], at + group_bytes, 0
            for _ in range(count):
                event, payload, at = self.record(at)
                assert event["seq"] == seq + 1 and event["recorded_at"] >= recorded_at and event["event_type"] > 0
                seq, recorded_at, flags = event["seq"], event["recorded_at"], event["flags"]
                self.events.append((event, payload))
            assert at == group_end and not flags & BATCH_MORE, f"{self.path.name}: group at {self.end}"
            self.end = at
        assert not self.bytes[self.end :].strip(b"\0"), f"{self.path.name}: bytes behind the last group"
        return seq, recorded_at

    def record(self, at: int):
        length, header_crc, seq, recorded_at, event_type, version, codec, payload_crc = RECORD.unpack_from(self.bytes, at)
        header = self.bytes[at : at + 4] + self.bytes[at + 8 : at + 32]
        assert header_crc == zlib.crc32(header, self.salt), f"{self.path.name}: record header at {at}"
        payload, end = self.bytes[at + 32 : at + 32 + length], at + 32 + -(-length // 8) * 8
        assert payload_crc == zlib.crc32(payload), f"{self.path.name}: payload at {at}"
        assert not self.bytes[at + 32 + length : end].strip(b"\0"), f"{self.path.name}: padding at {at}"
        self.tail_crc = header_crc
        fields = {"seq": seq, "recorded_at": recorded_at, "event_type": event_type, "version": version}
        return fields | {"codec": codec >> 4, "flags": codec & 15}, payload, end


def events(directory: Path):
    """(header fields, payload) of every event of the log in `directory`, in order."""
    seq, recorded_at, before = 0, 0, None
    for segno, path in enumerate(sorted(directory.glob("seg-*.runlog")), 1):
        segment = Segment(path)
        assert segment.segno == segno and segment.base == seq + 1
        if before is None:
            previous = (0, bytes(32), 0, 0)
        else:
            digest = hashlib.sha256(before.bytes[: before.end]).digest()
            previous = (before.tail_crc, digest, before.end, recorded_at)
            assert segment.log_id == before.log_id
        found = (segment.prev_tail_crc, segment.prev_sha256, segment.prev_data_bytes, segment.prev_recorded_at)
        assert found == previous, f"{path.name}: what it remembers of the segment before"
        seq, recorded_at = segment.read(seq, recorded_at)
        yield from segment.events
        before = segment


def merkle_root(leaves: list[bytes]) -> bytes:
    """The root of the RFC 6962 tree over the leaves' data."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\0" + leaves[0]).digest() if leaves else hashlib.sha256().digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + merkle_root(leaves[:split]) + merkle_root(leaves[split:])).digest()


def leaf(event: dict, payload: bytes) -> bytes:
    """The data of an event's leaf, 66 bytes."""
    numbers = (event["seq"], event["recorded_at"], event["event_type"], event["version"], event["codec"])
    return b"runlog-leaf-v1" + struct.pack("<QqHBB", *numbers) + hashlib.sha256(payload).digest()
