"""What every test may rely on: options, profiles, requirement marks, no settings left over from a shell."""

from __future__ import annotations

import functools
import os
import re
import shutil
import sys
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import strategies

_TESTS = Path(__file__).parent
REQUIREMENT = re.compile(r"(P2|HI|IB|ST|FH|AU|SM|SB|BK|MT|V2|CD|SD|DM|PR)-[A-Z0-9]+(-[0-9A-Z]+)*")

FIRST = {"browser", "faults", "fhir_clients", "journeys", "test_laws"}
"""Folders and files with the longest tests: begun last, they would keep one worker busy while the others wait."""
UNMEASURED = {"browser", "conformance", "faults", "fhir_clients", "house", "journeys"}
"""Folders of tests that reach few lines of the product which the others do not: measured, they take twice as long."""
UNMEASURED_FILES = {
    "consent": {"agency_release", "hostile_consents", "odd_values", "outline_laws"},
    "gateway/agency_desk": {"own_page_phones"},
    "gateway/audit": {"independent_verifier"},
    "gateway/cli": {"commands", "leaving_out"},
    "gateway/delivery": {"breaker", "webhook"},
    "gateway/fhir_api": {"counts", "operations_tell_nothing", "patch_outputs", "put_beside_hidden"},
    "gateway/flows": {"included"},
    "gateway/resources": {"against_the_library"},
    "gateway/store": {"intents", "migrations"},
    "gateway/wiring": {"workers"},
    "mappings": {
        "account_shapes",
        "consent_segments",
        "directory_files",
        "laws",
        "needs_and_directory",
        "render_forms",
        "resources_are_fhir",
        "usual_form",
        "wrong_values",
    },
}
"""By folder: files that take a third of all the time, and together reach one arc in a thousand that no other does."""
_MEASURE_CHILDREN = "COVERAGE_PROCESS_CONFIG"
_FIRST_WORKER = "gw0"
_MEMORY = Path("/dev/shm")
_MEMORY_NEEDED = 8 * 2**30
"""Where there is so much of it, stores and keys of tests are in memory: thousands of them wait for no disk."""
MEASURED_CASES = 3
"""Cases of one test that are measured, but for those of the rooms where nearly each line must be reached."""
WHOLLY_MEASURED = ("consent", "gateway/disclosure", "gateway/audit")
MEASURED_EXAMPLES = 12
"""Examples of one property that are measured: the others reach the same lines, three times as slowly when measured."""
QUICK_CASES = 4
"""Cases of one test that a quick run takes at most."""

SLOW_FOLDERS = {"agency_desk", "console", "faults", "fhir_clients", "journeys"}
"""Folders of tests that walk through pages, processes and whole stories."""
SLOW_FILES = {
    "consent": {"bounded_memory", "emergency", "odd_values", "redact_laws"},
    "gateway/audit": {"independent_verifier", "log", "tampering"},
    "gateway/cli": {"commands", "keeping_commands", "leaving_out"},
    "gateway/delivery": {
        "breaker",
        "formats",
        "stop_sender",
        "way_back",
        "file_drop",
        "http_push",
        "later_answers",
        "mllp_push",
        "sender",
        "sender_trouble",
        "sftp_drop",
        "webhook",
    },
    "gateway/disclosure": {
        "answers_hidden",
        "audit_events",
        "consent_standing",
        "corners",
        "hidden_data",
        "release",
        "replay_decision",
        "show",
        "shown_versions",
    },
    "gateway/fhir_api": {
        "bulk_export",
        "chained",
        "conditional_create",
        "handoff",
        "operations_tell_nothing",
        "patch",
        "put_beside_hidden",
    },
    "gateway/flows": {
        "consent_taking",
        "order_status",
        "subscription_changes",
        "emergency",
        "held_requests",
        "operator_acts",
        "orders",
        "parted",
        "receive",
        "referral",
        "refused_about",
        "same_person",
        "status",
        "submissions",
        "subscriptions",
    },
    "gateway/intake": {"mllp"},
    "gateway/partners": {"network_file"},
    "gateway/resources": {"against_the_library"},
    "gateway/store": {
        "desk_lists",
        "fresh_reading",
        "intents",
        "postgres",
        "postgres_tables",
        "tables",
        "taken_over",
        "writing",
    },
    "gateway/wiring": {
        "backing_up",
        "checkup",
        "checkup_places",
        "database_backups",
        "house",
        "moving",
        "notice_mail",
        "restoring",
        "restoring_doors",
        "secured_lines",
        "served_by_workers",
        "watched_folders",
        "watched_servers",
        "workers",
    },
    "mappings": {"ccda_documents", "many_values", "tutorial", "xlsx"},
}
"""By folder: files whose tests together take more than about a second, as they start databases, servers and
processes or fill stores. `./dev check` leaves them to `./dev test`."""

