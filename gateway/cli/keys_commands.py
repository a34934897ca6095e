"""`handoff keys …`: rotation, destruction, and the proof of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gateway.cli.tables import print_table
from gateway.wiring.backup_notes import KEY_BACKUP_DAYS
from gateway.wiring.looking import reading


def rotate(network: Path, store: str | None, reason: str) -> int:
    """Rotate the wrapping key and wrap every data key anew; 0, or 1 when refused."""
    from gateway.cli.folder_acts import is_error, said, through_the_gateway

    answer = through_the_gateway(network, store, "keys rotate", "", said(reason))
    if is_error(answer):
        return 1
    print(f"`{answer['now']}` wraps from now on; `{answer['before']}` still unwraps.")
    return _rewrap(network, store)


def retire(network: Path, store: str | None, reason: str) -> int:
    """Destroy wrapping keys that have served their time; 0, or 1 when refused."""
    from gateway.cli.folder_acts import is_error, said, through_the_gateway

    answer = through_the_gateway(network, store, "keys retire", "", said(reason) if reason.strip() else "")
    if is_error(answer):
        return 1
    for key_id in answer["destroyed"]:
        print(f"`{key_id}` is destroyed here. Destroy your own copies of its file too.")
    for key_id in answer["kept"]:
        where = f"here, in the last backup or in one of the last {KEY_BACKUP_DAYS} days"
        print(f"`{key_id}` is kept: something is under it, {where}.")
    if not answer["destroyed"] and not answer["kept"]:
        print("There is no older wrapping key.")
    return 0


def list_keys(network: Path, store: str | None, *, as_json: bool) -> int:
    """Print the wrapping keys by id; 0."""
    from gateway.security.rotation import retired_keys

    with reading(network, store) as (folder, view):
        number = {row["kek_id"]: row["number"] for row in view.rows("data_key.count_by_kek")}
        retired = retired_keys(folder.keys_folder)
        present = folder.keys.provider.current_id
    rows = [{"key": present, "wraps": "now", "data keys under it": number.get(present, 0)}]
    for key in retired:
        until = f"until {key.until:%Y-%m-%d %H:%M}Z"
        rows.append({"key": key.id, "wraps": until, "data keys under it": number.get(key.id, 0)})
    if as_json:
        print(json.dumps(rows, indent=2))
        return 0
    heads = ("key", "wraps", "data keys under it")
    print_table(heads, [tuple(str(row[head]) for head in heads) for row in rows])
    return 0


def public(network: Path, partner: str) -> int:
    """Print the public key by which a partner's token endpoint knows us; 0, or 2 for a partner that asks for none."""
    from gateway.partners import FhirDelivery, read_network
    from gateway.partners.login_keys import read_login_key

    named = read_network(network).partners.get(partner)
    if named is None or not isinstance(named.delivery, FhirDelivery) or named.delivery.smart is None:
        print(f"{partner}: no partner with `smart` in its `delivery`", file=sys.stderr)
        return 2
    print(json.dumps({"keys": [read_login_key(network, named.delivery.smart).public()]}, indent=2))
    return 0


def destroy(network: Path, store: str | None, patient: str, reason: str, *, rotates: bool) -> int:
    """Destroy one patient's key, then put what remains under a new wrapping key; 0, or 1 when refused."""
    from gateway.cli.folder_acts import is_error, said, through_the_gateway

    answer = through_the_gateway(network, store, "keys destroy", patient, said(reason))
    if is_error(answer):
        return 1
    print(
        f"The key of {patient} is destroyed (audit entry {answer['entry']}, {answer['ended']} waiting ended)."
    )
    if unread := answer.get("refused messages not read", 0):
        print(
            f"{unread} refused messages cannot be read: whether they are about her is not known. They go with time"
        )
        print("(HANDOFF_REFUSED_DAYS).")
    for other, number in answer.get("still readable under", {}).items():
        print(
            f"{number} records of hers were sealed under {other}, of whom she was taken for one: destroy that key too,"
        )
        print("or leave them as long as that patient's records are kept.")
    if not rotates:
        print("Copies of the store still hold her wrapped key: `handoff keys rotate` after the last patient.")
        return 0
    # Whoever holds an old copy of the file, or an old key backup, needs the old wrapping key too: everybody else's
    # data key leaves it, and it is destroyed when the last key backup that needs it is 30 days old.
    code = rotate(network, store, f"after the destruction of {patient}")
    print(f"Old key backups can open her data for at most {KEY_BACKUP_DAYS} days, with the old wrapping key.")
    print("At once: `handoff db backup`, delete older key backups, `handoff keys retire --reason …`.")
    return code


def prove(
    network: Path,
    store: str | None,
    patient: str,
    backups: tuple[Path, ...],
    keys_from: Path | None,
    *,
    as_json: bool = False,
) -> int:
    """Print what still opens of a patient, here and in `backups`; 0 when nothing does, else 1; 2 for keys of none."""
    if keys_from is not None and not backups:
        print("--keys-from has the keys of backups: name these too, with --backups", file=sys.stderr)
        return 2
    from gateway.flows.destruction import remains
    from gateway.wiring.backup_views import views_of

    rows = []
    with reading(network, store) as (folder, view):
        rows.append(("store", remains(view, patient)))
        for place in backups:
            for name, copy in views_of(place, folder.keys, keys_from):
                with copy as old:
                    rows.append((name, remains(old, patient)))
    heads = ("where", "readable", "unreadable", "audit entries about the patient")
    cells = [(name, r.readable, r.unreadable, r.audit_entries) for name, r in rows]
    left = sum(found.readable for _, found in rows)
    if as_json:
        print(json.dumps([dict(zip(heads, row, strict=True)) for row in cells], indent=2))
    else:
        print_table(heads, [tuple(map(str, row)) for row in cells])
        print("Nothing opens." if not left else f"{left} rows still open.")
    return 0 if not left else 1


def _rewrap(network: Path, store: str | None) -> int:
    """Let every data key be wrapped anew, a part at a time; each part says how far it got."""
    from gateway.cli.folder_acts import is_error, through_the_gateway

    done, after = 0, ""
    while True:
        answer = through_the_gateway(network, store, "keys rewrap", after, "")
        if is_error(answer):
            print("Run `handoff keys rotate` no second time: the gateway goes on by itself.", file=sys.stderr)
            return 1
        done, after = done + answer["rewrapped"], answer["after"]
        if not answer["left"]:
            print(f"{done} data keys are wrapped anew.")
            return 0
        print(f"{done} data keys …", file=sys.stderr)
