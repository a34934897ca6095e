#!/usr/bin/env python3
"""Check an audit export or a file of proofs of Warm Handoff without Warm Handoff: standard library only, no code shared.

    handoff audit export > audit.ndjson               (or: handoff audit prove 7 > entry-7.ndjson)
    python3 verify_audit.py audit.ndjson [--key VERIFIER-KEY] [--witness witness.log]

Says how many entries are whole, or which is the first that is not, and exits 0 or 1. Without --key the key that the
file names is believed: then signed heads prove only that the file fits itself. `gateway/audit/PROOF.md` describes
the format; Ed25519 is RFC 8032, leaves, tree and proofs are those of RFC 6962.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Point = tuple[int, int, int, int]
Head = tuple[int, bytes, bytes]
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT = pow(2, (P - 1) // 4, P)
NOBODY = b"\xff\xff\xff\xff"
TROUBLES = (
    *(ValueError, KeyError, TypeError, AttributeError, StopIteration),
    *(OSError, OverflowError, RecursionError),
)
OTHERS = "the witness holds heads that are not signed by the key"
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


def b64(text: str) -> bytes:
    """The bytes of a base64 text that is their one form. Raises ValueError."""
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:
        raise ValueError("not exact")
    return found


def unhex(text: str) -> bytes:
    """The hash that a hex text is the one form of. Raises ValueError."""
    found = bytes.fromhex(text)
    if len(found) != 32 or found.hex() != text:
        raise ValueError("no hash")
    return found


def head_of(note: str, verifier: str) -> Head:
    """Size, tree root (empty before there was a tree) and chain hash of a note. ValueError when not signed by the
    key.
    """
    name, key_id, encoded = verifier.split("+", 2)
    key = b64(encoded)[1:]
    body, signatures = note.split("\n\n", 1)
    for line in signatures.splitlines():
        signer, _, text = line.removeprefix("\u2014 ").rpartition(" ")
        blob = b64(text)
        if signer == name and blob[:4].hex() == key_id and signed(key, blob[4:], (body + "\n").encode()):
            _, size, *hashed, _ = body.split("\n")
            root, chain = ["", *hashed][-2:]
            return (
                int(size),
                b64(root),
                b64(chain.removeprefix("chain ")),
            )
    raise ValueError("not signed")


def size_of(note: str) -> int:
    """The number of entries that a note speaks of, whoever signed it; 0 when it is none."""
    lines = note.split("\n", 2)
    is_size = len(lines) == 3 and re.fullmatch("[1-9][0-9]{0,17}", lines[1])
    return int(lines[1]) if is_size else 0


def node(left: bytes, right: bytes) -> bytes:
    """The hash over two nodes of the tree; the chain uses it too."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(peaks: list[bytes]) -> bytes:
    """The root over complete subtrees, the largest first."""
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node(peak, root)
    return root