settings.register_profile("ci", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("ci"), max_examples=strategies.QUICK_EXAMPLES)
settings.register_profile("long", settings.get_profile("ci"), max_examples=2000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--long", action="store_true", default=False, help="run the property tests at full length (hours)"
    )
    parser.addoption(
        "--quick", action="store_true", default=False, help="few examples a property, as in `./dev check`"
    )
    parser.addoption(
        "--requirements",
        action="store_true",
        default=False,
        help="list the rules that the collected tests show",
    )


def pytest_configure(config: pytest.Config) -> None:
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _MEMORY_NEEDED:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))
    for name in [name for name in os.environ if name.startswith("HANDOFF_")]:
        del os.environ[name]
    strategies.long_run = bool(config.getoption("--long"))
    strategies.quick_run = bool(config.getoption("--quick"))
    settings.load_profile("long" if strategies.long_run else "quick" if strategies.quick_run else "ci")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a requirement id of no known form, so that a slip of the pen shows no rule; journeys are slow.

    In a quick run each test with many cases runs a few of them, spread evenly; `./dev test` runs all.
    """
    if strategies.quick_run:
        left = _few_cases_of_each(items)
        config.hook.pytest_deselected(items=[item for item in items if item not in left])
        items[:] = [item for item in items if item in left]
    if not strategies.long_run:
        long_ones = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long_ones)
        items[:] = [item for item in items if item not in long_ones]
    items.sort(key=lambda item: FIRST.isdisjoint((item.path.parent.name, item.path.stem)))
    cases: Counter[str] = Counter()
    for item in items:
        folder = item.path.parent.relative_to(_TESTS).as_posix()
        test = item.nodeid.partition("[")[0]
        cases[test] += 1
        if cases[test] > MEASURED_CASES and folder not in WHOLLY_MEASURED:
            item.add_marker(pytest.mark.unmeasured)
        is_slow = item.path.stem.removeprefix("test_") in SLOW_FILES.get(folder, ())
        if is_slow or SLOW_FOLDERS & set(item.path.parts):
            item.add_marker(pytest.mark.slow)
        for mark in item.iter_markers("requirement"):
            wrong = [rule for rule in mark.args if not REQUIREMENT.fullmatch(str(rule))]
            if wrong or not mark.args:
                raise pytest.UsageError(
                    f"{item.nodeid}: no such form of requirement id: {wrong or 'none given'}"
                )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection() -> Generator[None, object, object]:
    """Every process reads all tests and what they import; what runs as that is read, one alone measures."""
    measuring, worker = sys.gettrace(), os.environ.get("PYTEST_XDIST_WORKER", _FIRST_WORKER)
    if worker != _FIRST_WORKER:
        sys.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(measuring)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Leave a test that need not be measured really unmeasured: its threads, child processes and fixtures too."""
    measuring = sys.gettrace()
    if measuring is None or not _is_unmeasured(item):
        return (yield)
    in_threads, of_children = threading.gettrace(), os.environ.pop(_MEASURE_CHILDREN, None)
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(measuring)
        threading.settrace(in_threads)
        if of_children is not None:
            os.environ[_MEASURE_CHILDREN] = of_children


def _is_unmeasured(item: pytest.Item) -> bool:
    if UNMEASURED & set(item.path.parts) or item.get_closest_marker("unmeasured") is not None:
        return True
    folder = item.path.parent.relative_to(_TESTS).as_posix()
    return item.path.stem.removeprefix("test_") in UNMEASURED_FILES.get(folder, ())


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Measure a property at its first examples alone."""
    measuring, known = sys.gettrace(), getattr(pyfuncitem.obj, "hypothesis", None)
    if measuring is None or known is None:
        return (yield)
    one_example = known.inner_test
    known.inner_test = _measured_at_first(one_example)
    try:
        return (yield)
    finally:
        known.inner_test = one_example
        sys.settrace(measuring)


def _measured_at_first(one_example: Callable[..., object]) -> Callable[..., object]:
    left = iter(range(MEASURED_EXAMPLES))

    @functools.wraps(one_example)
    def tried(*arguments: object, **named: object) -> object:
        if next(left, None) is None:
            sys.settrace(None)
        return one_example(*arguments, **named)

    return tried


def _few_cases_of_each(items: list[pytest.Item]) -> set[pytest.Item]:
    by_test: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        by_test[item.nodeid.partition("[")[0]].append(item)
    return {one for cases in by_test.values() for one in cases[:: max(1, -(-len(cases) // QUICK_CASES))]}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """With `--requirements`: each rule and the tests that passed for it."""
    if not config.getoption("--requirements"):
        return
    shown: defaultdict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("passed", []):
        for rule in dict(report.user_properties).get("requirements", ()):
            shown[rule].append(report.nodeid)
    terminalreporter.section("requirements shown")
    for rule in sorted(shown):
        terminalreporter.write_line(f"{rule:14} {len(shown[rule]):3}  {shown[rule][0]}")


@pytest.fixture(autouse=True)
def _requirements(request: pytest.FixtureRequest) -> None:
    """Carry the marks into the report, where `--requirements` reads them, from worker processes too."""
    rules = [str(rule) for mark in request.node.iter_markers("requirement") for rule in mark.args]
    if rules:
        request.node.user_properties.append(("requirements", rules))
