"""Changing one thing in `network.yaml` and leaving every other byte, comments too, as its writer left it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from gateway.errors import NotFound, NotNow, NotSupported
from gateway.partners.network_file import parse_network

_ENDLESS = 1_000_000
"""No line is folded: a key stays on one line."""


def with_partner(text: str, partner_id: str, entry: Mapping[str, Any]) -> str:
    """`text` with one more partner behind the last one. Raises NotSupported `FILE_WRITTEN_OTHERWISE` where its partners
    are not written one below the other.
    """
    key, partners = _of(_tree(text), "partners")
    written = yaml.safe_dump(
        {partner_id: entry}, default_flow_style=None, sort_keys=False, width=_ENDLESS, allow_unicode=True
    )
    if not partners.value:
        return (
            text[: key.end_mark.index]
            + ":\n"
            + indent(written, "  ").rstrip()
            + text[partners.end_mark.index :]
        )
    if partners.flow_style:
        raise NotSupported("FILE_WRITTEN_OTHERWISE", "write each partner on lines of its own", "partners")
    end = _line_end(text, _last(partners).end_mark.index)
    before = text[:end] if text[:end].endswith("\n") else text[:end] + "\n"
    return f"{before}\n{indent(written, ' ' * partners.value[0][0].start_mark.column)}{text[end:]}"


def with_state(text: str, partner_id: str, state: str) -> str:
    """`text` with another state of one partner. Raises NotFound `NO_SUCH_PARTNER`, NotSupported `FILE_WRITTEN_OTHERWISE`
    where its state is written for others too (YAML's `&` and `*`).
    """
    _, partners = _of(_tree(text), "partners")
    found = next((value for key, value in partners.value if key.value == partner_id), None)
    if found is None:
        raise NotFound("NO_SUCH_PARTNER", "network.yaml has no partner of that id", partner_id)
    node = next((value for key, value in found.value if key.value == "state"), None)
    changed = text if node is None else text[: node.start_mark.index] + state + text[node.end_mark.index :]
    wanted = yaml.safe_load(text)
    wanted["partners"][partner_id] = {**wanted["partners"][partner_id], "state": state}
    if yaml.safe_load(changed) != wanted:
        raise NotSupported("FILE_WRITTEN_OTHERWISE", "write its `state` on a line of its own", partner_id)
    return changed


def save_network(folder: Path, text: str, was: str) -> None:
    """Put `text` in the place of `folder/network.yaml`, all of it or nothing, while that still says what it `was`.

    Raises NetworkFileRefused, NotNow `FILE_CHANGED` (nothing was written), OSError.
    """
    path = (folder / "network.yaml").resolve()
    content = text.encode()
    parse_network(content, str(path), folder)
    if path.read_bytes() != was.encode():
        raise NotNow("FILE_CHANGED", "somebody changed it meanwhile; look at it and try again", str(path))
    draft = path.with_name(path.name + ".part")
    status = path.stat()
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if (
            os.geteuid() == 0
        ):  # the gateway, which runs as somebody else, must be able to read it at its next start
            os.fchown(descriptor, status.st_uid, status.st_gid)
        os.fchmod(descriptor, status.st_mode & 0o777)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _tree(text: str) -> Any:
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _of(table: Any, name: str) -> tuple[Any, Any]:
    """Key and value of a setting; `parse_network` has found it to be there."""
    return next((key, value) for key, value in table.value if key.value == name)


def _last(node: Any) -> Any:
    """What is written last in a node: behind a table of lines stand comments that belong to what follows."""
    while not isinstance(node, yaml.ScalarNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return node


def _line_end(text: str, place: int) -> int:
    """Where the line ends that holds what ends at `place`, its line break included."""
    if text[place - 1 : place] == "\n":
        return place
    found = text.find("\n", place)
    return len(text) if found < 0 else found + 1
