"""Run the benchmarks of this folder and print their rows: `./dev bench [NAME …]`.

A benchmark is a module here with `run() -> list[dict]`. Each row has `what`, `value`, `unit` and, where it is
a ratio, `than` (what it is compared with in the same run). Compare ratios between machines, not absolutes. One with
`ONLY_BY_NAME` takes long and runs where it is named.
"""

from __future__ import annotations

import importlib
import json
import platform
import sys
import sysconfig
import time
from pathlib import Path

FOLDER = Path(__file__).parent
COLUMNS = ("what", "value", "unit", "than")


def shown(value: object) -> str:
    """Three digits are enough to read; more would look like more than was measured."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def print_table(rows: list[dict[str, object]]) -> None:
    """The rows as aligned columns; a row's further keys follow as `key=value`."""
    lines = []
    for row in rows:
        more = [f"{key}={shown(value)}" for key, value in row.items() if key not in COLUMNS]
        lines.append([*(shown(row.get(column, "")) for column in COLUMNS), " ".join(more)])
    widths = [max(len(line[index]) for line in [*lines, [*COLUMNS, ""]]) for index in range(len(COLUMNS) + 1)]
    for line in [[*COLUMNS, ""], *lines]:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def interpreter() -> str:
    """Which interpreter runs them and how it was built: ratios to what is written in C depend on it."""
    asked = str(sysconfig.get_config_var("CONFIG_ARGS"))
    named = [flag for flag in ("--enable-optimizations", "--with-lto") if flag in asked]
    flags = " ".join(str(sysconfig.get_config_var("OPT")).split())
    how = " ".join(named) or "neither --enable-optimizations nor --with-lto"
    version = f"{sys.implementation.name} {platform.python_version()}, {platform.python_compiler()}"
    return f"{version}, {flags}, configured with {how}"


def main(names: list[str]) -> int:
    found = sorted(path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_"))
    wanted = [name for name in found if not names or name in names]
    unknown = set(names) - set(found)
    if unknown:
        print(
            f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(found)}", file=sys.stderr
        )
        return 2
    built = interpreter()
    print(built, flush=True)
    results: dict[str, object] = {"interpreter": built}
    for name in wanted:
        module = importlib.import_module(f"tests.bench.{name}")
        if not hasattr(module, "run") or (not names and getattr(module, "ONLY_BY_NAME", False)):
            continue
        started = time.monotonic()
        print(f"{name} …", file=sys.stderr, flush=True)
        results[name] = rows = module.run()
        print(f"\n{name} ({time.monotonic() - started:.0f} s)")
        print_table(rows)
    (Path.cwd() / "build").mkdir(exist_ok=True)
    (Path.cwd() / "build" / "bench.json").write_text(json.dumps(results, indent=1, default=str) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
