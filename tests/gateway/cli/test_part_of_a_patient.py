"""`handoff audit export --patient`: what is taken to a court is of the whole person, and of nobody else."""

from __future__ import annotations

import json

import pytest

from gateway.audit import Sealer, verifier_of, verify_file
from gateway.cli import proof_commands
from gateway.cli.proof_commands import Part, write_part
from gateway.errors import NotFound
from gateway.flows.same_person import part
from gateway.store import audit_rows
from tests.gateway.county import County
from tests.gateway.flows.test_same_person import joined


@pytest.mark.requirement("AU-06")
def test_all_ids_of_a_person_are_in_it_and_nobody_is_refused(
    county: County, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    her, again = joined(county)
    signer = county.folder.keys.signer
    sealer = Sealer(county.store, signer, None, county.clock)

    def exported(patient_id: str) -> tuple[list[int], bytes]:
        county.run(sealer.seal_now())
        verifier, network = verifier_of(signer), county.premises.network
        assert county.look(lambda view: write_part(view, network, verifier, Part(patient_id))) == 0
        out, err = capfdbinary.readouterr()
        lines = out.splitlines(keepends=True)
        assert verify_file(lines, verifier).ok
        return [json.loads(line)["seq"] for line in lines[2:-1]], err

    def seqs(*ids: str) -> list[int]:
        return sorted(
            row.seq for one in ids for row in county.look(lambda r, i=one: audit_rows.of_patient(r, i))
        )

    assert seqs(her) and seqs(again)
    for one in (her, again):
        assert exported(one) == (seqs(her, again), b"")
    with pytest.raises(NotFound, match="NO_SUCH_PATIENT"):
        exported("nobody")
    assert capfdbinary.readouterr().out == b""
    # whoever looks does so at both, and the log says so
    assert county.look(lambda view: proof_commands._ids_of(view, again)) == (her, again)

    county.run(part(county.premises, again, "it was her sister"))
    found, told = exported(again)
    assert set(found) < set(seqs(her, again)) and not set(seqs(her)) <= set(found)
    assert f"was once taken for {her}".encode() in told
