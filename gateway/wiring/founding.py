"""`handoff init`: the folder of a real network, with keys of its own, a certificate request, and no partner yet.

It is put together under another name and renamed at the end: cut off anywhere, there is no half network. In a folder
that is there (a volume, a service's own, beside which nothing may be written) it is put together inside, and moved, with
`network.yaml` as the last.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.errors import NotNow, NotUnderstood
from gateway.partners import parse_network
from gateway.security.keys import make_keys
from gateway.security.rotation import sync_folder
from gateway.security.tokens import new_token_key
from gateway.wiring.network_folder import TOKEN_KEY

TLS_KEY, TLS_REQUEST = "tls/gateway.key", "tls/gateway.csr"
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_DRAFT, _OF_THE_DISK = ".founding", "lost+found"
_MOVED = ("keys", "tls", "network.yaml")
_LONGEST_NAME = 64
"""Of a common name in a certificate: RFC 5280, appendix A, ub-common-name."""


@dataclass(frozen=True, slots=True)
class Founder:
    """Who runs the gateway, and whom a worker can call. `desk` and `on_call` are `Name, phone`; `host` is the gateway's
    name for partners, as in a certificate.
    """

    name: str
    role: str
    zone: str
    desk: str
    on_call: str
    host: str


def found_network(path: Path, founder: Founder) -> None:
    """Make the folder `path` of a new network. Raises NotNow `FOLDER_IN_USE`, NotUnderstood `FOUNDER_INCOMPLETE`, and
    NetworkFileRefused for a role or zone that there is not.
    """
    _require_unused(path)
    if not _HOST.fullmatch(founder.host) or len(founder.host) > _LONGEST_NAME:
        raise NotUnderstood("FOUNDER_INCOMPLETE", "must be a name such as gateway.example.org", "--host")
    text = _network_text(founder)
    parse_network(text.encode())
    is_there = path.exists()
    draft = path / _DRAFT if is_there else path.with_name(path.name + ".part")
    for cut_off in (*(path / one for one in _MOVED[:-1]), draft) if is_there else (draft,):
        shutil.rmtree(cut_off, ignore_errors=not cut_off.exists())
    draft.mkdir(mode=0o700, parents=True)
    make_keys(draft / "keys")
    _write(draft / "keys" / TOKEN_KEY, new_token_key())
    (draft / "tls").mkdir(mode=0o700)
    key, request = _certificate_request(founder)
    _write(draft / TLS_KEY, key)
    _write(draft / TLS_REQUEST, request)
    _write(draft / "network.yaml", text.encode())
    sync_folder(draft)
    if not is_there:
        draft.rename(path)
        sync_folder(path.absolute().parent)
        return
    for one in _MOVED:
        (draft / one).rename(path / one)
        sync_folder(path)
    draft.rmdir()


def _require_unused(path: Path) -> None:
    """Nothing, for a folder that is not there, is empty, or holds what an earlier try left that was cut off."""
    if not path.exists():
        return
    found = {one.name for one in path.iterdir()} - {_OF_THE_DISK} if path.is_dir() else {""}
    if found and not (_DRAFT in found and found <= {_DRAFT, *_MOVED[:-1]}):
        raise NotNow("FOLDER_IN_USE", "is not empty; choose another folder", str(path))


def _network_text(founder: Founder) -> str:
    desk, on_call = _contact(founder.desk, "--desk"), _contact(founder.on_call, "--on-call")
    return f"""# Who takes part, how they are reached, and what may go where. `handoff check` says what is wrong, and
# `handoff check --schema` prints everything that can stand here; `handoff network init DIR` writes an example.
network: {_quoted(founder.host)}
zone: {_quoted(founder.zone)}
operator:
  name: {_quoted(founder.name)}
  role: {_quoted(founder.role)} # program | covered_entity | business_associate | qso | intermediary (42 CFR 2.11)
  consent_desk: {desk}
  on_call: {on_call}
http: "127.0.0.1:8080"
public_url: {_quoted("https://" + founder.host)}
policy: {{packs: [part2, hipaa], no_consent: deny}}
keys: keys

# Each partner begins in state `test`: nothing is sent to it before it is `live`.
partners: {{}}
routes: []
"""


def _contact(said: str, option: str) -> str:
    name, _, phone = (part.strip() for part in said.rpartition(","))
    if not name or not phone:
        raise NotUnderstood("FOUNDER_INCOMPLETE", "must be a name, a comma and a phone number", option)
    return f"{{name: {_quoted(name)}, phone: {_quoted(phone)}}}"


def _quoted(text: str) -> str:
    """As a JSON string, which YAML reads as it is."""
    return json.dumps(text, ensure_ascii=False)


def _certificate_request(founder: Founder) -> tuple[bytes, bytes]:
    """A private key and a request for a certificate of the host's name (PKCS #10), both PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, founder.host)])
    names = x509.SubjectAlternativeName([x509.DNSName(founder.host)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).add_extension(names, critical=False)
    signed = request.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), signed


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
