"""`handoff mapping profiles`: which profile of US Core and SDOHCC each resource of a file meets, or what it lacks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gateway.cli.tables import print_table
from mappings import Fit, Translation, profile_fits


def fits_of(translations: Sequence[Translation]) -> list[Fit]:
    """Each resource of each record beside the nearest profile of each guide."""
    return [
        fit
        for translation in translations
        for resource in translation.resources
        for fit in profile_fits(resource)
    ]


def print_fits(fits: Sequence[Fit]) -> None:
    """One line for each profile: how many resources came near it, how many meet it, and what the others lack."""
    lines = []
    for guide, profile in dict.fromkeys((fit.guide, fit.profile) for fit in fits):
        own = [fit for fit in fits if (fit.guide, fit.profile) == (guide, profile)]
        missing = Counter(element for fit in own for element in fit.missing)
        not_said = Counter(element for fit in own for element in fit.not_said)
        met = sum(fit.met for fit in own)
        lines.append((guide, profile, str(len(own)), str(met), _counted(missing), _counted(not_said)))
    heads = ("guide", "profile", "resources", "meet it", "asked and missing", "must support and not said")
    print_table(heads, lines)


def fits_answer(fits: Sequence[Fit]) -> dict[str, object]:
    """The same for programs, resource by resource."""
    return {"profiles": [{**fit._asdict(), "met": fit.met} for fit in fits]}


def _counted(elements: Counter[str]) -> str:
    return ", ".join(f"{element} ({count})" for element, count in elements.most_common())
