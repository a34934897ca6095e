"""The console as a mounted application, bound to the store and the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from starlette.types import ASGIApp

from gateway import audit
from gateway.audit import AuditEntry, LoggedEntry
from gateway.clock import instant_text
from gateway.console import Office, PageRead, build_console
from gateway.disclosure.premises import Premises
from gateway.disclosure.reason_words import reason_sentence
from gateway.store import AuditFilter, Transaction, tokens
from gateway.wiring.network_folder import NetworkFolder

LINK_PURPOSE = "console-link"
_ISSUER = "console"


def console_mounts(folder: NetworkFolder, premises: Premises) -> Mapping[str, ASGIApp]:
    """What is mounted beside the FHIR API, by path."""
    room = _Room(premises)
    office = Office(
        newest=room.newest,
        entry_of=room.entry_of,
        record_read=room.record_read,
        use_link_once=room.use_link_once,
        partner_name=room.partner_name,
        explain=reason_sentence,
        partners=tuple(premises.network.partners),
        clock=premises.clock,
        link_key=folder.keys.derived(LINK_PURPOSE),
        secure=premises.network.content.public_url.startswith("https://"),
    )
    return {"/console": build_console(office)}


class _Room:
    """The office's questions, answered from the premises."""

    def __init__(self, premises: Premises) -> None:
        self._premises = premises

    def newest(self, limit: int, wanted: AuditFilter) -> tuple[LoggedEntry, ...]:
        """The newest entries that a filter asks for."""
        with self._premises.store.read() as reading:
            return audit.newest(reading, limit, wanted)

    def entry_of(self, seq: int) -> LoggedEntry | None:
        """One entry by its number."""
        with self._premises.store.read() as reading:
            return audit.get(reading, seq)

    async def record_read(self, read: PageRead) -> None:
        """One entry for each patient on the page, at least one; durable before the page is shown."""
        entries = [_entry(read, patient_id) for patient_id in read.patients or (None,)]

        def work(tx: Transaction) -> None:
            for entry in entries:
                audit.append(tx, entry)

        await self._premises.store.write(work)

    async def use_link_once(self, link_id: str, expires_at: datetime) -> bool:
        """Whether the link is new; kept until it would have expired anyway."""
        until = instant_text(expires_at)
        return await self._premises.store.write(lambda tx: tokens.use_jti(tx, _ISSUER, link_id, until))

    def partner_name(self, partner: str) -> str:
        """The organisation's name."""
        found = self._premises.network.partners.get(partner)
        return partner if found is None else found.organization.name


def _entry(read: PageRead, patient_id: str | None) -> AuditEntry:
    return AuditEntry(
        request_id=read.request_id,
        at=instant_text(read.at),
        kind="read",
        patient_id=patient_id,
        partner="",
        purpose="",
        outcome="disclose",
        basis="OPERATOR_COMPLIANCE",
        recipient_name=read.visitor.name,
        description=read.visitor.role,
        subject=read.subject,
    )
