"""Reading `network.yaml`: every fault is named with its line and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import yaml

from gateway.errors import NotUnderstood
from gateway.partners.agreements import agreement_faults
from gateway.partners.connection_faults import connection_faults, named_file_faults
from gateway.partners.deliveries import NoDelivery
from gateway.partners.network import Network, NetworkFile, Operator, Partner, PolicyChoice, Route
from gateway.partners.papers import Agreement

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Written in C where it is there: ten times as fast, and every command reads the file."""
_NO_CLIENT = "#"
"""How the names begin under which the gateway's own links and sessions are kept, beside what clients have used."""


@dataclass(frozen=True, slots=True)
class FileFault:
    """One thing that is wrong in the file, and what to do about it."""

    line: int
    place: str
    what: str

    def text(self, file: str) -> str:
        """One line for a person, in the form editors understand."""
        return f"{file}:{self.line}: {self.place}: {self.what}"


class NetworkFileRefused(NotUnderstood):
    """The network file cannot be used; `faults` lists every reason found."""

    def __init__(self, file: str, faults: Sequence[FileFault]) -> None:
        first = faults[0]
        super().__init__("NETWORK_FILE_REFUSED", first.what, f"{file}:{first.line} {first.place}")
        self.faults = tuple(faults)


def schema() -> dict[str, Any]:
    """The JSON Schema of `network.yaml`."""
    return msgspec.json.schema(NetworkFile)


def read_network(folder: Path) -> Network:
    """The network that `folder/network.yaml` describes.

    Raises NetworkFileRefused with every fault, its line and what to do.
    """
    path = folder / "network.yaml"
    try:
        content = path.read_bytes()
    except OSError as error:
        fault = FileFault(1, "network.yaml", "cannot be read; make one with `handoff network init`")
        raise NetworkFileRefused(str(path), [fault]) from error
    return parse_network(content, str(path), folder)


def parse_network(content: bytes, file: str = "network.yaml", folder: Path | None = None) -> Network:
    """The network written in `content` (YAML, UTF-8); with `folder` the files it names are looked at, too.

    Raises NetworkFileRefused.
    """
    try:
        tree = yaml.compose(content, Loader=_LOADER)
        plain = yaml.load(content, Loader=_LOADER)  # noqa: S506 - both are safe loaders
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise NetworkFileRefused(
            file, [FileFault(line, "file", "is no valid YAML; mend this line")]
        ) from error
    if not isinstance(plain, dict) or tree is None:
        raise NetworkFileRefused(file, [FileFault(1, "file", "must be a table of settings")])
    lines = _Lines(tree)
    faults = list(_shape_faults(plain, lines))
    if faults:
        raise NetworkFileRefused(file, faults)
    try:
        network_file = msgspec.convert(plain, NetworkFile, strict=True)
    except msgspec.ValidationError as error:
        raise NetworkFileRefused(file, [_fault_of(error, (), lines)]) from error
    faults = list(_meaning_faults(network_file, lines))
    if folder is not None and not faults:
        faults += [
            FileFault(lines.of(p), _place(p), text) for p, text in named_file_faults(folder, network_file)
        ]
    if faults:
        raise NetworkFileRefused(file, faults)
    return Network(network_file)


class _Lines:
    """Finds the line of a path in the file."""

    def __init__(self, tree: yaml.Node) -> None:
        self._tree = tree

    def of(self, path: Sequence[str | int]) -> int:
        """The line (from 1) of the deepest part of `path` that exists."""
        node, line = self._tree, self._tree.start_mark.line + 1
        for step in path:
            found = self._child(node, step)
            if found is None:
                return line
            node, line = found
        return line

    @staticmethod
    def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, int] | None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    return value, key.start_mark.line + 1
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            child = node.value[step]
            return child, child.start_mark.line + 1
        return None


def _shape_faults(plain: dict[str, Any], lines: _Lines) -> Iterator[FileFault]:
    """Faults of single partners and routes, each found alone so that one slip does not hide the next."""
    partners = plain.get("partners")
    if isinstance(partners, dict):
        for name, partner in partners.items():
            yield from _convert_faults(partner, Partner, ("partners", name), lines)
    for setting, entry_kind in (("routes", Route), ("agreements", Agreement)):
        entries = plain.get(setting)
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            yield from _convert_faults(entry, entry_kind, (setting, index), lines)
    for name, kind in (("operator", Operator), ("policy", PolicyChoice)):
        if name in plain:
            yield from _convert_faults(plain[name], kind, (name,), lines)


def _convert_faults(
    value: object, kind: type, path: tuple[str | int, ...], lines: _Lines
) -> Iterator[FileFault]:
    try:
        msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        yield _fault_of(error, path, lines)


def _fault_of(error: msgspec.ValidationError, path: tuple[str | int, ...], lines: _Lines) -> FileFault:
    text, _, where = str(error).partition(" - at `")
    where = where.rpartition("`$")[2]  # for a wrong name of a setting: "key` in `$.folders"
    steps = list(path) + list(_steps(where.rstrip("`")))
    place = ".".join(str(step) for step in steps) or "file"
    return FileFault(lines.of(steps), place, text[:1].lower() + text[1:])


def _place(path: Sequence[str | int]) -> str:
    return ".".join(map(str, path))


