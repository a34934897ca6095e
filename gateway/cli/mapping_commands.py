"""Commands about mappings: translate, render, check, list, new, try, profiles, export. All offline.

Shapes of what is printed: mapping-language.md section 3. Exit 0, or 1 when the input was refused.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from gateway.errors import HandoffError
from gateway.flows.library import open_library
from mappings import (
    PUBLISHED_TEST_KEY,
    Issue,
    Library,
    Mapping_,
    MappingRoomError,
    TranslatedRecord,
    pack_files,
    place_in_file,
    rejected_rows,
    translate_all,
    unpack_files,
)
from mappings import render as render_resources

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_SETTINGS = {"sending_application": "WARM-HANDOFF", "processing_id": "T"}


def translate(
    mapping: str,
    path: str,
    *,
    partner: str = "local",
    zone: str | None = None,
    complement_out: Path | None = None,
    rejected_out: Path | None = None,
) -> int:
    """Print the resources, lineage, issues and account of a file. 1 when any record was refused."""
    try:
        found = _library().mapping(mapping)
        source = _read(path, found)
        records = translate_all(found, source, partner=partner, id_key=PUBLISHED_TEST_KEY, zone=zone)
        rejected = rejected_rows(found, source, records) if rejected_out is not None else None
    except (MappingRoomError, HandoffError) as error:
        _print(_refusal(error))
        return 1
    if len(records) == 1 and records[0].refusal is not None:
        answer = _refusal(records[0].refusal)
    else:
        answer = translation_answer(records)
    _print(answer)
    if complement_out is not None:
        kept = [record.translation.complement for record in records if record.translation is not None]
        complement_out.write_bytes(_ENCODER.encode(kept[0] if len(kept) == 1 else kept))
    if rejected_out is not None and rejected is not None:
        rejected_out.write_bytes(rejected)
        count = sum(record.refusal is not None for record in records)
        print(
            f"{count} of {len(records)} rows rejected: correct {rejected_out}, send it again", file=sys.stderr
        )
    return 1 if any(record.refusal is not None for record in records) else 0


def translation_answer(records: Sequence[TranslatedRecord]) -> dict[str, Any]:
    """One object for all records of a file."""
    good = [record.translation for record in records if record.translation is not None]
    counts = dict.fromkeys(("mapped", "carried", "dropped", "unmapped", "leaves"), 0)
    for translation in good:
        for name, count in translation.accounting.answer().items():
            counts[name] += count
    return {
        "resources": [resource for translation in good for resource in translation.resources],
        "lineage": [row.answer() for translation in good for row in translation.lineage],
        "issues": [
            _issue(issue, record.place, len(records)) for record in records for issue in _issues(record)
        ],
        "accounting": counts,
        "records": [_record(record) for record in records],
        "provenance": dict(good[0].provenance) if good else {},
    }


def _issues(record: TranslatedRecord) -> Sequence[Issue]:
    if record.translation is not None:
        return record.translation.issues
    return record.refusal.issues if record.refusal is not None else ()


def _issue(issue: Issue, place: str, records: int) -> dict[str, str]:
    answer = issue.answer()
    if records > 1 and not issue.place.startswith("row "):
        found = place_in_file(place, issue.place)
        answer["place"] = found if found.startswith(f"{place}.") else f"{place}: {issue.place}"
    return answer


def _record(record: TranslatedRecord) -> dict[str, Any]:
    answer: dict[str, Any] = {"place": record.place, "ok": record.refusal is None}
    if record.refusal is not None:
        answer["error"] = _refusal(record.refusal)["error"]
    return answer


def _refusal(error: MappingRoomError | HandoffError) -> dict[str, Any]:
    issues = [issue.answer() for issue in getattr(error, "issues", ())]
    return {"error": {"code": error.code, "message": error.message, "place": error.place}, "issues": issues}


def render(
    mapping: str,
    path: str,
    *,
    partner: str = "local",
    zone: str | None = None,
    complement: Path | None = None,
    at: str | None = None,
    control_id: str | None = None,
    out: Path | None = None,
) -> int:
    """Write resources (a JSON array or a Bundle) in a partner's format to standard output or into `out`."""
    try:
        found = _library().mapping(mapping)
        kept = _kept(complement) if complement is not None else None
        rendered = render_resources(
            found,
            _resources(_read(path)),
            at=_instant(at),
            control_id=control_id or "1",
            zone=zone,
            complement=kept,
            settings=_SETTINGS,
        )
    except (MappingRoomError, HandoffError) as error:
        _print(_refusal(error), sys.stderr)
        return 1
    for issue in rendered.issues:
        print(f"{issue.code}: {issue.place}: {issue.message}", file=sys.stderr)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    if out is not None and found.format == "csv_set":
        for name, content in unpack_files(rendered.content).items():
            (out / f"{name}.csv").write_bytes(content)
    elif out is not None:
        (out / f"{mapping.replace('/', '-')}.{found.format}").write_bytes(rendered.content)
    else:
        sys.stdout.buffer.write(rendered.content)
        sys.stdout.flush()
    return 0


def _resources(content: bytes) -> list[Mapping[str, Any]]:
    try:
        document = json.loads(content, parse_float=_exact)
    except ValueError:
        raise MappingRoomError("NOT_JSON", "the resources cannot be read as JSON") from None
    if isinstance(document, dict) and document.get("resourceType") == "Bundle":
        document = [entry.get("resource") for entry in document.get("entry", ())]
    elif isinstance(document, dict) and "resources" in document:
        document = document["resources"]
    elif isinstance(document, dict):
        document = [document]
    if not isinstance(document, list) or not all(isinstance(item, dict) for item in document):
        raise MappingRoomError("NOT_RESOURCES", "a JSON array of resources or a Bundle was expected")
    return document


