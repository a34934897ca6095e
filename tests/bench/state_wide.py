"""A model of a state-wide load from numbers that were measured: what it needs, and what gives way first.

python -m tests.bench.state_wide            measure (the benchmark `workers`), then print numbers and model
python -m tests.bench.state_wide FILE       print the model from the numbers in FILE (JSON, as in `deploy/SCALE.md`)
"""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Measured:
    """What a message costs. Times in milliseconds of processor time; `turn_ms`: how long it has the turn to write."""

    gateway_ms: float
    database_ms: float
    turn_ms: float
    kept_bytes: float
    log_bytes: float
    journal_bytes: float


@dataclass(frozen=True, slots=True)
class Load:
    """The load of a state. `busiest`: how many times the day's mean the busiest minutes bring; `room`: the share of what
    can be used that is planned for.
    """

    agencies: int = 5_000
    messages_a_day: int = 50_000_000
    busiest: float = 3.0
    room: float = 0.6


@dataclass(frozen=True, slots=True)
class Needed:
    """What it takes. Rates in messages a second, bytes a day in TB (10^12), to the standby in MB/s at the busiest."""

    mean_rate: float
    busiest_rate: float
    rate_of_a_database: float
    databases: int
    agencies_a_database: int
    gateway_cores: int
    database_cores: int
    kept_tb_a_day: float
    log_tb_a_day: float
    journal_tb_a_day: float
    standby_mb_a_second: float


def needed(cost: Measured, load: Load) -> Needed:
    """The model: everything grows with the messages, and a database takes one message after the other."""
    mean = load.messages_a_day / _DAY
    busiest = mean * load.busiest
    one_database = 1000 / cost.turn_ms * load.room
    databases = math.ceil(busiest / one_database)
    return Needed(
        mean_rate=round(mean, 1),
        busiest_rate=round(busiest, 1),
        rate_of_a_database=round(one_database, 1),
        databases=databases,
        agencies_a_database=math.ceil(load.agencies / databases),
        gateway_cores=math.ceil(busiest * cost.gateway_ms / 1000 / load.room),
        database_cores=math.ceil(busiest * cost.database_ms / 1000 / load.room),
        kept_tb_a_day=round(load.messages_a_day * cost.kept_bytes / 1e12, 2),
        log_tb_a_day=round(load.messages_a_day * cost.log_bytes / 1e12, 2),
        journal_tb_a_day=round(load.messages_a_day * cost.journal_bytes / 1e12, 2),
        standby_mb_a_second=round(busiest * cost.log_bytes / 1e6, 1),
    )


def measured() -> Measured:
    """One run of the benchmark `workers`: the costs are those of two processes on one database, the dearer ones."""
    from tests.bench import workers

    rows = workers.run()
    _, two, _, _, kept, log = rows
    return Measured(
        gateway_ms=_rounded(two["value"]),
        database_ms=_rounded(two["database"]),
        turn_ms=_rounded(two["turn"]),
        kept_bytes=_rounded(kept["value"]),
        log_bytes=_rounded(log["value"]),
        journal_bytes=_rounded(kept["journal"]),
    )


def table(found: Needed) -> str:
    """The model as the rows of a Markdown table."""
    words = {
        "mean_rate": "messages a second, mean of the day",
        "busiest_rate": "messages a second in the busiest minutes",
        "rate_of_a_database": "messages a second planned for one database",
        "databases": "databases (shards of patients)",
        "agencies_a_database": "agencies for each, were they divided evenly",
        "gateway_cores": "cores for gateway processes, in all",
        "database_cores": "cores for the databases, in all",
        "kept_tb_a_day": "TB a day that stay in the databases",
        "log_tb_a_day": "TB a day of write-ahead log",
        "journal_tb_a_day": "TB a day of journal",
        "standby_mb_a_second": "MB/s to the standbys in the busiest minutes",
    }
    return "\n".join(f"| {words[name]} | {value:,} |" for name, value in asdict(found).items())


def _rounded(value: object) -> float:
    return float(f"{float(str(value)):.3g}")


def main(arguments: list[str]) -> int:
    if arguments:
        cost = Measured(**json.loads(Path(arguments[0]).read_text()))
    else:
        began = time.strftime("%Y-%m-%d %H:%M")
        cost = measured()
        print(f"measured {began}:")
    print(json.dumps(asdict(cost), indent=1))
    print(table(needed(cost, Load())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
