"""Keys: what they seal opens nowhere else, what is destroyed stays unreadable, and files are looked after."""

from __future__ import annotations

import asyncio
import base64
import hmac
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Internal, NotFound
from gateway.security.keys import (
    EnvelopeCipher,
    FileKeyProvider,
    Keys,
    NamedKey,
    Rewrapped,
    make_keys,
    new_key,
    read_key_file,
    read_keys,
    write_key_file,
)
from gateway.settings import SettingsRefused
from gateway.store import Reading, SqliteStore, open_store, patients

AT = "2026-11-22T08:00:00.000000Z"
OLD, NEW = NamedKey("store-old", b"o" * 32), NamedKey("store-new", b"n" * 32)


def _opened(folder: Path, *keys: NamedKey) -> SqliteStore:
    made = EnvelopeCipher(FileKeyProvider(keys or (OLD,)), b"d" * 32)
    return open_store("sqlite:///handoff.db", made, folder=folder)


def _write(store: SqliteStore, work: Any) -> Any:
    return asyncio.run(store.write(work))


def _close(store: SqliteStore) -> None:
    asyncio.run(store.close())


@pytest.fixture
def store(tmp_path: Path) -> Any:
    made = _opened(tmp_path)
    yield made
    _close(made)


def _seal(store: SqliteStore, scope: str, row: str, plain: bytes) -> bytes:
    return bytes(_write(store, lambda tx: tx.cipher.seal(tx, scope, row, plain)))


def _open(store: SqliteStore, scope: str, row: str, sealed: bytes) -> bytes:
    with store.read() as reading:
        return reading.cipher.open(reading, scope, row, sealed)


@pytest.mark.requirement("HI-312-01")
@pytest.mark.parametrize("scope", ["patient:p1", "message:m1", "audit:p1", "network"])
@pytest.mark.parametrize("plain", [b"", b"secret", b"\x00" * 100_000])
def test_what_is_sealed_opens_again(store: SqliteStore, scope: str, plain: bytes) -> None:
    sealed = _seal(store, scope, "row/1", plain)
    assert _open(store, scope, "row/1", sealed) == plain
    assert plain == b"" or plain[:6] not in sealed


@pytest.mark.requirement("HI-312-02")
def test_sealed_bytes_open_in_no_other_row_and_no_other_scope(store: SqliteStore) -> None:
    sealed = _seal(store, "patient:p1", "row/1", b"secret")
    _seal(store, "patient:p2", "row/1", b"other")
    for scope, row in (("patient:p1", "row/2"), ("patient:p2", "row/1")):
        with pytest.raises(Internal, match="SEAL_BROKEN"):
            _open(store, scope, row, sealed)


@pytest.mark.requirement("HI-312-02")
def test_many_are_opened_each_as_if_alone(store: SqliteStore) -> None:
    """Also beside one whose key cannot be unwrapped, which no fetch of many gets past."""
    scopes = ("audit:p1", "audit:p2", "network", "audit:p3", "audit:p4")
    sealed = {scope: _seal(store, scope, "row/1", scope.encode()) for scope in scopes}
    sealed["audit:p2"] = sealed["audit:p2"][:-1] + b"?"
    sealed["network"] = b""
    _write(store, lambda tx: tx.execute("data_key.destroy", {"scope": "audit:p3"}))
    bad = {"scope": "audit:p4", "generation": 1, "kek_id": OLD.id, "wrapped": b"x" * 60}
    _write(store, lambda tx: tx.execute("data_key.rewrap", bad))
    for scope in scopes:
        store._cipher.forget(scope)

    with store.read() as reading:
        found = list(reading.cipher.open_each(reading, [(one, "row/1", sealed[one]) for one in scopes]))

    assert found[0] == b"audit:p1"
    told = [one.code for one in found[1:] if not isinstance(one, bytes)]
    assert told == ["SEAL_BROKEN", "SEAL_BROKEN", "KEY_GONE", "SEAL_BROKEN"]


@pytest.mark.requirement("HI-312-02")
def test_every_altered_byte_is_noticed(store: SqliteStore) -> None:
    sealed = _seal(store, "patient:p1", "row/1", b"secret")
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises((Internal, NotFound)):
            _open(store, "patient:p1", "row/1", bytes(altered))
    for short in (b"", sealed[:5], sealed[:-1]):
        with pytest.raises(Internal, match="SEAL_BROKEN"):
            _open(store, "patient:p1", "row/1", short)


def test_the_same_plain_bytes_never_look_the_same(store: SqliteStore) -> None:
    assert _seal(store, "patient:p1", "row/1", b"same") != _seal(store, "patient:p1", "row/1", b"same")


