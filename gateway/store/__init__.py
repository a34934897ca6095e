"""One durable store behind a Protocol: `write(work)` and `read()`.

The tables are modules of plain functions on `Reading` and `Transaction`: `inbox`, `patients`, `records`,
`consents`, `intents`, `outbox`, `audit_rows`, `consent_requests`, `tokens`, `kept_versions`,
`application_acks`, `emergency_uses`, `subscriptions`, `bulk_exports`,
`privacy_requests`, `partner_pauses`, `message_times`, `withdrawals`, `awaited_answers`, `filler_numbers`,
`audit_agreements`, `audit_feeds`, `legal_holds`, `mailed_links`,
`console_accounts`, `patient_notices`. Import them by name.
"""

from gateway.store.model import (
    AuditFilter,
    AuditRow,
    CheckpointRow,
    Cipher,
    ConsentRequest,
    ConsentState,
    InboxMessage,
    Intent,
    Reading,
    Record,
    Recovered,
    ReleaseRow,
    Row,
    Store,
    Transaction,
)
from gateway.store.opening import open_store, open_store_for_reading
from gateway.store.sqlite_store import ReadOnlyStore, SqliteStore

__all__ = [
    "AuditFilter",
    "AuditRow",
    "CheckpointRow",
    "Cipher",
    "ConsentRequest",
    "ConsentState",
    "InboxMessage",
    "Intent",
    "ReadOnlyStore",
    "Reading",
    "Record",
    "Recovered",
    "ReleaseRow",
    "Row",
    "SqliteStore",
    "Store",
    "Transaction",
    "open_store",
    "open_store_for_reading",
]
