"""In which formats partners are written to: whether each of them can be written at all, before anything is sent."""

from __future__ import annotations

from gateway.errors import NotUnderstood
from gateway.partners import MllpDelivery, Network, mappings_of
from mappings import Library


def require_writing(library: Library, network: Network) -> None:
    """Nothing, when each mapping that is to write for a partner writes, and HL7 v2 where it goes over MLLP.

    Raises NotUnderstood `FORMAT_NOT_WRITTEN`.
    """
    for partner_id, partner in network.partners.items():
        for what, mapping_id in mappings_of(partner.delivery).items():
            mapping = library.mapping(mapping_id)
            place = f"partners.{partner_id}.delivery.{f'formats.{what}' if what else 'format'}"
            if mapping.direction == "in":
                text = f"`{mapping_id}` only reads what comes in; name a mapping that writes"
                raise NotUnderstood("FORMAT_NOT_WRITTEN", text, place)
            if isinstance(partner.delivery, MllpDelivery) and mapping.format != "hl7v2":
                text = f"`{mapping_id}` does not write HL7 v2, and nothing else goes over MLLP"
                raise NotUnderstood("FORMAT_NOT_WRITTEN", text, place)
