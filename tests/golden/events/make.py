"""Makes the vectors of event kinds that have none yet: `python3 tests/golden/events/make.py`.

The shapes come from docs/FORMAT.md and the bytes from tests/reader/shapes.py, so the server's own encoder has no
part in them: `cargo test --test format` holds it to them. A new kind needs its row in the document's table and a
run of this program, which writes `<Name>.v<version>.jsonl`; files that are there, it never touches. Lines may be
added to a file by hand, as long as each has a name of its own; lines that were released never change.
"""

import itertools
import json
import re
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "reader"))

from shapes import NUMBERS, Format, fields  # noqa: E402

ODD = "\0\t\n\"\\/\x7f\u0080\u00df e\u0301 \u2028 \ufeff \U0001f682 \U0010ffff "
FLOATS = [
    struct.unpack(">d", bytes.fromhex(bits))[0]
    for bits in ("7ff8000000000001", "fff00000deadbeef", "7ff0000000000000", "fff0000000000000",  # NaN twice, infinities
                 "8000000000000000", "0000000000000001", "7fefffffffffffff", "3fb999999999999a")  # -0.0, ends, 0.1
]  # fmt: skip
LIMITS = {"u8": (0, 255), "u32": (0, 2**32 - 1), "u64": (0, 2**64 - 1), "i64": (-(2**63), 2**63 - 1)}
LONGEST = {"name": 500, "from": 500, "to": 500, "key": 250, "alias": 255}


class Sample:
    """Values for any shape; what they are like, the classes below say."""

    def __init__(self, format: Format):
        self.format, self.count = format, itertools.count(1)

    def record(self, shape) -> dict:
        return {name: self.value(kind.strip(), name) for name, kind in shape}

    def value(self, kind: str, name: str):
        if kind.startswith("option of "):
            return self.option(kind.removeprefix("option of "), name)
        if kind.startswith("list of "):
            return self.items(kind.removeprefix("list of "), name)
        if kind.startswith("("):
            return self.record(fields(kind[1:-1]))
        if words := self.format.words(kind):
            return self.code(words)
        if size := re.fullmatch(r"(\d+) bytes", kind):
            return self.digest(int(size[1])).hex()
        if kind == "bytes":
            return self.digest(len(self.items("u8", name))).hex()
        if kind == "text":
            return self.text(name)
        return self.number(kind) if kind in NUMBERS else self.record(self.format.named[kind])


class Least(Sample):
    """As little as can be: empty, absent, zero; of each code the `nth` word."""

    def __init__(self, format: Format, nth: int = 0):
        super().__init__(format)
        self.nth = nth

    def option(self, kind: str, name: str):
        return self.code(words) if self.nth and (words := self.format.words(kind)) else None

    def items(self, kind: str, name: str):
        return []

    def code(self, words: list[str]):
        return words[min(self.nth, len(words) - 1)]

    def digest(self, count: int):
        return bytes(count)

    def text(self, name: str):
        return ""

    def number(self, kind: str):
        return 0


class Full(Sample):
    """Everything present, and no two numbers or texts alike, so that no field passes for another."""

    def option(self, kind: str, name: str):
        return self.value(kind, name)

    def items(self, kind: str, name: str):
        return self.format.words(kind) or [self.value(kind, name) for _ in range(2)]

    def code(self, words: list[str]):
        return words[1]

    def digest(self, count: int):
        return bytes(next(self.count) % 256 for _ in range(count))

    def text(self, name: str):
        return f"{name} {next(self.count)} größe 世界 🚂"

    def number(self, kind: str):
        return next(self.count) + (0.5 if kind == "f64" else 0)


class Extreme(Sample):
    """The ends of every range, odd characters, the longest names, options that are present and empty."""

    def option(self, kind: str, name: str):
        return "" if kind == "text" else [] if kind.startswith("list of ") else self.value(kind, name)

    def items(self, kind: str, name: str):
        return FLOATS if kind == "f64" else [self.value(kind, name) for _ in FLOATS if kind in NUMBERS] or [self.value(kind, name)]

    def code(self, words: list[str]):
        return words[-1]

    def digest(self, count: int):
        return b"\xff" * count

    def text(self, name: str):
        return (ODD * 20)[: LONGEST[name]] if name in LONGEST else ODD + name

    def number(self, kind: str):
        return LIMITS[kind][next(self.count) % 2]


def samples(format: Format, shape):
    """(name of the vector, its sample) for a kind of this shape: one for each further word of its codes, too."""
    yield from {"least": Least(format), "full": Full(format), "extreme": Extreme(format)}.items()
    most = max((len(format.words(kind.removeprefix("option of ")) or []) for _, kind in shape), default=0)
    yield from ((f"code {nth}", Least(format, nth)) for nth in range(1, most))


def lines(format: Format, kind: int, version: int):
    """The lines of a kind's file."""
    name, shape = format.kinds[kind, version]
    for vector, sample in samples(format, shape):
        payload = format.encode(kind, version, sample.record(format.named["cause"]), sample.record(shape))
        _, cause, body = format.payload(kind, version, payload)
        what = {"vector": vector, "kind": kind, "version": version, "name": name}
        yield json.dumps(what | {"payload": payload.hex(), "cause": cause, "body": body})


def main():
    format = Format()
    for (kind, version), (name, _) in format.kinds.items():
        file = HERE / f"{name}.v{version}.jsonl"
        if not file.exists():
            file.write_text("".join(line + "\n" for line in lines(format, kind, version)))
            print(file)


if __name__ == "__main__":
    main()
