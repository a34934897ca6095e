"""The console as a mounted application, bound to the store, the audit log and the network's folder."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec
from cryptography import x509
from msgspec.structs import replace
from starlette.types import ASGIApp

from gateway import audit
from gateway.audit import AuditEntry, VerifyReport, WitnessFile, verifier_of, verify
from gateway.clock import instant_text
from gateway.console import Office, PageRead, Visitor, build_console
from gateway.console.integrity import ALTERED, VERIFIED
from gateway.console.office import CertificateEnd, Witness
from gateway.console.tally import PATIENCE_SECONDS
from gateway.disclosure.premises import Premises
from gateway.disclosure.reason_words import reason_sentence
from gateway.flows.decided_here import act_entry
from gateway.settings import read_settings
from gateway.store import Transaction, tokens
from gateway.wiring.checkup import certificate_files
from gateway.wiring.console_login import provider_of
from gateway.wiring.last_restore import last_restore, spans_missing
from gateway.wiring.line_tests import try_line
from gateway.wiring.network_folder import NetworkFolder

LINK_PURPOSE = "console-link"
WITNESS_FILE = "witness.log"
_ISSUER = "#console"
"""Under which used links and ended sessions are kept, beside those of clients: no client's id begins like this."""
_TAIL_BYTES = 4096


def console_mounts(
    folder: NetworkFolder,
    premises: Premises,
    resting: Callable[[], frozenset[str]] = frozenset,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Mapping[str, ASGIApp]:
    """What is mounted beside the FHIR API, by path. `resting`: who is left alone for a moment because it does not
    answer.
    """
    room, settings = _Room(folder, premises), read_settings()
    public_url, key = premises.network.content.public_url, folder.keys.derived(LINK_PURPOSE)
    office = Office(
        read=premises.store.read,
        network=premises.network,
        premises=premises,
        record_read=room.record_read,
        use_link_once=room.use_link_once,
        was_used=room.was_used,
        verify=room.verify,
        verifier=verifier_of(folder.keys.signer),
        certificates=room.certificates,
        witness=room.witness,
        resting=resting,
        try_line=lambda partner: try_line(folder.path, premises.network.partners[partner], premises.clock),
        explain=reason_sentence,
        clock=premises.clock,
        link_key=key,
        secure=public_url.startswith("https://"),
        held_days=settings.held_days,
        patience_seconds=patience_seconds,
        restored_at=last_restore(premises.store),
        spans_missing=spans_missing(premises.store),
        provider=provider_of(settings, premises, key, room.use_link_once, public_url),
    )
    return {"/console": build_console(office)}


class _Room:
    """The office's questions, answered from premises and folder."""

    def __init__(self, folder: NetworkFolder, premises: Premises) -> None:
        self._folder = folder
        self._premises = premises

    async def record_read(self, read: PageRead) -> None:
        """One entry for each patient on the page, at least one; durable before the page is shown."""
        entries = _entries(read)

        def work(tx: Transaction) -> None:
            for entry in entries:
                audit.append(tx, entry)

        await self._premises.store.write(work)

    async def use_link_once(self, link_id: str, expires_at: datetime) -> bool:
        """Whether the link is new; kept until it would have expired anyway."""
        until = instant_text(expires_at)
        return await self._premises.store.write(lambda tx: tokens.use_jti(tx, _ISSUER, link_id, until))

    def was_used(self, link_id: str) -> bool:
        """Whether the id was used before."""
        with self._premises.store.read() as reading:
            return tokens.was_used(reading, _ISSUER, link_id)

    async def verify(self, visitor: Visitor) -> VerifyReport:
        """Verify the whole log in a thread; who asked for it, and what came of it, is an entry of the log itself."""
        report = await asyncio.to_thread(self._verified)
        said = f"{report.entries} entries, {report.signed_to} of them under a signed head"
        if not report.ok:
            said = f"from entry {report.first_bad_seq} on ({report.reason}); {said}"
        made = act_entry(VERIFIED if report.ok else ALTERED, instant_text(self._premises.clock.now()), said)
        entry = replace(made, recipient_name=visitor.name)
        await self._premises.store.write(lambda tx: audit.append(tx, entry))
        return report

    def certificates(self) -> tuple[CertificateEnd, ...]:
        """When each certificate that the network file names ends."""
        content = msgspec.to_builtins(self._premises.network.content)
        return tuple(self._end_of(whose, file) for whose, file in sorted(set(certificate_files(content))))

    def witness(self) -> Witness | None:
        """The witness file, its end only; None while there is none."""
        path = self._folder.path / WITNESS_FILE
        try:
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _TAIL_BYTES))
                lines = file.read().splitlines()
        except FileNotFoundError:
            return None
        for line in reversed(lines):
            try:
                return Witness(size, str(msgspec.json.decode(line)["note"]))
            except (msgspec.MsgspecError, KeyError, TypeError):
                continue
        return Witness(size, "")

    def _verified(self) -> VerifyReport:
        witness = WitnessFile(self._folder.path / WITNESS_FILE)
        with self._premises.store.read() as reading:
            return verify(reading, verifier_of(self._folder.keys.signer), witness)

    def _end_of(self, whose: str, file: str) -> CertificateEnd:
        try:
            found = x509.load_pem_x509_certificates((self._folder.path / file).read_bytes())
            return CertificateEnd(whose, file, min(one.not_valid_after_utc for one in found))
        except (OSError, ValueError):
            return CertificateEnd(whose, file, None)


def _entries(read: PageRead) -> tuple[AuditEntry, ...]:
    agreement = read.visitor.agreement
    return audit.look_entries(
        read.request_id,
        instant_text(read.at),
        read.visitor.name,
        f"{read.visitor.role}: {read.reason}" if read.reason else read.visitor.role,
        read.subject,
        read.patients,
        {} if agreement is None else {"agreement": agreement.id},
    )
