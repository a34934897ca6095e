"""The one way by which a command shows what a store knows of patients: who looks is in the audit log before it does."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.cli.who import who
from gateway.flows.another_person import account_name
from gateway.store import Reading
from gateway.wiring.looking import reading
from gateway.wiring.network_folder import NetworkFolder
from gateway.wiring.recorded_looks import record_look

Asked = Callable[[Reading], tuple[str, Iterable[str | None]]]
"""What is asked of a store: the command with the ids that the store knows (whatever else was typed may be a name), and
the patients who will be on what is shown.
"""


@contextmanager
def looked(network: Path, store: str | None, asked: Asked) -> Iterator[tuple[NetworkFolder, Reading]]:
    """A look into a store that the log has taken down.

    Raises NotNow `LOOK_NOT_RECORDED`: nothing is shown then.
    """
    with reading(network, store) as (folder, view):
        take_down(folder, store, *asked(view))
        yield folder, view


def take_down(folder: NetworkFolder, store: str | None, subject: str, patients: Iterable[str | None]) -> None:
    """Have the log say that this command shows these patients; of a copy, tell what becomes of that.

    Raises NotNow `LOOK_NOT_RECORDED`: nothing may be shown then.
    """
    ids = frozenset(one for one in patients if one)
    if told := record_look(folder, store, account_name(who()), f"handoff {subject}", ids):
        print(told, file=sys.stderr)


def known(reading: Reading, patient: str) -> tuple[str, ...]:
    """The patient, if the store knows that id."""
    from gateway.store import patients

    return (patient,) if patients.exists(reading, patient) else ()


def tell_missing(view: Reading) -> None:
    """Say on standard error from when to when the log may lack entries, after a restore: what left then is not told."""
    from gateway.wiring.last_restore import spans_told

    for begun, ended in spans_told(view):
        text = f"entries from {begun} to {ended} may be missing: a backup was put back; ask the agencies what left then"
        print(text, file=sys.stderr)
