#!/usr/bin/env python3
"""Checks a file that `runlog prove` wrote: python3 verify_proof.py FILE --key KEY [--witness KEY ...]

Needs Python 3.9 and nothing else: no Runlog, no server, no network. Written from the specifications alone, so
that you need not trust the program that made the proof: docs/FORMAT.md ("Merkle tree", "Proofs"), RFC 6962 (the tree),
RFC 8032 (Ed25519), and c2sp.org's signed-note, tlog-checkpoint, tlog-cosignature and tlog-proof.
"""

import argparse
import base64
import hashlib
import struct
import sys

LEAF = struct.Struct("<14sQqHBB32s")  # label, sequence, time in ms, kind, version, codec, SHA-256 of the payload


class Refused(Exception):
    """The file proves nothing."""


def need(holds, why):
    if not holds:
        raise Refused(why)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def unbase64(text):
    """Strict: each text stands for other bytes, and the other way round."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Refused("what must be base64 is none") from None
    need(base64.b64encode(data).decode() == text, "what must be base64 is none")
    return data


def decimal(text):
    need(text.isascii() and text.isdigit() and str(int(text)) == text, "what must be a number is none")
    return int(text)


# Ed25519, RFC 8032, section 5.1. Points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    e, f = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    g, h = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total


def decode(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def verifies(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    key, nonce = decode(public), decode(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    left, right = times(scalar, BASE), add(nonce, times(challenge, key))
    return not ((left[0] * right[2] - right[0] * left[2]) % P or (left[1] * right[2] - right[1] * left[2]) % P)


def parse_key(text):
    """name+hash+base64(algorithm, public key), as c2sp.org/signed-note spells verifier keys."""
    name, digest, data = text.split("+", 2)
    data = unbase64(data)
    key_id = sha256(name.encode(), b"\n", data)[:4]
    need(len(data) == 33 and data[0] in (1, 4) and key_id.hex() == digest, f"{text} is no key")
    return name, key_id, data[0], data[1:]


def signed(text, lines, key):
    """When the key has signed the text: a time for a witness, 0 for a log."""
    name, key_id, algorithm, public = parse_key(key)
    found = None
    for line in lines:
        dash, signer, data = (line.split(" ") + ["", ""])[:3]
        need(dash == "\u2014" and signer and data and line.count(" ") == 2, "a signature has another form")
        data = unbase64(data)
        if signer != name or data[:4] != key_id:
            continue  # by somebody else
        time, signature, message = 0, data[4:], text.encode()
        if algorithm == 4:
            time, signature = int.from_bytes(data[4:12], "big"), data[12:]
            message = f"cosignature/v1\ntime {time}\n{text}".encode()
        need(verifies(public, message, signature), f"the signature of {name} is wrong")
        found = time
    need(found is not None, f"it is not signed by {key}")
    return found


def root_from(leaf, index, size, path):
    """The root that a leaf and the hashes beside its way up make: RFC 9162, section 2.1.3.2."""
    need(index < size, "the checkpoint is older than the event")
    at, last, node = index, size - 1, leaf
    for beside in path:
        need(len(beside) == 32 and last, "the path has another length")
        if at & 1 or at == last:
            node = sha256(b"\1", beside, node)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            node = sha256(b"\1", node, beside)
        at, last = at >> 1, last >> 1
    need(not last, "the path has another length")
    return node


def check(data, key, witnesses=()):
    """What the file proves: (origin, size of the log when it signed, fields of the leaf, payload, times of witnesses)."""
    text = data.decode()
    need(text.startswith("c2sp.org/tlog-proof@v1\nextra ") and "\n\n" in text, "it is no proof with an event in it")
    head, note = text.split("\n\n", 1)
    _, extra, index, *path = head.split("\n")
    need(index.startswith("index "), "it has no index")
    index, path = decimal(index[len("index ") :]), [unbase64(line) for line in path]
    need("\n\n" in note and note.endswith("\n"), "its checkpoint is not signed")
    need(not any(c < " " and c != "\n" for c in note), "its checkpoint has control characters")
    body, signatures = note.rsplit("\n\n", 1)
    body, signatures = body + "\n", signatures[:-1].split("\n")
    signed(body, signatures, key)
    times = [signed(body, signatures, witness) for witness in witnesses]
    origin, size, root, *_ = body.split("\n")
    need(origin == parse_key(key)[0], "its checkpoint is of another log")

    event = unbase64(extra[len("extra ") :])
    leaf, payload = event[: LEAF.size], event[LEAF.size :] or None
    found = root_from(sha256(b"\0", leaf), index, decimal(size), path)
    need(found == unbase64(root), "the event is not in the log that was signed")
    label, seq, recorded_at, kind, version, codec, digest = LEAF.unpack(leaf)
    need(label == b"runlog-leaf-v1" and seq == index + 1, "what was signed is no event in this place")
    need(payload is None or sha256(payload) == digest, "the event's content is not what was signed")
    fields = {"seq": seq, "recorded_at": recorded_at, "kind": kind, "version": version, "codec": codec}
    return origin, decimal(size), fields, payload, times


def main():
    parser = argparse.ArgumentParser(description="Checks a file that `runlog prove` wrote.")
    parser.add_argument("file")
    parser.add_argument("--key", required=True, help="the public key of the log, from somebody you trust")
    parser.add_argument("--witness", action="append", default=[], help="that of a witness that must have signed, too")
    args = parser.parse_args()
    with open(args.file, "rb") as file:
        data = file.read()
    try:
        origin, size, fields, payload, times = check(data, args.key, args.witness)
    except (Refused, ValueError, struct.error) as error:
        sys.exit(f"{args.file} proves nothing: {error}")
    print(f"proved: event {fields['seq']} of {origin}, signed when the log had {size} events")
    print(", ".join(f"{name} {value}" for name, value in fields.items()), *(f"witnessed at {time}" for time in times))
    print("payload", "destroyed" if payload is None else payload)


if __name__ == "__main__":
    main()
