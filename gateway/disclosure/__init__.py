"""The one gate: everything that leaves is decided, redacted, written and audited here.

Import its modules by name: the offline commands (`decide`, `release`) need a small part and must start at once.
"""

__all__: list[str] = []
