"""Bytes of an agency to FHIR resources."""

from __future__ import annotations

from mappings.library import Mapping_
from mappings.model import TranslatedRecord, Translation


def translate(
    mapping: Mapping_, source: bytes, *, partner: str, id_key: bytes, zone: str | None
) -> Translation:
    """One record. Raises TranslationRefused."""
    raise NotImplementedError


def translate_all(
    mapping: Mapping_, source: bytes, *, partner: str, id_key: bytes, zone: str | None
) -> tuple[TranslatedRecord, ...]:
    """Every record of a file or batch, each with its place."""
    raise NotImplementedError
