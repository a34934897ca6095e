"""How each agency of the county receives, in its own system's format, and a look at what reached it.

Folders, an SFTP server, a signed webhook and a page stand beside FHIR and HL7 v2: `receive_each` writes the ways into
the network that is about to start, `Received` reads what has come.
"""

from __future__ import annotations

import csv
import io
import json
import re
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.demo.stage import StoryBroken

SHEET, REFERRAL_NOTE = "community/care_plan_sheet", "psychiatry/ccda_referral"
FORMATS: Mapping[str, str] = {
    "counseling": SHEET,
    "psychiatry": REFERRAL_NOTE,
    "primary-care": REFERRAL_NOTE,
    "housing": "housing/hmis_fy2026",
    "employment": SHEET,
    "legal-aid": "fhir+json",
    "benefits": SHEET,
    "peer-support": "fhir+json",
    "case-management": "community/care_plan_sheet_xlsx",
    "crisis": "fhir+json",
}
"""What each gets in its folder, on its server (primary care) or at its webhook (peer support)."""
AT_SERVER, AT_WEBHOOK, AT_PAGE = "primary-care", "peer-support", "food-pantry"
REFERRED_TO = ("housing", "employment", "legal-aid", "benefits", "food-pantry", "crisis")
"""To whom the case manager refers; the hospital refers to the others."""
ANSWERING = ("housing", "legal-aid", "benefits", "food-pantry")
_SECONDS = 60.0


def receive_each(folder: Path, listening: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the ways of receiving into `network.yaml`. `listening`: what the stand-ins said when they were ready."""
    file = folder / "network.yaml"
    text = file.read_text(encoding="utf-8")
    for agency, written in FORMATS.items():
        if agency == AT_WEBHOOK:
            way = _webhook(folder, listening[agency], written)
        else:
            way = {"kind": "files", "folder": f"out/{agency}", "format": written, "encryption": "none"}
            if agency == AT_SERVER:
                way |= {"folder": "/drop", "sftp": _server(folder, listening[agency])}
            else:
                (folder / "out" / agency / ".handoff").mkdir(parents=True)
        text = _delivering(text, agency, way)
    text = _delivering(text, AT_PAGE, {"kind": "desk"})
    manager = "case-management"
    routes = [(manager, agency, "referral") for agency in REFERRED_TO]
    routes += [(agency, manager, "status") for agency in ANSWERING]
    file.write_text(text + "".join(map(_route, *zip(*routes, strict=True))), encoding="utf-8")


def _route(source: str, addressee: str, carries: str) -> str:
    name = f"{source}-{carries}-to-{addressee}"
    return f"  - {{name: {name}, from: {source}, to: {addressee}, carries: {carries}, purpose: COC}}\n"


def _delivering(text: str, agency: str, way: Mapping[str, Any]) -> str:
    """`network.yaml` with this way of receiving in the agency's block, in place of the one there."""
    begin = text.index(f"\n  {agency}:\n") + len(f"\n  {agency}:\n")
    ends = re.compile(r"^(  )?\S", re.MULTILINE).search(text, begin)
    end = ends.start() if ends else len(text)
    block = re.sub(r"^    delivery: .*\n", "", text[begin:end], flags=re.MULTILINE)
    return f"{text[:begin]}    delivery: {json.dumps(way)}\n{block}{text[end:]}"


def _webhook(folder: Path, said: Mapping[str, Any], written: str) -> dict[str, Any]:
    name = _secret(folder, "webhook-peer.key", said["key"])
    return {"kind": "webhook", "url": said["url"], "format": written, "key": name}


def _server(folder: Path, said: Mapping[str, Any]) -> dict[str, Any]:
    name = _secret(folder, "sftp-primary-care", said["key"])
    address = f"127.0.0.1:{said['port']}"
    return {"address": address, "user": "county", "key": name, "host_keys": [said["host_key"]]}


def _secret(folder: Path, name: str, content: str) -> str:
    file = folder / "keys" / name
    file.touch(mode=0o600)
    file.write_text(content, encoding="ascii")
    return f"keys/{name}"


@dataclass(frozen=True, slots=True)
class Received:
    """A file or body as an agency got it."""

    content: bytes

    def text(self) -> str:
        """All that stands in it, whatever its format."""
        if self.content.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(self.content)) as book:
                return "\n".join(book.read(one).decode() for one in book.namelist())
        return self.content.decode()

    def rows(self, file: str) -> list[dict[str, str]]:
        """The rows of one sheet of a set."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as package:
            return list(csv.DictReader(io.StringIO(package.read(file).decode())))


def in_folder(folder: Path, known: int = 0) -> Received:
    """The newest file that has its manifest, once there are more than `known`. Raises StoryBroken after a minute."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        found = sorted(folder.glob("*.manifest.json"), key=lambda one: one.stat().st_mtime_ns)
        if len(found) > known:
            return Received(Path(str(found[-1]).removesuffix(".manifest.json")).read_bytes())
        time.sleep(0.2)
    raise StoryBroken(f"no file came into {folder.name}")
