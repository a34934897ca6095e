#!/usr/bin/env python3
"""Check an audit export of Warm Handoff without Warm Handoff: standard library only, no code shared with it.

    handoff audit export > audit.ndjson
    python3 verify_audit.py audit.ndjson [--key VERIFIER-KEY] [--witness witness.log]

Says how many entries are whole, or which is the first that is not, and exits 0 or 1. Without --key the key that the
export names is believed: then signed heads prove only that the export fits itself. `gateway/audit/README.md` describes
the format; Ed25519 is RFC 8032, leaf and chain prefixes are those of RFC 6962.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Point = tuple[int, int, int, int]
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)
NOBODY = b"\xff\xff\xff\xff"
NAMES = ("at", "kind", "patient_id", "partner", "purpose", "outcome", "request_id")


def add(p: Point, q: Point) -> Point:
    """The sum of two points in extended coordinates."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    """`number` times a point."""
    total = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def point_of(encoded: bytes) -> Point:
    """The point that 32 bytes name. Raises ValueError when they name none."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def signed(key: bytes, signature: bytes, body: bytes) -> bool:
    """Whether the Ed25519 `signature` of `body` is that of `key`."""
    try:
        first, second = point_of(signature[:32]), point_of(key)
    except ValueError:
        return False
    s = int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + body).digest(), "little") % L
    left, right = times(s, BASE), add(first, times(h, second))
    same_x = (left[0] * right[2] - right[0] * left[2]) % P == 0
    return len(signature) == 64 and s < L and same_x and (left[1] * right[2] - right[1] * left[2]) % P == 0


def head_of(note: str, verifier: str) -> tuple[int, bytes]:
    """Size and chain hash that a signed note vouches for. Raises ValueError when it is not signed by the key."""
    name, key_id, encoded = verifier.split("+", 2)
    key = base64.b64decode(encoded, validate=True)[1:]
    body, signatures = note.split("\n\n", 1)
    for line in signatures.splitlines():
        signer, _, text = line.removeprefix("\u2014 ").rpartition(" ")
        blob = base64.b64decode(text, validate=True)
        if signer == name and blob[:4].hex() == key_id and signed(key, blob[4:], (body + "\n").encode()):
            _, size, chain, _ = body.split("\n")
            return int(size), base64.b64decode(chain, validate=True)
    raise ValueError("not signed")


def fault_of(entry: dict[str, Any], expected: int, before: bytes) -> str:
    """What is wrong with an entry that should be number `expected` after the chain hash `before`; "" if nothing."""
    if entry["seq"] != expected:
        return "is missing or out of order"
    parts = [b"\x00", entry["seq"].to_bytes(8, "big", signed=True)]
    for text in (entry[name] for name in NAMES):
        encoded = None if text is None else text.encode()
        parts += [NOBODY] if encoded is None else [len(encoded).to_bytes(4, "big"), encoded]
    parts += [bytes.fromhex(entry["sealed_sha256"]), bytes.fromhex(entry["facts_hash"])]
    leaf = hashlib.sha256(b"".join(parts)).digest()
    if leaf.hex() != entry["leaf_hash"]:
        return "was altered"
    if hashlib.sha256(b"\x01" + before + leaf).hexdigest() != entry["chain_hash"]:
        return "does not follow the one before it"
    if entry.get("facts") is not None:
        told = b"\x02" + base64.b64decode(entry["salt"], validate=True) + entry["facts"].encode()
        if hashlib.sha256(told).hexdigest() != entry["facts_hash"]:
            return "shows facts that are not its own"
    return ""


def verify(lines: Iterator[str], key: str | None, witness: dict[int, set[bytes]]) -> tuple[bool, str]:
    """(whole, sentence) for the lines of an export."""
    start = json.loads(next(lines))
    verifier = key or start["verifier_key"]
    if start["verifier_key"] != verifier:
        return False, "the export names another key than the one given"
    vouched: dict[int, set[bytes]] = {}
    chain, count, end = bytes(32), 0, None
    for line in lines:
        told = json.loads(line)
        if end is not None:
            return False, "something follows the end of the export"
        if "checkpoint" in told:
            size, at = head_of(told["checkpoint"], verifier)
            vouched.setdefault(size, set()).add(at)
        elif "end" in told:
            end = told["end"]
        else:
            fault = fault_of(told, count + 1, chain)
            if fault:
                return False, f"entry {count + 1} {fault}"
            chain, count = bytes.fromhex(told["chain_hash"]), count + 1
            if count in witness:
                vouched.setdefault(count, set()).update(witness[count])
            if vouched.pop(count, {chain}) != {chain}:
                return False, f"the log up to entry {count} is not the one that was signed"
    if end != count or vouched:
        return False, f"the log is cut after entry {count}"
    behind = max([size - count for size in witness if size > count], default=0)
    later = f"; the witness knows {behind} entries more: the export is older, or cut" if behind else ""
    return True, f"{count} entries, all whole{later}"


def main(arguments: list[str] | None = None) -> int:
    """Check one export. The exit code."""
    parser = argparse.ArgumentParser(description="Check an audit export, without the gateway.")
    parser.add_argument("export")
    parser.add_argument("--key", help="the verifier key, from another source than the export")
    parser.add_argument("--witness", help="the witness file")
    asked = parser.parse_args(arguments)
    try:
        notes = Path(asked.witness).read_text(encoding="utf-8").splitlines() if asked.witness else []
        with Path(asked.export).open(encoding="utf-8") as file:
            verifier = asked.key or json.loads(file.readline())["verifier_key"]
            file.seek(0)
            witness: dict[int, set[bytes]] = {}
            for line in notes:
                size, at = head_of(json.loads(line)["note"], verifier)
                witness.setdefault(size, set()).add(at)
            whole, sentence = verify(iter(file), asked.key, witness)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, OSError) as trouble:
        whole, sentence = False, f"cannot be read as an export: {type(trouble).__name__}"
    sys.stdout.write(sentence + "\n")
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
