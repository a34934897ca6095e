"""Alerts by mail: the rules of `deploy/alerts.yaml`, once an hour for each cause, over TLS, and no person in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from gateway.demo import person
from gateway.settings import SettingsRefused, read_settings
from gateway.wiring.alert_mail import TOLD, AlertMail, Post, post_of
from gateway.wiring.alert_rules import RULES, Watch, numbers_of
from gateway.wiring.gauges import StoreGauges
from tests.gateway.county import County
from tests.gateway.wiring.keeping import seal
from tests.gateway.wiring.mail_server import MailServer, certified, serving

ALERTS = Path(__file__).parents[3] / "deploy" / "alerts.yaml"
_HOUR = timedelta(hours=1)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    context, _ = certified(tmp_path)
    with serving(MailServer(context, starts_tls=True, login=("gateway", "a word"))) as made:
        yield made


def _post(place: Path, port: int, **others: Any) -> Post:
    (place / "password").write_text("a word\n")
    (place / "password").chmod(0o600)
    given = {
        "alert_to": "anna@example.org, on-call@example.org",
        "alert_from": "handoff@example.org",
        "alert_smtp": f"127.0.0.1:{port}",
        "alert_ca": place / "mail.pem",
        "alert_user": "gateway",
        "alert_password": place / "password",
        **others,
    }
    made = post_of(read_settings(**given))
    assert made is not None
    return made


def _mail(county: County, post: Post) -> AlertMail:
    return AlertMail(
        (StoreGauges(county.premises),), post, county.folder.path, county.clock, "Example County"
    )


@pytest.fixture
def dead(county: County) -> County:
    """A referral of hers that a partner has refused."""
    county.consent()
    county.refer()
    (intent,) = county.claim()
    county.settle(intent, "dead", "HTTP_422")
    return county


def test_the_rules_are_those_of_the_file() -> None:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    written = {rule["alert"]: rule for rule in group["rules"]}
    assert [rule.name for rule in RULES] == [name for name in written if name != "GatewayDoesNotAnswer"]
    for rule in RULES:
        said = written[rule.name]
        assert said["annotations"]["do"] == rule.do, rule.name
        assert rule.number in said["expr"]
        limits = re.findall(r"> (\d+)", said["expr"])
        assert float(limits[0]) == rule.limit, rule.name
        assert (f'state="{rule.state}"' in said["expr"]) == bool(rule.state)
        assert ("by (partner)" in said["expr"]) == rule.by_partner


def test_what_is_wrong_is_told_once_an_hour_and_names_nobody(
    dead: County, server: MailServer, tmp_path: Path
) -> None:
    mail = _mail(dead, _post(tmp_path, server.port))
    assert [cause.key for cause in mail.look_once()] == ["DeadLetters/otp"]
    assert mail.look_once() == (), "once"
    dead.clock.advance(_HOUR - timedelta(seconds=1))
    seal(dead)
    assert _mail(dead, _post(tmp_path, server.port)).look_once() == (), "also over a restart"
    dead.clock.advance(timedelta(seconds=2))
    assert len(mail.look_once()) >= 1
    first = server.mails[0]
    assert first["Subject"] == "Warm Handoff: DeadLetters/otp" and first["Auto-Submitted"] == "auto-generated"
    assert server.receivers[:2] == ["anna@example.org", "on-call@example.org"]
    text = first.get_content()
    assert "DeadLetters/otp: 1, more than 0" in text and "lanes again" in text and "Example County" in text
    for known in ("Testperson", "Maribel", "770011", dead.patient_id, person.MRN_SYSTEM):
        assert known not in first.as_string()


def test_the_password_goes_only_through_tls(dead: County, server: MailServer, tmp_path: Path) -> None:
    _mail(dead, _post(tmp_path, server.port)).look_once()
    assert server.mails
    assert [line.split()[0] for line in server.in_the_clear] == [b"ehlo", b"STARTTLS"]


def test_tls_from_the_first_byte_and_none_on_this_machine(dead: County, tmp_path: Path) -> None:
    context, _ = certified(tmp_path)
    with serving(MailServer(context)) as server:
        post = _post(tmp_path, server.port, alert_tls="tls", alert_user="")
        assert _mail(dead, post).look_once() and server.mails
    dead.clock.advance(2 * _HOUR)
    with serving(MailServer(None)) as server:
        post = _post(tmp_path, server.port, alert_tls="none", alert_user="")
        assert _mail(dead, post).look_once() and server.mails


@pytest.mark.parametrize("trouble", ["refuses", "another authority", "another password", "gone"])
def test_a_mail_that_cannot_be_sent_is_tried_again(
    dead: County, server: MailServer, tmp_path: Path, trouble: str, capsys: pytest.CaptureFixture[str]
) -> None:
    post = _post(tmp_path, server.port)
    wrong = post
    if trouble == "another authority":
        (tmp_path / "other").mkdir()
        certified(tmp_path / "other")
        wrong = _post(tmp_path, server.port, alert_ca=tmp_path / "other" / "mail.pem")
    if trouble == "gone":
        wrong = _post(tmp_path, 9)
    server.refuses = trouble == "refuses"
    if trouble == "another password":
        server.login = ("gateway", "another")
    assert _mail(dead, wrong).look_once() == () and not server.mails
    server.refuses, server.login = False, ("gateway", "a word")
    assert _mail(dead, post).look_once() and len(server.mails) == 1
    assert "a word" not in capsys.readouterr().err


def test_a_damaged_note_is_no_note_and_a_clock_put_back_keeps_nothing_silent(
    dead: County, server: MailServer, tmp_path: Path
) -> None:
    (dead.folder.path / TOLD).write_text('{"DeadLetters/otp": "yester')
    mail = _mail(dead, _post(tmp_path, server.port))
    assert mail.look_once()
    dead.clock.advance(-_HOUR)
    assert mail.look_once()


class _Numbers(Collector):
    """What a monitor would see."""

    def __init__(self) -> None:
        self.value: dict[tuple[str, str, str], float] = {}

    def collect(self) -> Iterator[Metric]:
        for (name, partner, state), value in self.value.items():
            made = Metric(name, "", "gauge")
            made.add_sample(name, {"partner": partner, "state": state} if state else {}, value)
            yield made


@pytest.mark.parametrize("rule", [one for one in RULES if one.name not in ("QueueGrows", "LogFactsDropped")])
def test_each_rule_speaks_over_its_limit_and_not_at_it(rule: Any) -> None:
    numbers, watch = _Numbers(), Watch()
    key = (rule.number, "otp" if rule.by_partner else "", rule.state)
    numbers.value[key] = rule.limit
    assert watch.look(numbers_of(numbers.collect()), 0.0) == ()
    numbers.value[key] = rule.limit + 1
    (cause,) = watch.look(numbers_of(numbers.collect()), 60.0)
    assert (cause.rule, cause.value) == (rule.name, rule.limit + 1) and "{{" not in cause.do


def test_a_queue_must_grow_for_ten_minutes() -> None:
    key = ("handoff_intents", "otp", "due")

    def told(lengths: list[int]) -> list[bool]:
        watch = Watch()
        return [bool(watch.look({key: float(n)}, 60.0 * at)) for at, n in enumerate(lengths)]

    assert told([1001 + n for n in range(12)]) == [False] * 10 + [True] * 2
    assert not any(told([5000 - n for n in range(30)])), "it shrinks"
    assert not any(told([1500 if n % 5 else 900 for n in range(30)])), "it was short in between"
    assert not any(told([900 + n for n in range(30)]))


def test_dropped_facts_are_told_when_more_are() -> None:
    watch, key = Watch(), ("handoff_log_facts_dropped_total", "", "")
    times = ((3.0, 0), (3.0, 60), (4.0, 120), (4.0, 180), (4.0, 3719), (4.0, 3720), (5.0, 3780))
    seen = [bool(watch.look({key: value}, float(at))) for value, at in times]
    assert seen == [False, False, True, True, True, False, True], "for an hour: a mail may fail meanwhile"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"alert_smtp": None}, "HANDOFF_ALERT_TO"),
        ({"alert_from": ""}, "HANDOFF_ALERT_TO"),
        ({"alert_smtp": "mail.example.org:25", "alert_tls": "none", "alert_user": ""}, "HANDOFF_ALERT_TLS"),
        ({"alert_tls": "none"}, "HANDOFF_ALERT_USER"),
        ({"alert_password": None}, "HANDOFF_ALERT_USER"),
        ({"alert_ca": Path("/nowhere")}, "HANDOFF_ALERT_CA"),
        ({"alert_to": "anna@example.org\r\nBcc: x@example.org"}, "HANDOFF_ALERT_TO"),
        ({"alert_from": "no address"}, "HANDOFF_ALERT_FROM"),
        ({"alert_tls": "perhaps"}, "HANDOFF_ALERT_TLS"),
    ],
)
def test_settings_that_do_not_fit_are_one_sentence(tmp_path: Path, given: dict[str, Any], named: str) -> None:
    certified(tmp_path)
    with pytest.raises(SettingsRefused, match=named) as refused:
        _post(tmp_path, 25, **given)
    assert "a word" not in str(refused.value) and "\n" not in str(refused.value)


def test_without_a_receiver_nothing_is_mailed() -> None:
    assert post_of(read_settings()) is None


@pytest.mark.timeout(60)
def test_it_looks_until_it_is_stopped(dead: County, server: MailServer, tmp_path: Path) -> None:
    import asyncio

    mail = _mail(dead, _post(tmp_path, server.port))

    async def one_look() -> None:
        task = asyncio.ensure_future(mail.run(every_seconds=60.0))
        assert await asyncio.to_thread(server.took.wait, 55.0)
        await mail.stop()
        await task

    dead.run(one_look())
    assert len(server.mails) == 1
