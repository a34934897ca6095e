"""The audit log of a network, verified by as many processes as there are processors where it is long enough for that."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from gateway.audit import VerifyReport, verifier_of, verify
from gateway.audit.stretches import STRETCH, Stretch, full_stretches, stretch_of, verify_by
from gateway.errors import HandoffError
from gateway.settings import SettingsRefused
from gateway.store import Reading
from gateway.wiring.looking import reading
from gateway.wiring.network_folder import NetworkFolder


def verify_log(
    folder: NetworkFolder,
    url: str | None,
    view: Reading,
    witness: Iterable[str] = (),
    *,
    length: int = STRETCH,
) -> VerifyReport:
    """What `verify` says of `view`, a look into the store of `folder` (or at `url`), with all facts."""
    verifier, spans = verifier_of(folder.keys.signer), full_stretches(view, length)
    processes = min(len(os.sched_getaffinity(0)), len(spans))
    if processes < 2 or spans[-1].stop < processes * length:
        return verify(view, verifier, witness)
    # New processes and no copies of this one, which has a connection to the store open.
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=gc.disable)
    try:
        stretches = pool.map(partial(_stretch, folder.path, url), spans)
        return verify_by(stretches, spans, view, verifier, witness)
    except (OSError, BrokenProcessPool):  # too little memory for them: then alone
        return verify(view, verifier, witness)
    finally:
        pool.shutdown(cancel_futures=True)


def _stretch(path: Path, url: str | None, span: range) -> Stretch:
    try:
        with reading(path, url) as (folder, view):
            return stretch_of(view, verifier_of(folder.keys.signer), span)
    except (HandoffError, SettingsRefused):  # a busy store, a key file that went: whoever asked looks itself
        return Stretch(span.start)
