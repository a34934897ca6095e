"""Peers that are turned away again and again are told of, and do not fill the log."""

from __future__ import annotations

import json
import ssl
from datetime import UTC, datetime, timedelta

import pytest

from gateway.clock import FixedClock
from gateway.intake.tls_refusals import Refusals, name_refusals

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def lines(capfd: pytest.CaptureFixture[str]) -> list[tuple[str, int]]:
    found = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    return [(one["reason"], one["count"]) for one in found if one["event"] == "connection_refused"]


def test_one_who_knocks_all_day_is_told_of_five_times_a_minute(capfd: pytest.CaptureFixture[str]) -> None:
    clock = FixedClock(NOON)
    refusals = Refusals(clock)
    for _ in range(1000):
        refusals.tell("10.0.0.1", "TLS_FAILED", partner="hospital")
    assert lines(capfd) == [("TLS_FAILED", 1)] * 5

    refusals.tell("10.0.0.2", "TLS_FAILED", partner="hospital")
    refusals.tell("10.0.0.1", "CERTIFICATE_EXPIRED", partner="hospital")
    assert lines(capfd) == [("TLS_FAILED", 1), ("CERTIFICATE_EXPIRED", 1)], "another peer, another reason"

    clock.advance(timedelta(minutes=1))
    refusals.tell("10.0.0.1", "TLS_FAILED", partner="hospital")
    assert lines(capfd) == [("TLS_FAILED", 996)], "none is left out of the count"


def test_a_clock_that_was_set_back_silences_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    clock = FixedClock(NOON)
    refusals = Refusals(clock)
    for _ in range(9):
        refusals.tell("", "TLS_FAILED")
    clock.advance(timedelta(hours=-1))
    refusals.tell("", "TLS_FAILED")
    assert lines(capfd)[-1] == ("TLS_FAILED", 5)


def test_however_many_peers_come_few_are_remembered(capfd: pytest.CaptureFixture[str]) -> None:
    refusals = Refusals(FixedClock(NOON))
    for number in range(3000):
        refusals.tell(f"10.0.{number // 256}.{number % 256}", "UNKNOWN_PARTNER")
    assert len(refusals._minutes) == 1024
    assert len(lines(capfd)) == 3000


def test_handshakes_with_no_tls_at_all_are_limited_as_one(capfd: pytest.CaptureFixture[str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    name_refusals(context, "hospital", Refusals(FixedClock(NOON)))
    for _ in range(50):
        incoming = ssl.MemoryBIO()
        incoming.write(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(ssl.SSLError):
            context.wrap_bio(incoming, ssl.MemoryBIO(), server_side=True).do_handshake()
    assert len(lines(capfd)) == 5
