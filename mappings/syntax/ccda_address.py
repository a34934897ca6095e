"""Addresses into a CDA document.

`recordTarget/patientRole/id` from the document down; `section[problems]/entry/act[problem-concern]` by template;
`./value[@xsi:type=CD]` from the instance of the nearest `each`; `../confidentialityCode` from the element around it;
`a | b` the first that is there. In brackets: names of templates (any of them), `@attribute=value`,
`@attribute!=value`, `path=value`, `?path` (it is there), `!template` (it has none), `+path=value` (written, not asked
for), `1` (the first of its like), and `*` where a rendering begins a new element for each instance. At the end of a
path: an element, `@name`, `text()`, or `narrative()` (all text below, as lines).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mappings.syntax.ccda_templates import root_of

_STEP = re.compile(r"^(?P<name>(?:sdtc:)?[A-Za-z][A-Za-z0-9]*)(?P<tests>(?:\[[^\[\]]*\])*)$")
_TEST = re.compile(r"\[([^\[\]]*)\]")
_COMPARED = re.compile(r"^(?P<path>[@A-Za-z:/]+?)(?P<not>!)?=(?P<value>.*)$")
_LAST = re.compile(r"^(?:@[A-Za-z][\w:.-]*|text\(\)|narrative\(\))$")
_ALTERNATIVE = re.compile(r"\s+\|\s+")


@dataclass(frozen=True, slots=True)
class Test:
    """What an element must be: `templates` it has one of, or a value at `path` that is (or is not) `value`."""

    templates: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    value: str | None = None
    negated: bool = False
    written: bool = False
    """Said by a writer, not asked of what is read."""


@dataclass(frozen=True, slots=True)
class PathStep:
    """One element of a path; `new` where a rendering begins a new one."""

    name: str
    tests: tuple[Test, ...]
    new: bool
    first: bool = False


@dataclass(frozen=True, slots=True)
class Path:
    """One alternative: where it begins, how many elements up, its steps down, and what is taken at the end."""

    relative: bool
    up: int
    steps: tuple[PathStep, ...]
    last: str
    tested: bool = False
    """Whether a step asks for something of what is read."""


@dataclass(frozen=True, slots=True)
class CcdaAddress:
    """A parsed address; `text` is what the author wrote."""

    text: str
    paths: tuple[Path, ...]


def parse_address(text: str) -> CcdaAddress:
    """The address. Raises ValueError with what is wrong."""
    return CcdaAddress(text, tuple(_path(part.strip()) for part in _ALTERNATIVE.split(text)))


def _path(text: str) -> Path:
    relative = text.startswith(".")
    parts = _split(text)
    up = 0
    while parts and parts[0] in (".", ".."):
        up += parts.pop(0) == ".."
    last = parts.pop() if parts and _LAST.match(parts[-1]) else ""
    steps = tuple(_step(part) for part in parts)
    if not relative and not steps:
        raise ValueError("a path begins with an element, `./` or `../`")
    tested = any(not test.written and not test.negated for one in steps for test in one.tests)
    return Path(relative, up, steps, last, tested)


def _split(text: str) -> list[str]:
    """The parts between slashes, brackets left whole."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if letter == "/" and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    if not parts[-1]:
        raise ValueError("a path does not end with a slash")
    return parts


def _step(text: str) -> PathStep:
    found = _STEP.match(text)
    if found is None:
        raise ValueError(f"`{text}` is no element like `act[problem-concern]`")
    inner = _TEST.findall(found["tests"])
    tests = tuple(_test(one) for one in inner if one not in ("*", "1"))
    return PathStep(found["name"], tests, "*" in inner, "1" in inner)


def _test(text: str) -> Test:
    if text[:1] == "?":
        return Test(path=tuple(text[1:].split("/")))
    compared = _COMPARED.match(text.removeprefix("+"))
    if compared is None:
        names = text.removeprefix("!").split(",")
        return Test(templates=tuple(root_of(name.strip()) for name in names), negated=text[:1] == "!")
    return Test(
        (), tuple(compared["path"].split("/")), compared["value"], bool(compared["not"]), text[:1] == "+"
    )
