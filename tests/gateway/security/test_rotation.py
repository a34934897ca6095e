"""Rotation: wherever it is cut off, every key that ever wrapped still unwraps, and the next try goes on."""

from __future__ import annotations

import itertools
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.security.keys import NamedKey, make_keys, read_store_keys
from gateway.security.rotation import destroy_key_file, retired_keys, rotate_files, sweep_key_files
from tests.gateway.killing_points import killed_at_each_change

AT = datetime(2026, 4, 11, 15, tzinfo=UTC)
LATER = AT + timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_keys(tmp_path)
    return tmp_path


@pytest.mark.requirement("HI-312-01")
def test_the_new_key_wraps_and_the_old_one_still_unwraps(folder: Path) -> None:
    (old,) = read_store_keys(folder)

    rotated = rotate_files(folder, AT)

    present, kept = read_store_keys(folder)
    assert (rotated.before, rotated.now) == (old.id, present.id)
    assert kept == old and present.secret != old.secret
    assert [(key.id, key.until) for key in retired_keys(folder)] == [(old.id, AT)]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("store*.key")} == {0o600}


def test_each_rotation_keeps_all_before_it(folder: Path) -> None:
    seen = [read_store_keys(folder)[0]]
    for days in range(3):
        rotate_files(folder, AT + timedelta(days=days))
        seen.append(read_store_keys(folder)[0])

    assert {key.id for key in read_store_keys(folder)} == {key.id for key in seen}
    assert [key.id for key in retired_keys(folder)] == [key.id for key in seen[:-1]]


def test_killed_at_any_change_nothing_is_lost_and_the_next_try_ends_it(tmp_path: Path) -> None:
    number = itertools.count()
    first: dict[Path, NamedKey] = {}

    def folder() -> Path:
        made = tmp_path / str(next(number))
        make_keys(made)
        (first[made],) = read_store_keys(made)
        return made

    kills = 0
    for place in killed_at_each_change(folder, lambda path: rotate_files(path, AT)):
        kills += 1
        assert first[place] in read_store_keys(place), "what it wrapped could not be read any more"
        before = {key.id: key.secret for key in read_store_keys(place)}
        present = read_store_keys(place)[0]

        rotated = rotate_files(place, LATER)

        after = {key.id: key.secret for key in read_store_keys(place)}
        assert rotated.before == present.id
        assert before.items() <= after.items()
        assert max(key.until for key in retired_keys(place)) == LATER
        assert not list(place.glob("store-next-*"))
    assert kills > 5


def test_a_destroyed_key_file_is_gone_with_its_content(folder: Path) -> None:
    rotate_files(folder, AT)
    (old,) = retired_keys(folder)
    other_name = folder / "another-name"
    other_name.hardlink_to(old.path)
    secret = old.path.read_bytes()

    destroy_key_file(old.path)

    assert not old.path.exists()
    assert len(read_store_keys(folder)) == 1
    assert other_name.read_bytes() != secret and len(other_name.read_bytes()) == len(secret)


def test_killed_at_any_change_of_a_destruction_the_next_start_reads_its_keys(tmp_path: Path) -> None:
    number = itertools.count()

    def folder() -> Path:
        made = tmp_path / str(next(number))
        make_keys(made)
        rotate_files(made, AT)
        (made / "store-0000abcd.draft").write_bytes(b"cut sho")
        return made

    kills = 0
    for place in killed_at_each_change(folder, lambda path: destroy_key_file(retired_keys(path)[0].path)):
        kills += 1
        assert read_store_keys(place), "the next start reads its keys"
        sweep_key_files(place)
        assert {path.name for path in place.glob("store*")} <= {
            "store.key",
            *(key.path.name for key in retired_keys(place)),
        }
    assert kills > 2
    assert [key.id for key in read_store_keys(place)] == [read_store_keys(place)[0].id]
