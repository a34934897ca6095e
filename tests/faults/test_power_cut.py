"""What a disk may hold after the power went, told from a trace: what was synced for certain, of the rest anything."""

from __future__ import annotations

import random
from pathlib import Path

from tests.faults.power_cut import Disk, _events

PATH = "".join(f"\\x{one:02x}" for one in b"/county/handoff.db-wal")


def text(content: bytes) -> str:
    return '"' + "".join(f"\\x{one:02x}" for one in content) + '"'


def test_only_what_was_written_before_a_sync_that_came_back_is_there_for_certain(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    lines = [
        f"7 pwrite64(14<{PATH}>, {text(b'a' * 1024)}, 1024, 0) = 1024",
        f"8 fdatasync(14<{PATH}> <unfinished ...>",
        f"7 pwrite64(14<{PATH}>, {text(b'b' * 1024)}, 1024, 1024 <unfinished ...>",
        "7 <... pwrite64 resumed>) = 1024",
        "8 <... fdatasync resumed>) = 0",
        f"7 sendto(9<\\x73>, {text(b'MSH|x' + chr(13).encode() + b'MSA|AA|FLT00000012')}, 30, 0, NULL, 0) = 30",
        f"7 ftruncate(14<{PATH}>, 512) = 0",
    ]
    trace.write_text("\n".join(lines) + "\n")
    disk = Disk()

    assert list(_events(trace, disk)) == [("sync", ""), ("answer", "FLT00000012")]

    assert disk.certain == {"handoff.db-wal": bytearray(b"a" * 1024)}
    seen = {disk.after_the_cut(random.Random(seed))["handoff.db-wal"] for seed in range(40)}
    whole, torn = b"a" * 1024 + b"b" * 1024, b"a" * 1024 + b"b" * 512
    assert {b"a" * 1024, b"a" * 512, torn, whole} <= seen