def test_without_a_transaction_no_key_is_made(store: SqliteStore) -> None:
    with store.read() as reading, pytest.raises(Internal, match="KEY_MISSING"):
        reading.cipher.seal(None, "patient:p1", "row/1", b"x")
    _seal(store, "patient:p1", "row/1", b"x")
    with store.read() as reading:
        sealed = reading.cipher.seal(None, "patient:p1", "row/2", b"y")
        assert reading.cipher.open(reading, "patient:p1", "row/2", sealed) == b"y"


def _read(reading: Reading, sealed: bytes) -> list[bytes]:
    return reading.cipher.read(reading, "patient:p1", "row/1", sealed, bytes.split)


def test_a_destroyed_key_is_gone_at_once_and_never_made_again(store: SqliteStore) -> None:
    _write(store, lambda tx: patients.create(tx, AT, True, "p1"))
    sealed = _seal(store, "patient:p1", "row/1", b"secret")
    kept = _seal(store, "audit:p1", "row/1", b"facts")
    with store.read() as old_snapshot:
        assert patients.exists(old_snapshot, "p1")
        again = _read(old_snapshot, sealed)
        assert _read(old_snapshot, sealed) is again  # remembered, but not beyond its key
        _write(store, lambda tx: patients.destroy_patient_key(tx, "p1", AT))
        with pytest.raises(NotFound, match="KEY_GONE"):
            _read(old_snapshot, sealed)
        # Whoever still looks at the past finds the key there, and reads nothing with it.
        with pytest.raises(NotFound, match="KEY_GONE"):
            old_snapshot.cipher.open(old_snapshot, "patient:p1", "row/1", sealed)
    with pytest.raises(NotFound, match="KEY_GONE"):
        _open(store, "patient:p1", "row/1", sealed)
    with pytest.raises(NotFound, match="KEY_GONE"):
        _seal(store, "patient:p1", "row/2", b"more")
    assert _open(store, "audit:p1", "row/1", kept) == b"facts"


def test_rotation_rewraps_every_data_key_and_then_the_old_file_is_not_needed(tmp_path: Path) -> None:
    store = _opened(tmp_path, OLD)
    sealed = [_seal(store, f"patient:p{number}", "row", b"secret") for number in range(5)]
    _close(store)
    cipher = EnvelopeCipher(FileKeyProvider((NEW, OLD)), b"d" * 32)
    store = open_store("sqlite:///handoff.db", cipher, folder=tmp_path)
    assert _write(store, lambda tx: cipher.rewrap(tx, 3)) == Rewrapped(3, "patient:p2")
    assert _write(store, lambda tx: cipher.rewrap(tx, 3, "patient:p2")) == Rewrapped(2, "patient:p4")
    assert _write(store, lambda tx: cipher.rewrap(tx, 3)) == Rewrapped(0, "")
    _close(store)
    store = _opened(tmp_path, NEW)
    assert [_open(store, f"patient:p{n}", "row", one) for n, one in enumerate(sealed)] == [b"secret"] * 5
    _close(store)


class _RotatedJustThen(FileKeyProvider):
    """Another thread makes another key the current one as soon as something is wrapped."""

    def wrap(self, plain: bytes, context: bytes) -> tuple[str, bytes]:
        made = super().wrap(plain, context)
        self.use((NEW, OLD))
        return made


class _AnotherFirst(FileKeyProvider):
    """Another process makes the key of the scope between our look and our own."""

    tx: Any = None

    def wrap(self, plain: bytes, context: bytes) -> tuple[str, bytes]:
        tx, self.tx = self.tx, None
        if tx is not None:
            EnvelopeCipher(FileKeyProvider((OLD,)), b"d" * 32).seal(tx, "audit:p1", "row/1", b"first")
        return super().wrap(plain, context)


def test_a_key_that_another_process_made_in_the_same_moment_is_used(tmp_path: Path) -> None:
    provider = _AnotherFirst((OLD,))
    store = open_store("sqlite:///handoff.db", EnvelopeCipher(provider, b"d" * 32), folder=tmp_path)

    def work(tx: Any) -> bytes:
        provider.tx = tx
        return bytes(tx.cipher.seal(tx, "audit:p1", "row/2", b"second"))

    sealed = _write(store, work)
    _close(store)
    store = _opened(tmp_path)
    assert _open(store, "audit:p1", "row/2", sealed) == b"second"
    _close(store)


def test_a_data_key_names_the_key_that_wrapped_it_whatever_came_meanwhile(tmp_path: Path) -> None:
    cipher = EnvelopeCipher(_RotatedJustThen((OLD,)), b"d" * 32)
    store = open_store("sqlite:///handoff.db", cipher, folder=tmp_path)
    sealed = _seal(store, "patient:p1", "row", b"secret")
    _close(store)
    store = _opened(tmp_path, NEW, OLD)
    assert _open(store, "patient:p1", "row", sealed) == b"secret"
    _close(store)


