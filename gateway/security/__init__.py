"""Who calls, and what is sealed: callers and their tokens, keys and the cipher over the store.

Tokens and keys are imported from their own modules: the signing library takes a quarter of a second to load, which a
command that needs no server should not pay.
"""

from __future__ import annotations

from gateway.security.callers import Caller

__all__ = ["Caller"]
