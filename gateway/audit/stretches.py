"""A log verified in stretches, each by itself: by as many processes at once as there are processors, or one by one.

A stretch begins where the store says that the log stands. That it does stand there shows the stretch before, which comes
to the same chain hash and the same root: what is found good so is good as if it had been read from the first entry on.
Where one is not good, all after the good ones is read entry by entry: that tells exactly where it begins to be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from gateway.audit.chain import START, Standing, VerifyReport
from gateway.audit.checkpoint import NoteVerifier
from gateway.audit.pages import verify_pages
from gateway.audit.tiles import WIDTH, StoredTree, TileMissing
from gateway.audit.tree import EMPTY, frontier_of
from gateway.audit.verify import not_stored, verify_each, verify_rest
from gateway.store import audit_rows, audit_tiles
from gateway.store.model import Reading

STRETCH = 128 * WIDTH
"""How many entries one has at most: of full tiles, and a second of one processor."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a stretch began with (entries, chain hash, root; hex), and what was found; None: there is no beginning."""

    size: int
    chain: str = ""
    tree: str = ""
    report: VerifyReport | None = None


def verify(
    reading: Reading, verifier: NoteVerifier, witness: Iterable[str] = (), *, facts: bool = True
) -> VerifyReport:
    """Recompute the whole log: chain, tree, signed heads. `witness` holds the notes of the witness file as it was before
    the first look at the store, which may grow meanwhile.

    With `facts` every entry is also opened and compared, which finds exactly where somebody without the keys wrote a
    consistent chain of her own. Reasons: those of `verify_each`.
    """
    spans = full_stretches(reading)
    found = (stretch_of(reading, verifier, span, facts=facts) for span in spans)
    return verify_by(found, spans, reading, verifier, witness, facts=facts)


def full_stretches(reading: Reading, length: int = STRETCH) -> tuple[range, ...]:
    """Of each stretch the number of entries before it, and with it. As many as there are tiles for: a row that was put
    in may say any number.
    """
    size = min(audit_rows.last_number(reading) // WIDTH, audit_tiles.kept(reading)) * WIDTH
    return tuple(range(begin, min(begin + length, size)) for begin in range(0, size, length))


def stretch_of(reading: Reading, verifier: NoteVerifier, span: range, *, facts: bool = True) -> Stretch:
    """One of them, verified."""
    return _stretch(reading, verifier, span.start, span.stop, facts)


def verify_by(
    stretches: Iterable[Stretch],
    spans: Sequence[range],
    reading: Reading,
    verifier: NoteVerifier,
    witness: Iterable[str] = (),
    *,
    facts: bool = True,
) -> VerifyReport:
    """What `verify` says. `stretches` are those of `spans`, in order; they may be under way yet."""
    if not spans or next(iter(not_stored(reading, witness)), None) is not None:
        return verify_each(reading, verifier, witness, facts=facts)
    good, is_whole = _joined(stretches, _stretch(reading, verifier, spans[-1].stop, None, facts))
    if is_whole:
        return good
    start = _standing(reading, good)
    if start is None:
        return verify_each(reading, verifier, witness, facts=facts)
    found = verify_rest(reading, verifier, start, facts=facts)
    return replace(found, shredded=good.shredded + found.shredded)


def _stretch(reading: Reading, verifier: NoteVerifier, size: int, end: int | None, facts: bool) -> Stretch:
    before = audit_rows.any_row(reading, size).chain_hash if size else START
    try:
        frontier = frontier_of(size, StoredTree(reading))
        start = Standing(size, before, frontier.nodes)
        report = (
            verify_rest(reading, verifier, start, facts=facts)
            if end is None
            else verify_pages(reading, verifier, start, end, facts=facts)
        )
    except TileMissing:
        return Stretch(size)
    return Stretch(size, start.chain_hash.hex(), frontier.root().hex(), report)


def _joined(stretches: Iterable[Stretch], rest: Stretch) -> tuple[VerifyReport, bool]:
    """One report on the first ones, as many as are good and begin where the one before ended; whether that is all."""
    whole = VerifyReport(True, 0, None, None, START.hex(), tree=EMPTY.hex())
    for one in chain(stretches, (rest,)):
        found = one.report
        follows = (one.size, one.chain, one.tree) == (whole.entries, whole.root, whole.tree)
        if found is None or not found.ok or not follows:
            return whole, False
        signed_to, shredded = max(whole.signed_to, found.signed_to), whole.shredded + found.shredded
        whole = replace(found, signed_to=signed_to, shredded=shredded)
    return whole, True


def _standing(reading: Reading, good: VerifyReport) -> Standing | None:
    """How the log stands after good entries; None where the stored nodes of the tree over them are not theirs."""
    try:
        frontier = frontier_of(good.entries, StoredTree(reading))
    except TileMissing:
        return None
    if frontier.root().hex() != good.tree:
        return None
    return Standing(good.entries, bytes.fromhex(good.root), frontier.nodes, good.signed_to)