def led(start: int, count: int, size: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    """Roots to which the first hash of `path` leads as place `start` of a tree of `size` leaves: over the part up to
    `count`, and over all. None when the path has another length than it should."""
    if not path or not 0 <= start < size:
        return None
    last, before, after = size - 1, path[0], path[0]
    while start & 1 and count:  # of a consistency proof the first hash stands over a complete subtree
        start, last = start >> 1, last >> 1
    for one in path[1:]:
        if not last:
            return None
        if start & 1 or start == last:
            before, after = node(one, before), node(one, after)
            while start and not start & 1:
                start, last = start >> 1, last >> 1
        else:
            after = node(after, one)
        start, last = start >> 1, last >> 1
    return None if last else (before, after)


def leaf_of(entry: dict[str, Any]) -> bytes:
    """The leaf hash over what an entry says."""
    if type(entry["seq"]) is not int:
        raise ValueError("no number")
    parts = [b"\x00", entry["seq"].to_bytes(8, "big", signed=True)]
    for text in (entry[name] for name in NAMES):
        encoded = None if text is None else text.encode()
        parts += [NOBODY] if encoded is None else [len(encoded).to_bytes(4, "big"), encoded]
    parts += [unhex(entry["sealed_sha256"]), unhex(entry["facts_hash"])]
    return hashlib.sha256(b"".join(parts)).digest()


def is_honest(entry: dict[str, Any]) -> bool:
    """Whether the facts that an entry shows, if any, are its own and say what it says itself."""
    if entry.get("facts") is None or entry.get("salt") is None:
        return entry.get("facts") is entry.get("salt")
    told = b"\x02" + b64(entry["salt"]) + entry["facts"].encode()
    if hashlib.sha256(told).hexdigest() != entry["facts_hash"]:
        return False
    said = json.loads(entry["facts"])
    return all(name in said and said[name] == entry[name] for name in NAMES)


def fault_of(entry: dict[str, Any], expected: int, before: bytes) -> str:
    """What is wrong with an entry that should be number `expected` after the chain hash `before`; "" if nothing."""
    try:
        return fault_in(entry, expected, before)
    except TROUBLES:
        return "cannot be read"


def fault_in(entry: dict[str, Any], expected: int, before: bytes) -> str:
    """The same of an entry that can be read. Raises what `TROUBLES` names."""
    if entry["seq"] != expected:
        return "is missing or out of order"
    leaf = leaf_of(entry)
    if leaf.hex() != entry["leaf_hash"]:
        return "was altered"
    if node(before, leaf).hex() != entry["chain_hash"]:
        return "does not follow the one before it"
    return "" if is_honest(entry) else "shows facts that are not its own"


def whole(lines: Iterator[str], verifier: str, witness: list[str] | None) -> tuple[bool, str]:
    """(whole, sentence) for the entries of an export."""
    vouched: dict[int, list[Head]] = {}
    try:
        for head in (head_of(note, verifier) for note in witness or ()):
            vouched.setdefault(head[0], []).append(head)
    except ValueError:
        return False, OTHERS
    if witness is not None and not vouched:
        return False, "the witness knows no head"
    peaks: list[bytes] = []
    chain, count, end, own, covered = bytes(32), 0, None, 0, 0
    for line in lines:
        try:
            told = json.loads(line)
        except TROUBLES:
            return False, f"what follows entry {count} cannot be read"
        if end is not None:
            return False, "something follows the end of the export"
        if "checkpoint" in told:
            head = head_of(told["checkpoint"], verifier)
            own = max(own, head[0])
            if not count:
                vouched.setdefault(head[0], []).append(head)
            elif head != (count, head[1] and root_of(peaks), chain):
                return False, f"the log up to entry {count} is not the one that was signed"
            covered = count
        elif "end" in told:
            end = told["end"]
        else:
            fault = fault_of(told, count + 1, chain)
            if fault:
                return False, f"entry {count + 1} {fault}"
            chain, peak, size = unhex(told["chain_hash"]), unhex(told["leaf_hash"]), count
            while size & 1:
                peak, size = node(peaks.pop(), peak), size >> 1
            peaks.append(peak)
            count += 1
            for head in vouched.pop(count, ()):
                if head != (count, head[1] and root_of(peaks), chain):
                    return False, f"the log up to entry {count} is not the one that was signed"
                covered = count
    if end != count or own > count:
        return False, f"the log is cut after entry {count}"
    if covered < count:  # anybody can make a chain that fits
        return covered > 0, f"{count} entries fit, and no more than {covered} of them were signed"
    behind = max(vouched, default=count) - count
    later = f"; the witness knows {behind} entries more: the export is older, or cut" if behind else ""
    return True, f"{count} entries, all whole{later}"


def tied(heads: dict[int, Head], verifier: str, witness: list[str]) -> str:
    """What is wrong with the heads of a file of proofs, as the witness sees it; "" if nothing."""
    last = 0
    for note in witness:
        size = size_of(note)
        if size > max(heads) or note.count("\nchain ") != 1:
            continue
        last = max(last, size)
        try:
            if size in heads and head_of(note, verifier) != heads[size]:
                return "the head is not one of those that the witness knows"
        except ValueError:
            return OTHERS
    return "" if last in heads else "nothing ties the head to those that the witness knows"


def proved(lines: Iterator[str], verifier: str, witness: list[str] | None) -> tuple[bool, str]:
    """(proved, sentence) for a file of proofs."""
    head = head_of(json.loads(next(lines))["checkpoint"], verifier)
    heads, count, end, at = {head[0]: head}, 0, None, 0
    for line in lines:
        told = json.loads(line)
        if end is not None:
            return False, "something follows the end of the proofs"
        if "older" in told:
            old = head_of(told["older"], verifier)
            path = [unhex(one) for one in told["consistency"]]
            path = path if old[0] & (old[0] - 1) or old[0] == head[0] else [old[1], *path]
            same = old[1:] == head[1:] and not path if old[0] == head[0] else None
            if not (same or (same is None and led(old[0] - 1, old[0], head[0], path) == (old[1], head[1]))):
                return False, f"the log did not only grow since the head over {old[0]} entries"
            heads[old[0]] = old
        elif "end" in told:
            end = told["end"]
        else:
            path = [leaf_of(told), *(unhex(one) for one in told["path"])]
            if told["seq"] <= at or (led(told["seq"] - 1, 0, head[0], path) or ("", ""))[1] != head[1]:
                return False, f"entry {told['seq']} is not in the log that was signed"
            if not is_honest(told):
                return False, f"entry {told['seq']} shows facts that are not its own"
            at, count = told["seq"], count + 1
    if end != count:
        return False, f"the file is cut after {count} entries"
    fault = "" if witness is None else tied(heads, verifier, witness)
    if fault:
        return False, fault
    grew = "".join(f", which only grew since {size}" for size in heads if size != head[0])
    return True, f"{count} entries, all in the signed log of {head[0]}{grew}"


def note_in(line: str) -> str:
    """The note of a line of a witness file; "" when a crash has torn it."""
    try:
        return str(json.loads(line)["note"])
    except (ValueError, KeyError, TypeError):
        return ""


def verify(lines: Iterator[str], key: str | None, told: list[str] | None) -> tuple[bool, str]:
    """(good, sentence) for the lines of an export or of a file of proofs, and those of a witness file, if any."""
    start = json.loads(next(lines))
    verifier = key or start["verifier_key"]
    if start["verifier_key"] != verifier:
        return False, "the file names another key than the one given"
    witness = None if told is None else [note for note in map(note_in, told) if note]
    if start.get("audit_proof") == 1:
        return proved(lines, verifier, witness)
    if start.get("audit_export") not in (1, 2):
        raise ValueError("another version")
    return whole(lines, verifier, witness)


def main(arguments: list[str] | None = None) -> int:
    """Check one file. The exit code."""
    parser = argparse.ArgumentParser(
        description="Check an audit export or a file of proofs, without the gateway."
    )
    parser.add_argument("export")
    parser.add_argument("--key", help="the verifier key, from another source than the file")
    parser.add_argument("--witness", help="the witness file")
    asked = parser.parse_args(arguments)
    what, told = "the witness file cannot be read", None
    try:
        if asked.witness is not None:
            told = Path(asked.witness).read_text(encoding="utf-8", errors="replace").split("\n")
        what = "cannot be read as an export"
        with Path(asked.export).open(encoding="utf-8", errors="surrogateescape") as file:
            good, sentence = verify(iter(file), asked.key, told)
    except TROUBLES as trouble:
        good, sentence = False, f"{what}: {type(trouble).__name__}"
    sys.stdout.write(sentence + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
