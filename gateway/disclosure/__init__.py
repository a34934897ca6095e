"""The one gate: everything that leaves is decided, redacted, written and audited here."""
