"""The version of the program that decides, as it stands beside every decision."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from gateway.disclosure import decision_bytes


def hash_of(folder: Path) -> str:
    digest = hashlib.sha256()
    decision_bytes._add(digest, folder, "consent")
    return digest.hexdigest()


def test_the_same_program_has_the_same_version_in_every_process() -> None:
    decision_bytes.engine_version.cache_clear()
    version = decision_bytes.engine_version()
    decision_bytes.engine_version.cache_clear()

    assert re.fullmatch("[0-9a-f]{16}", version)
    assert decision_bytes.engine_version() == version


def test_a_rule_that_reads_otherwise_or_has_another_place_is_another_program(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    rule = tmp_path / "rules" / "periods.py"
    rule.write_text("ENDS = 1\n")
    before = hash_of(tmp_path)
    (tmp_path / "rules" / "__pycache__").mkdir()
    (tmp_path / "rules" / "__pycache__" / "periods.py").write_text("compiled")
    (tmp_path / "README.md").write_text("words")
    assert hash_of(tmp_path) == before

    rule.write_text("ENDS = 2\n")
    changed = hash_of(tmp_path)
    assert changed != before

    rule.rename(tmp_path / "periods.py")
    assert hash_of(tmp_path) not in (before, changed)
