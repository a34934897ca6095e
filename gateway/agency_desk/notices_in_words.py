"""The notices of a release as a page says them: the law's own words as they are, and what they mean in its language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.agency_desk.days import in_words
from gateway.disclosure.desk_forms import is_law, purpose_in_words, scopes_told


@dataclass(frozen=True, slots=True)
class Spoken:
    """A notice for a reader. `exact`: words that may not be changed (42 CFR §2.32(a)), in English; empty where there are
    none. `plain`: what it means, in the language of the page; a day in it is ISO 8601. `use`: the same of a permission
    in short, for the head of a page.
    """

    exact: str
    plain: tuple[str, ...]
    use: tuple[str, ...] = ()


def spoken(
    notices: Iterable[str], say: Mapping[str, str], language: str, zone: ZoneInfo
) -> tuple[Spoken, ...]:
    """Each notice; one that is neither the law's nor ours is shown as it came. `language`: `en` or `es`."""
    return tuple(_spoken(one, say, language, zone) for one in notices)


def _spoken(notice: str, say: Mapping[str, str], language: str, zone: ZoneInfo) -> Spoken:
    if is_law(notice):
        return Spoken(notice, (say["nt_law"],))
    told = scopes_told(notice)
    if not told:
        return Spoken(notice, ())
    plain, use = [], []
    for one in told:
        purposes = _listed([purpose_in_words(code, language) for code in one.purposes], say) or say["nt_any"]
        until = _until(one.until, say, language, zone)
        classes = _listed([say.get(f"nt_{code}", code) for code in one.classes], say) or say["nt_all"]
        agency = one.recipient or say["nt_you"]
        use.append(say["nt_use"].format(purposes=purposes, until=until))
        plain.append(say["nt_scope"].format(classes=classes, agency=agency, purposes=purposes, until=until))
    return Spoken("", (*plain, say["nt_scope_other"]), tuple(dict.fromkeys(use)))


def _until(instant: str, say: Mapping[str, str], language: str, zone: ZoneInfo) -> str:
    """The end as a reader says it: a permission that ends with a day, by that day."""
    if not instant:
        return say["nt_open"]
    at = datetime.fromisoformat(instant).astimezone(zone)
    if (at.hour, at.minute) == (0, 0):
        return say["nt_through"].format(day=(at - timedelta(minutes=1)).date().isoformat())
    return say["nt_until"].format(instant=in_words(instant, zone, language))


def _listed(words: Sequence[str], say: Mapping[str, str]) -> str:
    once = list(dict.fromkeys(words))
    return f" {say['nt_and']} ".join([", ".join(once[:-1]), once[-1]] if len(once) > 1 else once)
