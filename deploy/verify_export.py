#!/usr/bin/env python3
"""Check an audit export of Warm Handoff. Short, to be read before it is believed; standard library, no code shared.

    python3 verify_export.py audit.ndjson [VERIFIER-KEY]

Of every entry its number, its hashes (RFC 6962 leaves, and the chain) and the facts it shows; of every signed head the
Ed25519 signature (RFC 8032), the chain and the root of the tree. Witness files and files of proofs: `verify_audit.py`.
"""

import base64
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
NAMES = ("at", "kind", "patient_id", "partner", "purpose", "outcome", "request_id")
TROUBLES = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    StopIteration,
    OSError,
    OverflowError,
    RecursionError,
)


def point(encoded: bytes) -> tuple[int, int]:
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number % 2**255
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    if len(encoded) != 32 or y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("no point")
    return (x if x % 2 == sign else P - x), y


def add(p: tuple[int, int], q: tuple[int, int]) -> tuple[int, int]:
    (a, b), (c, d) = p, q
    k = D * a * b * c * d % P
    return (a * d + b * c) * pow(1 + k, -1, P) % P, (b * d + a * c) * pow(1 - k, -1, P) % P


def times(number: int, p: tuple[int, int]) -> tuple[int, int]:
    total = (0, 1)
    for bit in bin(number)[2:]:
        total = add(total, total)
        total = add(total, p) if bit == "1" else total
    return total


def signed(key: bytes, signature: bytes, body: bytes) -> bool:
    s = int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + body).digest(), "little") % L
    try:
        right = add(point(signature[:32]), times(h, point(key)))
    except ValueError:
        return False
    return len(signature) == 64 and s < L and times(s, BASE) == right


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def exact(text: str) -> bytes:
    found = base64.b64decode(text, validate=True)
    if base64.b64encode(found).decode() != text:
        raise ValueError("not exact")
    return found


def unhex(text: str) -> bytes:
    found = bytes.fromhex(text)
    if len(found) != 32 or found.hex() != text:
        raise ValueError("no hash")
    return found


def head_of(note: str, verifier: str) -> tuple[int, bytes, bytes]:
    """Size, root of the tree (empty before there was one) and chain hash of a note that the key has signed."""
    name, key_id, key = verifier.split("+", 2)
    body, signatures = note.split("\n\n", 1)
    for line in signatures.splitlines():
        signer, _, text = line.removeprefix("\u2014 ").rpartition(" ")
        blob = exact(text)
        if (signer, blob[:4].hex()) == (name, key_id) and signed(
            exact(key)[1:], blob[4:], (body + "\n").encode()
        ):
            _, size, *hashed, _ = body.split("\n")
            root, chain = ["", *hashed][-2:]
            return int(size), exact(root), exact(chain.removeprefix("chain "))
    raise ValueError("not signed")


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(peaks: list[bytes]) -> bytes:
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node(peak, root)
    return root


def fault(entry: dict[str, Any], expected: int, before: bytes) -> str:
    """What is wrong with the entry that should be number `expected` after the chain hash `before`; "" if nothing."""
    if entry["seq"] != expected:
        return "is missing or out of order"
    parts = [b"\x00", expected.to_bytes(8, "big")]
    for text in (entry[name] for name in NAMES):
        parts += [b"\xff" * 4] if text is None else [len(text.encode()).to_bytes(4, "big"), text.encode()]
    hashes = [unhex(entry[name]) for name in ("sealed_sha256", "facts_hash", "leaf_hash", "chain_hash")]
    if hashlib.sha256(b"".join([*parts, *hashes[:2]])).digest() != hashes[2]:
        return "was altered"
    if node(before, hashes[2]) != hashes[3]:
        return "does not follow the one before it"
    facts, salt = entry.get("facts"), entry.get("salt")
    if facts is None and salt is None:
        return ""
    told = b"" if None in (facts, salt) else b"\x02" + exact(salt) + facts.encode()
    if hashlib.sha256(told).digest() == hashes[1] and all(
        json.loads(facts)[name] == entry[name] for name in NAMES
    ):
        return ""
    return "shows facts that are not its own"


def whole(lines: Iterator[str], key: str | None) -> tuple[bool, str]:
    """(whole, sentence) for the lines of an export. Heads stand behind their last entry, the newest before all."""
    start = json.loads(next(lines))
    verifier = key or start["verifier_key"]
    if start["verifier_key"] != verifier:
        return False, "the file names another key than the one given"
    if start["audit_export"] not in (1, 2):
        raise ValueError("another version")
    peaks: list[bytes] = []
    vouched: dict[int, list[tuple[int, bytes, bytes]]] = {}
    chain, count, end, covered = bytes(32), 0, None, 0
    for line in lines:
        try:
            told = json.loads(line)
        except TROUBLES:
            return False, f"what follows entry {count} cannot be read"
        if end is not None:
            return False, "something follows the end of the export"
        if "end" in told:
            end = told["end"]
            continue
        if "checkpoint" in told:
            head = head_of(told["checkpoint"], verifier)
            vouched.setdefault(count or head[0], []).append(head)
        else:
            try:
                wrong = fault(told, count + 1, chain)
            except TROUBLES:
                wrong = "cannot be read"
            if wrong:
                return False, f"entry {count + 1} {wrong}"
            chain, peak, size = bytes.fromhex(told["chain_hash"]), bytes.fromhex(told["leaf_hash"]), count
            while size % 2:
                peak, size = node(peaks.pop(), peak), size // 2
            peaks.append(peak)
            count += 1
        for head in vouched.pop(count, ()):
            if head != (count, head[1] and root_of(peaks), chain):
                return False, f"the log up to entry {count} is not the one that was signed"
            covered = count
    if end != count or vouched:
        return False, f"the log is cut after entry {count}"
    if covered < count:  # anybody can make a chain that fits
        return covered > 0, f"{count} entries fit, and no more than {covered} of them were signed"
    return True, f"{count} entries, all whole"


def main(file: str, key: str | None = None) -> int:
    try:
        with Path(file).open(encoding="utf-8", errors="surrogateescape") as lines:
            good, sentence = whole(iter(lines), key)
    except TROUBLES as trouble:
        good, sentence = False, f"cannot be read as an export: {type(trouble).__name__}"
    sys.stdout.write(sentence + "\n")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
