"""US Core's own examples against our tables of US Core 7.0.0; they are of a later version, which asks less."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mappings import profile_fits
from mappings.profile_tables import US_CORE

SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "us-core"
pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published samples are not beside the checkout"),
]
LATER = {
    "careplan-ulcer-example": ("category = assess-plan",),
    "patient-child-example": ("gender",),
    "patient-infant-example": ("gender",),
}
"""What a later version of the guide no longer asks for."""


def test_the_guides_own_examples_meet_their_profiles() -> None:
    missing = {}
    for path in sorted(SAMPLES.glob("*.json")):
        [fit] = [one for one in profile_fits(json.loads(path.read_text())) if one.guide == US_CORE]
        if fit.missing:
            missing[path.stem] = fit.missing
    assert missing == LATER
