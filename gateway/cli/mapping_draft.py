"""`handoff mapping new`: a first mapping from a sample, every column, path or field listed."""

from __future__ import annotations

from pathlib import Path

from gateway.flows.library import open_library
from mappings import MappingRoomError, draft_mapping

_PAGE = """# {name}: FILL IN what this is and who sends it

| column | becomes | words |
|---|---|---|
{rows}

**Not forwarded**: FILL IN what stays with the agency, and why.
"""


def draft(name: str, form: str, sample: Path) -> int:
    """Write `mappings/NAME/` with mapping file, tables, page and the sample; 0. Raises MappingRoomError."""
    parts = name.split("/")
    if len(parts) > 2 or not all(part.replace("_", "").isalnum() and part.isascii() for part in parts):
        raise MappingRoomError("ID_WRONG", "a mapping is named AGENCY/NAME, letters, digits and _", name)
    try:
        content = sample.read_bytes()
    except OSError as error:
        raise MappingRoomError("FILE_UNREADABLE", f"cannot read `{sample}`: {error.strerror}") from None
    drafted = draft_mapping(name, form, content)
    folder = Path("mappings") / name
    target = folder / "mapping.yaml"
    if target.exists():
        raise MappingRoomError("MAPPING_EXISTS", "there is a mapping of this name already", str(target))
    (folder / "samples").mkdir(parents=True, exist_ok=True)
    (folder / "concept_maps").mkdir(exist_ok=True)
    target.write_text(drafted.mapping, "utf-8")
    for file, text in drafted.tables.items():
        (folder / "concept_maps" / file).write_text(text, "utf-8")
    (folder / "samples" / sample.name).write_bytes(content)
    rows = "\n".join(f"| `{column}` | {becomes} | |" for column, becomes in drafted.columns)
    (folder / "README.md").write_text(_PAGE.format(name=name, rows=rows), "utf-8")
    guesses, open_ones = drafted.mapping.count("# guess"), drafted.mapping.count("FILL IN")
    print(
        f"Wrote {target}, {len(drafted.tables)} tables and a page: {guesses} guesses, {open_ones} to fill in."
    )
    print(f"Read each `# guess`, replace each FILL IN, then: handoff mapping check {folder}")
    if (shipped := _reading(drafted.kind)) is not None:
        print(f"{drafted.kind} is read by {shipped} already. First see what it makes of yours:")
        print(f"  handoff mapping try {shipped} {sample}")
        print(f"and where a few fields differ, write `base: {shipped}` and the rows of those alone.")
    return 0


def _reading(kind: str) -> str | None:
    """The shipped mapping that reads messages of this kind; one that also writes is for what we send ourselves."""
    library = open_library()
    found = [library.mapping(one) for one in library.ids()] if kind else []
    takers = [one for one in found if kind in one.accepts and one.direction != "out"]
    return min(takers, key=lambda one: one.direction != "in").id if takers else None