def _kept(complement: Path) -> Any:
    try:
        return json.loads(complement.read_bytes())
    except ValueError:
        raise MappingRoomError("NOT_JSON", "the complement cannot be read as JSON", "--complement") from None


def _exact(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)


def _instant(at: str | None) -> datetime:
    if at is None:
        from gateway.clock import SystemClock

        return SystemClock().now()
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        raise MappingRoomError("NOT_A_TIME", "--at is an ISO 8601 instant with a zone") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def mapping_list(as_json: bool = False) -> int:
    """Print the ids of all mappings, with format and direction."""
    library = _library()
    rows = [_listed(library, library.mapping(name)) for name in library.names()]
    if as_json:
        _print(rows)
        return 0
    for row in rows:
        print(f"{row['id']:34} {row['format']:8} {row['direction']:5} {row['version']:7} {row['title']}")
    return 0


def _listed(library: Library, mapping: Mapping_) -> dict[str, str]:
    of = library.choices.get(mapping.id)
    return {
        "id": mapping.id,
        "format": mapping.format,
        "direction": mapping.direction,
        "version": mapping.version,
        "content_hash": mapping.content_hash,
        "title": f"stands for {', '.join(of)}" if of else _title(mapping.id),
    }


def _title(mapping_id: str) -> str:
    """The first line of the mapping's page, without its id; "" when it has none."""
    own = Path("mappings") / mapping_id / "README.md"
    page = own if own.is_file() else files("mappings") / "formats" / mapping_id / "README.md"
    first = page.read_text("utf-8").partition("\n")[0] if page.is_file() else ""
    return first.removeprefix("# ").removeprefix(f"{mapping_id}: ")


def mapping_check(folder: str | None, *, write: bool = False) -> int:
    """Check one folder of mappings, or every shipped one: schema, samples, accounting, golden outputs, round trip."""
    from gateway.cli.mapping_check import check_folder

    return check_folder(folder, write=write)


def mapping_new(name: str, form: str, sample: Path) -> int:
    """Draft `name` from a sample, every column listed; written below the current folder."""
    from gateway.cli.mapping_draft import draft

    try:
        return draft(name, form, sample)
    except MappingRoomError as error:
        _print(_refusal(error), sys.stderr)
        return 1


def mapping_try(
    mapping: str,
    path: str,
    *,
    partner: str = "local",
    zone: str | None = None,
    form: str | None = None,
    as_json: bool = False,
) -> int:
    """Print what became of each value, and what a recipient would get (in `form`, or the mapping's own format)."""
    from gateway.cli.mapping_try import print_tried, tried_answer

    try:
        library = _library()
        found = library.mapping(mapping)
        records = translate_all(
            found, _read(path, found), partner=partner, id_key=PUBLISHED_TEST_KEY, zone=zone
        )
        if as_json:
            _print(tried_answer(library, records, form))
        else:
            print_tried(library, records, form)
    except (MappingRoomError, HandoffError) as error:
        _print(_refusal(error), sys.stderr)
        return 1
    return 1 if any(record.refusal is not None for record in records) else 0


def mapping_profiles(
    mapping: str, path: str, *, partner: str = "local", zone: str | None = None, as_json: bool = False
) -> int:
    """Print which profiles the resources of a file meet, or what they lack; a report. 1 when a record was refused."""
    from gateway.cli.mapping_profiles import fits_answer, fits_of, print_fits

    try:
        found = _library().mapping(mapping)
        records = translate_all(
            found, _read(path, found), partner=partner, id_key=PUBLISHED_TEST_KEY, zone=zone
        )
    except (MappingRoomError, HandoffError) as error:
        _print(_refusal(error), sys.stderr)
        return 1
    fits = fits_of([record.translation for record in records if record.translation is not None])
    _print(fits_answer(fits)) if as_json else print_fits(fits)
    for record in records:
        if record.refusal is not None:
            _print(_refusal(record.refusal), sys.stderr)
    return 1 if any(record.refusal is not None for record in records) else 0


def mapping_export(mapping: str, *, out: bool = False) -> int:
    """Print one direction of a mapping as FHIR StructureMap; 1 when it has none in that direction."""
    try:
        _print(_library().mapping(mapping).structure_map("out" if out else "in"))
    except (MappingRoomError, HandoffError) as error:
        _print(_refusal(error), sys.stderr)
        return 1
    return 0


def _library() -> Library:
    own = Path("mappings")
    shipped = own / "__init__.py"
    return open_library(own.resolve() if own.is_dir() and not shipped.exists() else None)


def _read(path: str, mapping: Mapping_ | None = None) -> bytes:
    try:
        if path != "-" and Path(path).is_dir():
            if mapping is not None and mapping.format != "csv_set":
                raise MappingRoomError(
                    "FILE_UNREADABLE", f"`{path}` is a folder, and {mapping.id} reads one file"
                )
            return pack_files({f.name: f.read_bytes() for f in Path(path).glob("*.[cC][sS][vV]")})
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise MappingRoomError("FILE_UNREADABLE", f"cannot read `{path}`: {error.strerror}") from None


def _print(answer: object, stream: Any = None) -> None:
    text = msgspec.json.format(_ENCODER.encode(answer), indent=2).decode("utf-8")
    print(text, file=stream or sys.stdout)
