"""The published HMIS CSV FY2026 set (a validator's fixture: most rows are wrong on purpose), read with nothing lost."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gateway.flows.library import open_library
from mappings import TranslatedRecord, pack_files, translate_all
from mappings.ids import PUBLISHED_TEST_KEY
from mappings.laws import conservation

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "hmis-csv"
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published samples are not beside the checkout"),
]


def _translated(files: dict[str, bytes]) -> tuple[TranslatedRecord, ...]:
    mapping = open_library().mapping("housing/hmis_fy2026")
    return translate_all(mapping, pack_files(files), partner="p", id_key=PUBLISHED_TEST_KEY, zone=None)


def _files() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in SAMPLES.glob("*.csv")}


def _without_repeats(content: bytes, column: int) -> bytes:
    """The first row of each key: the published set gives the same project, client or exit several times."""
    seen: set[bytes] = set()
    kept = []
    for line in content.splitlines(keepends=True):
        key = line.split(b",")[column]
        if key not in seen:
            kept.append(line)
        seen.add(key)
    return b"".join(kept)


def test_every_row_of_the_published_set_is_taken_or_refused_with_its_place() -> None:
    records = _translated(_files())
    assert sum(record.translation is not None for record in records) == 1
    codes = Counter(record.refusal.code for record in records if record.refusal is not None)
    assert codes == {"NO_OWNER": 12, "SEVERAL_GIVEN": 6, "REQUIRED_MISSING": 1}
    assert not any(code == "FILE_UNKNOWN" for code in codes)
    assert all(".csv row " in str(record.refusal.place) or record.refusal.place == "Client.csv"
               for record in records if record.refusal is not None)  # fmt: skip


def test_the_valid_rows_of_the_published_set_are_whole_and_labelled() -> None:
    files = {
        name: _without_repeats(content, 1 if name == "Exit.csv" else 0) for name, content in _files().items()
    }
    record = _translated(files)[0]
    assert record.place == "Enrollment.csv row 2"
    assert record.translation is not None
    translation = record.translation
    assert translation.issues == ()
    assert conservation(translation, translation.accounting.leaves) == []
    assert translation.accounting.unmapped == 0
    for resource in translation.resources:
        meta = resource["meta"]
        assert isinstance(meta, dict)
        assert "SDV" in {label["code"] for label in meta["security"]}
