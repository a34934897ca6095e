"""To whom a program has not given its own notice (42 CFR 2.22), program by program, and what they had before."""

from __future__ import annotations

from gateway.console.look import Look, Sheet, Shown, patients_of
from gateway.flows.patient_notices import programs, without_notice

FILTERS = frozenset({"partner", "after", "as"})
_HEADS = ("program", "patient", "version in force", "version given", "given on", "how")


def patient_notices(look: Look) -> Shown:
    """The list of one program; as a file in parts."""
    network = look.office.network
    owing = dict(programs(network))
    asked = look.address["partner"]
    program = asked if asked in owing else next(iter(owing), "")
    found = (
        without_notice(look.reading, network, look.limit + 1, program, look.address["after"])
        if program
        else ()
    )
    listed = found[: look.limit]
    further = listed[-1].patient_id if len(found) > look.limit else ""
    shown = {
        "listed": listed,
        "program": program,
        "version": owing.get(program, ""),
        "programs": tuple(owing),
        "further": look.address.to(partner=program, after=further) if further else "",
    }
    rows = [
        (one.partner, one.patient_id, one.version, *((one.last.version, one.last.given_on, one.last.way)
         if one.last else ("", "", "")))
        for one in listed
    ]  # fmt: skip
    ids = patients_of(one.patient_id for one in listed)
    return Shown("patient_notices.html", shown, ids, Sheet("patient-notices", _HEADS, rows), after=further)
