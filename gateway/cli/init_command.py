"""`handoff init`: found a network."""

from __future__ import annotations

import sys
from pathlib import Path

from gateway.errors import HandoffError
from gateway.partners import NetworkFileRefused
from gateway.wiring.founding import TLS_REQUEST, Founder, found_network


def init(folder: Path, founder: Founder) -> int:
    """Make the folder and say what comes next; 0, or 1 when something was refused."""
    try:
        found_network(folder, founder)
    except NetworkFileRefused as error:
        for fault in error.faults:
            print(f"{fault.place}: {fault.what}", file=sys.stderr)
        return 1
    except HandoffError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{folder}: cannot be written ({error.strerror}); who runs this must own it", file=sys.stderr)
        return 1
    print(f"Wrote {folder}: network.yaml, keys that are nobody else's, and a certificate request.")
    print(f"1. Have {folder / TLS_REQUEST} signed, and put the certificate beside it.")
    print(f"2. Copy {folder / 'keys'} to a safe place: without these files nothing can ever be read again.")
    print(f"3. Name your partners in {folder / 'network.yaml'}; `handoff check` reads it.")
    print("4. `handoff serve`, then `handoff console-link --name NAME` logs the first compliance officer in.")
    print("5. `handoff doctor` says what is still missing.")
    return 0
