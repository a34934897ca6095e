"""`handoff mapping new`: a first mapping file from a sample, every column, path or field listed."""

from __future__ import annotations

from pathlib import Path

from mappings import MappingRoomError, draft_mapping


def draft(name: str, form: str, sample: Path) -> int:
    """Write `mappings/NAME/mapping.yaml` and copy the sample beside it; 0. Raises MappingRoomError."""
    try:
        content = sample.read_bytes()
    except OSError as error:
        raise MappingRoomError("FILE_UNREADABLE", f"cannot read `{sample}`: {error.strerror}") from None
    text = draft_mapping(name, form, content)
    folder = Path("mappings") / name
    target = folder / "mapping.yaml"
    if target.exists():
        raise MappingRoomError("MAPPING_EXISTS", "there is a mapping of this name already", str(target))
    (folder / "samples").mkdir(parents=True, exist_ok=True)
    (folder / "concept_maps").mkdir(exist_ok=True)
    target.write_text(text, "utf-8")
    (folder / "samples" / sample.name).write_bytes(content)
    print(f"Wrote {target}. Replace each FILL IN, then: handoff mapping check {folder}")
    return 0