def test_what_a_lost_key_sealed_is_gone_and_not_altered(tmp_path: Path) -> None:
    (tmp_path / "lost").mkdir()
    store = _opened(tmp_path / "lost")
    sealed = _seal(store, "audit:p1", "row/1", b"facts")
    _close(store)
    cipher = EnvelopeCipher(FileKeyProvider((OLD,)), b"d" * 32)
    store = open_store("sqlite:///handoff.db", cipher, folder=tmp_path)
    for _ in range(2):  # a second time it is so already
        _write(store, lambda tx: cipher.succeed(tx, "audit:p1", [sealed]))
    later = _seal(store, "audit:p1", "row/2", b"later")
    with pytest.raises(NotFound, match="KEY_GONE"):
        _open(store, "audit:p1", "row/1", sealed)
    assert _open(store, "audit:p1", "row/2", later) == b"later"
    _close(store)


def test_without_the_right_key_file_nothing_opens(tmp_path: Path) -> None:
    store = _opened(tmp_path, OLD)
    sealed = _seal(store, "patient:p1", "row", b"secret")
    _close(store)
    store = _opened(tmp_path, NEW)
    with pytest.raises(Internal, match="KEK_UNKNOWN"):
        _open(store, "patient:p1", "row", sealed)
    _close(store)
    store = _opened(tmp_path, NamedKey(OLD.id, NEW.secret))
    with pytest.raises(Internal, match="SEAL_BROKEN"):
        _open(store, "patient:p1", "row", sealed)
    _close(store)


def test_an_index_value_depends_on_key_parameter_system_and_value() -> None:
    values = {
        Keys([OLD], NamedKey("index", key), NEW).index_hmac(*parts)
        for key in (b"a" * 32, b"b" * 32)
        for parts in (("p", "s", "v"), ("ps", "", "v"), ("p", "sv", ""), ("", "ps", "v"), ("p", "s|v", ""))
    }
    assert len(values) == 10
    assert all(len(value) == 64 for value in values)
    content = b"index\x00" + b"".join(len(one).to_bytes(4, "big") + one for one in (b"p", b"s", b"v"))
    assert hmac.digest(b"a" * 32, content, "sha256").hex() in {
        Keys([OLD], NamedKey("index", b"a" * 32), NEW).index_hmac("p", "s", "v") for _ in range(2)
    }


def test_new_keys_are_written_for_the_owner_alone_and_read_back(tmp_path: Path) -> None:
    made, read = make_keys(tmp_path / "keys"), read_keys(tmp_path / "keys")
    assert made.index_hmac("p", "s", "v") == read.index_hmac("p", "s", "v")
    assert made.signer.public_key == read.signer.public_key
    assert made.derived("ids") == read.derived("ids") != read.derived("aliases")
    for file in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    make_keys(tmp_path)
    before = (tmp_path / "store.key").read_bytes()
    with pytest.raises(FileExistsError):
        make_keys(tmp_path)
    assert (tmp_path / "store.key").read_bytes() == before


def test_older_store_keys_still_unwrap(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    store = open_store("sqlite:///handoff.db", read_keys(tmp_path / "keys").cipher, folder=tmp_path)
    sealed = _seal(store, "patient:p1", "row", b"secret")
    _close(store)
    (tmp_path / "keys" / "store.key").rename(tmp_path / "keys" / "store-2026.key")
    write_key_file(tmp_path / "keys" / "store.key", new_key("store"))
    store = open_store("sqlite:///handoff.db", read_keys(tmp_path / "keys").cipher, folder=tmp_path)
    assert _open(store, "patient:p1", "row", sealed) == b"secret"
    _close(store)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"only-an-id",
        b"id not!base64",
        b"id " + base64.b64encode(b"short"),
        b"id " + base64.b64encode(b"x" * 33),
        b"\xff\xfe id",
        b"id key three",
    ],
)
def test_a_file_that_holds_no_key_is_refused_without_showing_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(SettingsRefused) as refused:
        read_key_file(path)
    assert "store.key" in str(refused.value)
    assert base64.b64encode(b"short").decode() not in str(refused.value)


def test_a_key_open_to_others_is_refused(tmp_path: Path) -> None:
    write_key_file(tmp_path / "store.key", new_key("store"))
    os.chmod(tmp_path / "store.key", 0o644)
    with pytest.raises(SettingsRefused, match="chmod"):
        read_key_file(tmp_path / "store.key")


def test_secrets_are_not_shown_by_accident() -> None:
    key = NamedKey("id", b"\x41" * 32)
    assert "AAAA" not in repr(key)
