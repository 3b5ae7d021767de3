"""The shapes of event payloads, read from the words of docs/FORMAT.md, and how to decode and encode them.

Nothing here knows an event: whatever the document's table says, is what is decoded.
"""

import re
import struct
from pathlib import Path

FORMAT = Path(__file__).resolve().parents[2] / "docs/FORMAT.md"
NUMBERS = {"u8": "<B", "u32": "<I", "u64": "<Q", "i64": "<q", "f64": "<d"}


class Bytes:
    """A cursor over a payload."""

    def __init__(self, content: bytes):
        self.content, self.at = content, 0

    def take(self, count: int) -> bytes:
        taken = self.content[self.at : self.at + count]
        assert len(taken) == count, f"ends after {len(self.content)} bytes"
        self.at += count
        return taken

    def number(self, name: str):
        form = NUMBERS[name]
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def end(self):
        assert self.at == len(self.content), f"{len(self.content) - self.at} bytes are left over"


class Format:
    """What docs/FORMAT.md says of payloads."""

    def __init__(self, document: str = FORMAT.read_text()):
        words = {name: text for name, text in re.findall(r"^\| ([a-z ]+) \| (.+) \|$", document, re.M)}
        codes = {name: re.findall(r"(\d+) ([\w.]+)", text) for name, text in words.items() if re.match(r"\d+ \w", text)}
        self.codes = {name: {int(code): word for code, word in pairs} for name, pairs in codes.items()}
        self.named = {name: fields(words[name]) for name in ("cause", "origin", "series", "dataset")}
        rows = re.findall(r"^\| (\d+) \| (\d+) \| `(\w+)` \| (.*) \|$", document, re.M)
        self.kinds = {(int(kind), int(version)): (name, fields(text)) for kind, version, name, text in rows}

    def payload(self, kind: int, version: int, content: bytes):
        """(name of the kind, cause, body) of an event."""
        name, shape = self.kinds[kind, version]
        cursor = Bytes(content)
        cause = self.record(self.named["cause"], cursor)
        body = self.record(shape, cursor)
        cursor.end()
        return name, cause, body

    def record(self, shape, cursor) -> dict:
        return {name: self.value(kind, cursor) for name, kind in shape}

    def value(self, kind: str, cursor):
        kind = kind.strip()
        if kind.startswith("option of "):
            given = cursor.number("u8")
            assert given in (0, 1), f"option {given}"
            return self.value(kind.removeprefix("option of "), cursor) if given else None
        if kind.startswith("list of "):
            return [self.value(kind.removeprefix("list of "), cursor) for _ in range(cursor.number("u64"))]
        if kind.startswith("("):
            return self.record(fields(kind[1:-1]), cursor)
        if code := re.fullmatch(r"u8 \(([\w ]+)\)", kind):
            return self.codes[code[1]][cursor.number("u8")]
        if size := re.fullmatch(r"(\d+) bytes", kind):
            return cursor.take(int(size[1])).hex()
        if kind == "bytes":
            return cursor.take(cursor.number("u64")).hex()
        if kind == "text":
            return cursor.take(cursor.number("u64")).decode()
        if kind == "f64":
            value = cursor.number(kind)
            return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}.get(str(value), value)
        return cursor.number(kind) if kind in NUMBERS else self.record(self.named[kind], cursor)

    def words(self, kind: str) -> list[str] | None:
        """The words of a code, if `kind` is one."""
        code = re.fullmatch(r"u8 \(([\w ]+)\)", kind)
        return code and list(self.codes[code[1]].values())

    def encode(self, kind: int, version: int, cause: dict, body: dict) -> bytes:
        """The payload of an event: what `payload` takes apart."""
        return self.spell_record(self.named["cause"], cause) + self.spell_record(self.kinds[kind, version][1], body)

    def spell_record(self, shape, record: dict) -> bytes:
        assert [name for name, _ in shape] == list(record)
        return b"".join(self.spell(kind.strip(), record[name]) for name, kind in shape)

    def spell(self, kind: str, value) -> bytes:
        if kind.startswith("option of "):
            return b"\0" if value is None else b"\1" + self.spell(kind.removeprefix("option of "), value)
        if kind.startswith("list of "):
            items = [self.spell(kind.removeprefix("list of ").strip(), item) for item in value]
            return struct.pack("<Q", len(items)) + b"".join(items)
        if kind.startswith("("):
            return self.spell_record(fields(kind[1:-1]), value)
        if code := re.fullmatch(r"u8 \(([\w ]+)\)", kind):
            return bytes(number for number, word in self.codes[code[1]].items() if word == value)
        if re.fullmatch(r"\d+ bytes", kind):
            return bytes.fromhex(value)
        if kind == "bytes":
            return struct.pack("<Q", len(value) // 2) + bytes.fromhex(value)
        if kind == "text":
            return struct.pack("<Q", len(value.encode())) + value.encode()
        if kind in NUMBERS:
            return struct.pack(NUMBERS[kind], float(value) if kind == "f64" else value)
        return self.spell_record(self.named[kind], value)


def fields(words: str) -> list[tuple[str, str]]:
    """`name type, name type` as pairs; commas inside parentheses do not part fields."""
    parts, depth = [""], 0
    for character in words:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [tuple(part.strip().split(" ", 1)) for part in parts]
