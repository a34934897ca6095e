"""Mappings: which the network uses and in which version, what they leave over, and a synthetic sample tried."""

from __future__ import annotations

import asyncio

from gateway.console.doing import Deed, Doing, Done
from gateway.console.look import Look, Sheet, Shown
from gateway.flows.mapping_trials import (
    LARGEST_SAMPLE,
    Opened,
    coverage,
    mappings_in_use,
    opened_newest,
    try_sample,
)

FILTERS = frozenset({"partner", "mapping", "since", "until", "as"})
_LISTED = 100
_HEADS = ("from", "format", "code", "place", "messages", "newest", "newest message")


def mappings(look: Look) -> Shown:
    """The screen."""
    wanted = look.address["partner"]
    covered, left, is_cut = coverage(look.reading, look.window.since, look.window.until)
    shown_left = [one for one in left if wanted in ("", one.partner)]
    library = look.office.premises.library
    shown = {
        "in_use": mappings_in_use(look.office.premises),
        "covered": [one for one in covered if wanted in ("", one.partner)],
        "left": shown_left[: max(_LISTED, look.limit)],
        "is_cut": is_cut,
        "library_version": library.version,
        "known": library.names(),
        "chosen": look.address["mapping"],
        "largest": LARGEST_SAMPLE // 1024,
    }
    rows = [
        (one.partner, one.format, one.code, one.place, one.messages, one.newest, one.message_id)
        for one in shown_left
    ]
    return Shown("mappings.html", shown, sheet=Sheet("left-over", _HEADS, rows))


async def _try(doing: Doing) -> Done:
    """What a mapping makes of the sample. Nothing of the sample is kept; the log has which mapping was tried."""
    mapping_id, text = doing["mapping"], doing.form.get("sample", "")
    tried = await asyncio.to_thread(try_sample, doing.office.premises, mapping_id, text)
    return Done(
        template="mapping_tried.html",
        facts={"tried": tried, "back": f"mappings?mapping={mapping_id}#try"},
        subject=f"mappings/try?mapping={mapping_id}",
    )


async def _open(doing: Doing) -> Done:
    """The newest messages read once more for the places that no row takes; whose they are is in the log."""
    partner = doing["partner"] if doing["partner"] in doing.office.network.partners else ""

    def look() -> Opened:
        with doing.office.read() as reading:
            return opened_newest(doing.office.premises, reading, partner)

    found = await asyncio.to_thread(look)
    return Done(
        template="mapping_unmapped.html",
        facts={"found": found, "partner": partner},
        patients=found.patients,
        subject=f"mappings/unmapped?partner={partner}",
        reason=doing.reason,
    )


DEEDS = (
    Deed("mappings/unmapped", "content", _open),
    Deed("mappings/try", "mappings", _try, largest=LARGEST_SAMPLE * 3 + 4096),
)
"""A form writes what is no letter or digit as three octets."""
