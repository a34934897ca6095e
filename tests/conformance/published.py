"""Published samples beside the checkout, read where they lie; never copied into the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SAMPLES = SHARED / "samples"


def names(folder: str, pattern: str) -> list[str]:
    """The files of a sample folder by name; empty when the samples are not beside the checkout."""
    return sorted(file.name for file in (SAMPLES / folder).glob(pattern))


def read(path: str) -> Any:
    """The JSON of one sample. Skips the test when the samples are not beside the checkout."""
    file = SAMPLES / path
    if not file.exists():
        pytest.skip(f"the published sample `../shared/samples/{path}` is not beside the checkout")
    return json.loads(file.read_bytes())


def or_absent(found: list[str], folder: str) -> list[Any]:
    """Parameters for the found samples, or one that is skipped and says what is missing."""
    if found:
        return list(found)
    return [pytest.param("", marks=pytest.mark.skip(reason=f"`../shared/samples/{folder}` is absent"))]
