"""Reading `files` and `left_out` of a mapping for a set of CSV files."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from mappings.model import MappingFileError
from mappings.syntax.csv_set import SetFile, SetRules
from mappings.yaml_text import Located

_WORDS = frozenset(
    {"owner", "by", "its", "also", "one", "shared", "alone", "version", "columns", "file", "older"}
)
Complaint = Callable[[str, str, Located], MappingFileError]


def set_rules(
    document: Located, check: Callable[[Located, frozenset[str]], None], wrong: Complaint
) -> SetRules:
    """The files, root first. Raises MappingFileError `FILES_WRONG`, located."""
    files = document.get("files") or {}
    if (document.get("format") == "csv_set") != bool(files):
        raise wrong("FILES_WRONG", "format `csv_set` needs `files`, and no other format has them", document)
    left_out = document.get("left_out") or {}
    found: list[SetFile] = []
    for name, rule in files.items():
        if not isinstance(rule, Located):
            raise wrong("FILES_WRONG", f"`{name}` needs a map of what leads to it", document)
        check(rule, _WORDS)
        found.append(_file(name, rule, found, wrong))
    return SetRules(
        tuple(found), MappingProxyType({name: str(reason) for name, reason in dict(left_out).items()})
    )


def _file(name: str, rule: Located, known: list[SetFile], wrong: Complaint) -> SetFile:
    by = str(rule.get("by", ""))
    owner = str(rule.get("owner", known[0].name if known and by else ""))
    if known and not by and rule.get("alone") is not True:
        raise wrong("FILES_WRONG", f"`{name}` needs `by`: the key that leads to its rows", rule)
    if owner and owner not in {file.name for file in known}:
        raise wrong("FILES_WRONG", f"the owner of `{name}` must stand before it", rule)
    version = rule.get("version") or {}
    [(column, beginning)] = version.items() if version else [("", "")]
    return SetFile(
        name,
        tuple(map(str, rule.get("columns", ()))),
        owner,
        by,
        str(rule.get("its", by)),
        tuple(map(str, rule.get("also", ()))),
        rule.get("one") is True,
        rule.get("shared") is True,
        rule.get("alone") is True,
        (str(column), str(beginning)),
        str(rule.get("file", "")),
        tuple(map(str, rule.get("older", ()))),
    )
