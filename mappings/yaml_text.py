"""YAML as mapping authors write it: every value is text (no `NO` that turns into false), every map knows its line."""

from __future__ import annotations

from typing import Any

import yaml

from mappings.model import MappingFileError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Located(dict[str, Any]):
    """A map with the file, line and column it begins at (from 1)."""

    file: str = ""
    line: int = 0
    column: int = 0


def read_yaml(content: bytes, file: str) -> Located:
    """The document. Raises MappingFileError with line and column."""
    try:
        node = yaml.compose(content, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else None
        column = mark.column + 1 if mark else None
        raise MappingFileError(
            "YAML_WRONG", str(error.problem or "cannot be read"), file, line, column
        ) from None
    except yaml.YAMLError:
        raise MappingFileError("YAML_WRONG", "cannot be read as YAML", file) from None
    found = _value(node, file) if node is not None else None
    if not isinstance(found, Located):
        raise MappingFileError("YAML_WRONG", "a mapping file is a map of settings and rows", file, 1)
    return found


def plain_value(value: Any) -> Any:
    """The same in plain maps and lists."""
    if isinstance(value, Located):
        return {key: plain_value(inner) for key, inner in value.items()}
    return [plain_value(inner) for inner in value] if isinstance(value, list) else value


def _value(node: yaml.Node, file: str) -> Any:
    if isinstance(node, yaml.ScalarNode):
        if not node.style and node.value in ("true", "false"):
            return node.value == "true"
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, file) for item in node.value]
    found = Located()
    found.file = file
    found.line, found.column = node.start_mark.line + 1, node.start_mark.column + 1
    for key_node, value_node in node.value:
        key = str(key_node.value)
        if key in found:
            line = key_node.start_mark.line + 1
            raise MappingFileError("KEY_TWICE", f"`{key}` appears twice", file, line)
        found[key] = _value(value_node, file)
    return found