def _steps(where: str) -> Iterator[str | int]:
    for part in where.removeprefix("$").split("."):
        name, _, rest = part.partition("[")
        if name:
            yield name
        index = rest.rstrip("]")
        if index.isdigit():
            yield int(index)


def _meaning_faults(content: NetworkFile, lines: _Lines) -> Iterator[FileFault]:
    yield from _zone_faults(content, lines)
    yield from _route_faults(content, lines)
    yield from _unnamed_faults(content, lines)
    yield from _partner_faults(content, lines)
    url = content.public_url
    if url and (not url.startswith(("https://", "http://")) or url.endswith("/")):
        text = "must begin with `https://` and end without a slash"
        yield FileFault(lines.of(("public_url",)), "public_url", text)
    told = chain(connection_faults(content), agreement_faults(content))
    yield from (FileFault(lines.of(p), _place(p), text) for p, text in told)


def _zone_faults(content: NetworkFile, lines: _Lines) -> Iterator[FileFault]:
    zones: list[tuple[tuple[str, ...], str]] = [(("zone",), content.zone)]
    zones += [(("partners", pid, "zone"), p.zone) for pid, p in content.partners.items() if p.zone]
    for path, zone in zones:
        try:
            ZoneInfo(zone)
        except (ValueError, OSError, KeyError):
            yield FileFault(lines.of(path), ".".join(path), "is no IANA time zone, such as `America/Phoenix`")


def _route_faults(content: NetworkFile, lines: _Lines) -> Iterator[FileFault]:
    names: set[str] = set()
    for index, route in enumerate(content.routes):
        for field, partner in (
            ("from", route.source),
            ("to", route.addressee),
            ("with_addressee", route.with_addressee),
        ):
            if partner is not None and partner not in content.partners:
                where = ("routes", index, field)
                yield FileFault(lines.of(where), f"routes.{index}.{field}", "names no partner of this file")
        if route.name in names:
            yield FileFault(lines.of(("routes", index, "name")), f"routes.{index}.name", "is used twice")
        names.add(route.name)
        addressee = content.partners.get(route.addressee)
        if addressee and addressee.kind == "law_enforcement":
            text = "nothing is ever sent to law enforcement (42 CFR 2.12(d)); remove this route"
            yield FileFault(lines.of(("routes", index, "to")), f"routes.{index}.to", text)
        if addressee and isinstance(addressee.delivery, NoDelivery) and route.carries != "care_plan":
            text = "the addressee has no `delivery`; name one or let it pull care plans"
            yield FileFault(lines.of(("routes", index, "to")), f"routes.{index}.to", text)


def _unnamed_faults(content: NetworkFile, lines: _Lines) -> Iterator[FileFault]:
    """Faults of `when_none_named`: who is meant by a message that names nobody must be certain."""
    known: dict[tuple[str, str], int] = {}
    for index, route in enumerate(content.routes):
        path = ("routes", index, "when_none_named")
        sender = content.partners.get(route.source)
        texts = []
        if route.when_none_named and route.carries != "referral":
            texts.append("stands only in a route that carries referrals; remove it")
        if route.when_none_named and route.with_addressee is not None:
            texts.append(
                "stands only in a route without `with_addressee`; that one joins who is named already"
            )
        for kind in route.when_none_named:
            if sender is not None and kind not in sender.messages:
                texts.append(
                    "names a message type that is not among the sender's `messages`, as written there"
                )
            first = known.setdefault((route.source, kind), index)
            if first != index:
                other = content.routes[first].name
                texts.append(
                    f"names a message type that route `{other}` has too; the addressee must be certain"
                )
        yield from (FileFault(lines.of(path), _place(path), text) for text in texts)


def _partner_faults(content: NetworkFile, lines: _Lines) -> Iterator[FileFault]:
    codes: dict[tuple[str, str], str] = {}
    pages: dict[str, str] = {}
    for name, partner in content.partners.items():
        where: tuple[str | int, ...] = ("partners", name)
        for other in partner.may_record_consent_for:
            if other not in content.partners:
                place = (*where, "may_record_consent_for")
                yield FileFault(lines.of(place), ".".join(map(str, place)), "names no partner of this file")
        is_police = partner.kind == "law_enforcement"
        if any((right == "refer_in") != is_police for right in partner.desk):
            text = (
                "nothing is ever shown to law enforcement (42 CFR 2.12(d)); "
                "it may have `refer_in` alone, which nobody else may"
            )
            yield FileFault(lines.of((*where, "desk")), _place((*where, "desk")), text)
        if "own_pages" in partner.desk and (identifiers := pages.setdefault("own_pages", name)) != name:
            text = f"`own_pages` is for the one desk that checks who somebody is; `{identifiers}` has it"
            yield FileFault(lines.of((*where, "desk")), _place((*where, "desk")), text)
        if partner.client is not None and partner.client.client_id.startswith(_NO_CLIENT):
            place = (*where, "client", "client_id")
            text = f"must not begin with `{_NO_CLIENT}`: such names are the gateway's own"
            yield FileFault(lines.of(place), ".".join(map(str, place)), text)
        for code in partner.addressee_codes:
            if codes.setdefault((code.system, code.value), name) != name:
                place = (*where, "addressee_codes")
                text = "holds a code that another partner has too; an addressee must be certain"
                yield FileFault(lines.of(place), ".".join(map(str, place)), text)
