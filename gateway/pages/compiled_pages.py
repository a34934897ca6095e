"""Templates compiled once, whatever number of frames, desks, gateways and starts there are.

What was compiled stands beside the templates as the byte code of a module does: in `__pycache__` (or where
`PYTHONPYCACHEPREFIX` says), written unless Python itself may write none there. `python -m gateway.pages` writes it when
a release is installed.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import pickle
import sys
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import CodeType

import jinja2
from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket

_MADE_BY = hashlib.sha256(jinja2.__version__.encode() + Path(__file__).read_bytes()).hexdigest()[:12]
"""In the file's name: what another version, or this module with other settings, compiled is not read."""


class CompiledPages(BytecodeCache):
    """Compiled templates by their file, as long as the file says the same. For environments with the same settings."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, CodeType]] = {}

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """The template's file."""
        return filename or name

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give the bucket what was kept for its template; nothing, where the template's text is another now."""
        checksum, code = self._kept.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code
            return
        # of a file that was cut short Jinja unpickles the checksum unguarded
        broken = OSError, EOFError, ValueError, pickle.UnpicklingError
        with contextlib.suppress(*broken), compiled_file(bucket.key).open("rb") as file:
            bucket.load_bytecode(file)
        self._keep(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled, for later starts too where that may be written."""
        self._keep(bucket)
        if not sys.dont_write_bytecode:
            with contextlib.suppress(OSError):
                _write(bucket)

    def _keep(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[bucket.key] = (bucket.checksum, bucket.code)


def templates_of(folder: Path, compiled: CompiledPages) -> Environment:
    """The templates of one set of pages."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=compiled,
    )


def compiled_file(template: str) -> Path:
    """Where the byte code of a template's file stands."""
    return Path(importlib.util.cache_from_source(template, optimization=f"pages{_MADE_BY}"))


def _write(bucket: Bucket) -> None:
    """Put the file there whole: others may be reading it. Raises OSError."""
    path = compiled_file(bucket.key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, delete=False) as file:
        try:
            bucket.write_bytecode(file)
            file.flush()
            Path(file.name).chmod(0o644)  # of an installation that root made and another user runs
            Path(file.name).replace(path)
        except OSError:
            Path(file.name).unlink()
            raise
