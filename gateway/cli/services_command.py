"""`handoff services import`: a directory of services (HSDS 3, 2 or 1.1) in the place of the one there was."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from gateway.errors import HandoffError
from gateway.flows.library import open_library
from gateway.partners import read_network
from gateway.partners.services import services_in, write_services
from mappings import MappingRoomError, pack_files, translate_all

JSON, TABLES = "directory/hsds", "directory/hsds_csv"
_NO_PERSONS_KEY = b"directory of services"
"""Ids of a public directory need not be secret; the same service has the same id each time."""


def import_services(folder: Path, source: Path) -> int:
    """Take in a JSON file, or a folder or zip of CSV tables; 0, or 1 when nothing of it can be taken in.

    Services that cannot be read are told on standard error, and the others are taken in.
    """
    try:
        network = read_network(folder)
        mapping = open_library().mapping(JSON if source.suffix == ".json" else TABLES)
        records = translate_all(
            mapping, _read(source), partner="directory", id_key=_NO_PERSONS_KEY, zone=None
        )
    except (HandoffError, MappingRoomError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    taken: dict[str, dict[str, Any]] = {}
    for record in records:
        if record.translation is None:
            print(f"{record.place or 'service'}: {record.refusal}", file=sys.stderr)
            continue
        taken.update({f"{one['resourceType']}/{one['id']}": one for one in record.translation.resources})
    services = services_in(list(taken.values()), network)
    if not taken:
        print("no service could be read; what was there stays", file=sys.stderr)
        return 1
    write_services(folder, list(taken.values()))
    reached = sum(bool(one.partner) for one in services)
    print(
        f"{len(services)} services, {reached} of them of partners; {len(services) - reached} are not reached"
    )
    return 0


def _read(source: Path) -> bytes:
    """What is to be taken in. Raises MappingRoomError `SEVERAL_PAGES` for one page of several: in the place of the
    whole directory it would take away what stands on the others."""
    if source.is_dir():
        return pack_files({one.name: one.read_bytes() for one in sorted(source.glob("*.csv"))})
    content = source.read_bytes()
    try:
        pages = json.loads(content).get("total_pages") if source.suffix == ".json" else 1
    except (ValueError, AttributeError):
        pages = 1
    if isinstance(pages, int) and pages > 1:
        text = f"one page of {pages}: put the services of all pages into one list"
        raise MappingRoomError("SEVERAL_PAGES", text, "total_pages")
    return content
