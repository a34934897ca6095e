"""An agency brings its sheet to its desk: taken in as from its watched folder, and what was refused comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace as with_changes

from gateway.audit import append
from gateway.clock import instant_text
from gateway.disclosure.premises import Premises
from gateway.errors import NotUnderstood
from gateway.flows.agency_desk import BASIS, Worker
from gateway.flows.decided_here import act_entry
from gateway.flows.files import CHANNEL, ArrivedFile, accept_file, in_the_file
from gateway.partners import Network
from gateway.partners.deliveries import BY_MESSAGE_TYPE

SHEETS = ("csv", "xlsx")
SENT = "sheet_sent"
_SHOWN = 50


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken: where in the sheet, and the first that is wrong with it. No value of the sheet."""

    place: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class TakenSheet:
    """What became of a sheet: how many rows were taken and not, the first of these, and all of them as a file.

    `rejected` is None where the sheet could not be read by rows; `ending` is that of both files.
    """

    ending: str
    accepted: int
    refused: int
    rows: tuple[RefusedRow, ...]
    rejected: bytes | None = field(default=None, repr=False)


def sheets_of(network: Network, partner: str) -> Mapping[str, str]:
    """The mapping by which each kind of sheet (`csv`, `xlsx`) of a partner's folder is read; empty without any."""
    return {
        ending: mapping
        for watched in network.content.folders
        if watched.partner == partner
        for ending, mapping in watched.formats.items()
        if ending in SHEETS and mapping != BY_MESSAGE_TYPE
    }


def largest_sheet(network: Network, partner: str) -> int:
    """How many octets of a file are taken from the partner's folder."""
    sizes = [watched.most_bytes for watched in network.content.folders if watched.partner == partner]
    return min(sizes, default=0)


async def sheet_sent(premises: Premises, worker: Worker, ending: str, content: bytes) -> TakenSheet:
    """What became of a sheet of the worker's organization. The same again finds every row known, and doubles nothing.

    Raises NotUnderstood `ENDING_UNKNOWN`, `FILE_EMPTY`, `FORM_TOO_LARGE`, NotNow when the store takes no more.
    """
    mapping = sheets_of(premises.network, worker.partner).get(ending)
    if mapping is None:
        raise NotUnderstood("ENDING_UNKNOWN", "no format is set up for it", "sheet")
    if not content.strip():
        raise NotUnderstood("FILE_EMPTY", "is empty", "sheet")
    if len(content) > largest_sheet(premises.network, worker.partner):
        raise NotUnderstood("FORM_TOO_LARGE", "the sheet is too large; send it in parts", "sheet")
    channel, at = f"{CHANNEL}-{worker.partner}", premises.clock.now()
    taken = await accept_file(premises, ArrivedFile(worker.partner, channel, mapping, content, at))
    refused = [in_the_file(one) for one in taken.records if one.receipt.outcome != "accepted"]
    rows = []
    for one in refused[:_SHOWN]:
        fault = next(each for each in one.receipt.faults if each.severity == "E")
        rows.append(RefusedRow(fault.place or one.place, fault.code, fault.message))
    accepted = len(taken.records) - len(refused)
    said = f"{accepted} rows taken, {len(refused)} not"
    entry = act_entry(SENT, instant_text(at), said, partner=worker.partner)
    named = with_changes(entry, recipient_name=worker.name, basis=BASIS)
    await premises.store.write(lambda tx: append(tx, named))
    return TakenSheet(ending, accepted, len(refused), tuple(rows), taken.rejected_rows)
