"""How fast a referral is split and translated, against parsing alone with python-hl7, on the same messages.

Rates are per CPU second of this process, both sides in turns, so that a busy machine disturbs both alike. The messages
differ from each other (patient, key, dates, diagnosis), so that nothing is fast for having been seen before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib.resources import files

from gateway.flows.library import open_library
from mappings import Mapping_, translate
from mappings.syntax.hl7v2 import read_messages, split

_ROUNDS = 12
_MESSAGES = 25


def referrals(count: int = _MESSAGES) -> list[bytes]:
    """Synthetic REF^I12 of about 2.6 KB, all different."""
    text = (files("mappings") / "formats/hospital/ref_i12/samples/i12_new_mother.hl7").read_bytes()
    found = []
    for number in range(count):
        name = f"Person{number:04d}".encode()
        found.append(
            text.replace(b"Marisol", name)
            .replace(b"RB4407821", b"RB%07d" % number)
            .replace(b"RB-77120", b"RB-%05d" % number)
            .replace(b"19960314", b"19%02d0314" % (40 + number % 60))
            .replace(b"F11.20", b"F11.%02d" % (number % 30))
            .replace(b"(602)555-0119", b"(602)555-%04d" % number)
        )
    return found


def seconds_each(work: Callable[[bytes], object], messages: Sequence[bytes]) -> float:
    """CPU seconds for one message."""
    start = time.process_time()
    for message in messages:
        work(message)
    return (time.process_time() - start) / len(messages)


def run() -> list[dict[str, object]]:
    """Rows of name, rate (messages/s), baseline (messages/s of the other side) and ratio."""
    import hl7

    library = open_library()
    messages = referrals()
    mapping = library.mapping("hospital/ref_i12")

    def parse_only(message: bytes) -> object:
        return hl7.parse(message.decode())

    works: dict[str, Callable[[bytes], object]] = {
        "v2 split": lambda message: split(read_messages(message)[0]),
        "v2 split and translate": lambda message: _translate(mapping, message),
        "v2 split, translate and account": lambda message: _translate(mapping, message).account,
    }
    best = dict.fromkeys([*works, "python-hl7"], float("inf"))
    for _ in range(_ROUNDS):
        best["python-hl7"] = min(best["python-hl7"], seconds_each(parse_only, messages))
        for name, work in works.items():
            best[name] = min(best[name], seconds_each(work, messages))
    baseline = 1 / best.pop("python-hl7")
    return [
        {
            "name": f"{name} vs python-hl7 parse",
            "rate": 1 / spent,
            "baseline": baseline,
            "ratio": 1 / spent / baseline,
        }
        for name, spent in best.items()
    ]


def _translate(mapping: Mapping_, message: bytes):  # type: ignore[no-untyped-def]
    return translate(mapping, message, partner="bench", id_key=b"k" * 32, zone="America/Phoenix")


if __name__ == "__main__":
    for row in run():
        print(row)
