"""Settings come from the environment, secrets from files; what is wrong is named and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.settings import SettingsRefused, read_secret, read_settings


def test_without_an_environment_the_network_file_says_where_things_are() -> None:
    settings = read_settings()

    assert settings.network == Path()
    assert (settings.store, settings.keys, settings.http, settings.mllp) == ("", None, None, None)


def test_the_environment_wins_over_the_default_and_the_command_line_over_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HANDOFF_HTTP", "127.0.0.1:9000")
    monkeypatch.setenv("HANDOFF_MLLP", "127.0.0.1:9001")
    monkeypatch.setenv("HANDOFF_KEYS", "/run/credentials/handoff")

    settings = read_settings(http="[::1]:9002", mllp=None)

    assert (settings.http, settings.mllp) == ("[::1]:9002", "127.0.0.1:9001")
    assert settings.keys == Path("/run/credentials/handoff")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP", "secret words"),
        ("WORKERS", "-4711"),
        ("LOG_LEVEL", "secret"),
        ("MLLP_FRAME_BYTES", "secret"),
        ("STOP_SECONDS", "4711"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_shown(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"HANDOFF_{name}", value)

    with pytest.raises(SettingsRefused) as refused:
        read_settings()

    assert f"`HANDOFF_{name}`" in str(refused.value)
    assert value not in str(refused.value)


def test_a_misspelt_setting_is_refused_instead_of_silently_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDOFF_HTPP", "127.0.0.1:9000")

    with pytest.raises(SettingsRefused, match="`HANDOFF_HTPP` is no setting"):
        read_settings()


def secret_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "signing"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_secret_is_the_files_content_without_the_white_space_around_it(tmp_path: Path) -> None:
    assert read_secret(secret_file(tmp_path, b" a b\n")) == b"a b"


@pytest.mark.requirement("HI-312-01")
@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        (b"key", 0o604, "open to other users"),
        (b" \n", 0o600, "is empty"),
        (b"k" * 65_537, 0o600, "over 64 KiB"),
    ],
)
def test_a_secret_open_to_others_or_empty_or_huge_is_refused(
    content: bytes, mode: int, why: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsRefused, match=why):
        read_secret(secret_file(tmp_path, content, mode))


def test_an_absent_secret_and_a_folder_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="secret file `absent` cannot be read"):
        read_secret(tmp_path / "absent")
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)
    with pytest.raises(SettingsRefused, match="secret file `folder` cannot be read"):
        read_secret(folder)
