"""I9: the bytes of the files say nothing without the key, and nothing more of a patient once her key is destroyed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway import audit
from gateway.errors import NotFound
from gateway.store import ReleaseRow, Transaction, inbox, intents, outbox, patients, records
from tests.gateway.store.samples import AT, LATER, entry, intent, message, opened, record, with_patient

MARK = "Zylberquist"
PLAIN = f"methadone for {MARK}".encode()


def _everything(tx: Transaction) -> None:
    with_patient()(tx)
    inbox.keep(tx, message(1, patient_id="p1", business_key="0f" * 32), b"MSH|^~\\&|" + PLAIN)
    saved = records.save(tx, record({"resourceType": "Patient", "name": [{"family": MARK}]}))
    records.set_tokens(tx, saved, [("family", "ab" * 32)])
    patients.link(tx, "hospital", "cd" * 32, "p1")
    patients.add_match_key(tx, "p1", "ef" * 32)
    intents.add(tx, intent("a", message_id="m1"))
    receipt = audit.append(tx, entry(description=f"about {MARK}", recipient_name=f"{MARK} Clinic"))
    release = ReleaseRow("rel1", "a", "p1", "clinic", receipt.seq, "00", "x/y", AT, "prepared")
    outbox.add(tx, release, PLAIN)


def _bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


@pytest.mark.requirement("HI-312-01")
def test_no_file_of_the_store_holds_a_word_of_a_payload(tmp_path: Path) -> None:
    async def run() -> None:
        store = opened(tmp_path)
        await store.write(_everything)
        open_files = _bytes_of(tmp_path)
        with store.read() as reading:
            assert MARK.encode() in inbox.raw(reading, "m1")
        await store.close()
        for content in (open_files, _bytes_of(tmp_path)):
            for word in (MARK, "methadone", "MSH|", "Patient/"):
                assert word.encode() not in content
                assert word.encode("utf-16-le") not in content

    asyncio.run(run())


def test_destroying_a_patients_key_destroys_the_data_and_leaves_no_trace_to_find_it(tmp_path: Path) -> None:
    async def run() -> None:
        store = opened(tmp_path)
        await store.write(_everything)
        with store.read() as reading:
            wrapped = [bytes(r["wrapped"]) for r in _keys(reading, "patient:p1", "message:m1")]
        assert len(wrapped) == 2 and all(key in _bytes_of(tmp_path) for key in wrapped)
        await store.write(lambda tx: patients.destroy_patient_key(tx, "p1", LATER))
        content = _bytes_of(tmp_path)
        for gone in (*wrapped, b"ab" * 32, b"cd" * 32, b"ef" * 32):
            assert gone not in content
        with store.read() as reading:
            for look in (
                lambda: inbox.raw(reading, "m1"),
                lambda: records.of_patient(reading, "p1"),
                lambda: outbox.content(reading, "rel1"),
            ):
                with pytest.raises(NotFound, match="KEY_GONE"):
                    look()
            assert patients.find_by_token(reading, None, "cd" * 32) == ()
            assert records.find_token(reading, "Patient", "family", "ab" * 32) == ()
            kept = audit.of_patient(reading, "p1")[0].entry
            assert kept is not None and kept.recipient_name == f"{MARK} Clinic"
        await store.close()

    asyncio.run(run())


def test_what_was_destroyed_leaves_the_log_as_soon_as_no_reader_needs_it(tmp_path: Path) -> None:
    async def run() -> None:
        store = opened(tmp_path)
        await store.write(_everything)
        with store.read() as reading:
            wrapped = _keys(reading, "patient:p1")[0]["wrapped"]
            await store.write(lambda tx: patients.destroy_patient_key(tx, "p1", LATER))
            assert wrapped in _bytes_of(tmp_path)
        async with asyncio.timeout(90):
            while wrapped in _bytes_of(tmp_path):  # noqa: ASYNC110 - the file has no event
                await asyncio.sleep(0.05)
        await store.close()

    asyncio.run(run())


def _keys(reading: object, *scopes: str) -> list[dict[str, bytes]]:
    rows = (reading.row("data_key.newest", {"scope": scope}) for scope in scopes)  # type: ignore[attr-defined]
    return [{"wrapped": row["wrapped"]} for row in rows]


def test_the_files_are_the_owners_alone(tmp_path: Path) -> None:
    asyncio.run(opened(tmp_path).close())
    for file in tmp_path.iterdir():
        assert file.stat().st_mode & 0o077 == 0
