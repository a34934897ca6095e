"""FHIR resources to the bytes of an agency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from mappings.library import Mapping_
from mappings.model import Rendered


def render(
    mapping: Mapping_,
    resources: Sequence[Mapping[str, object]],
    *,
    at: datetime,
    control_id: str | None,
    zone: str | None,
    complement: Mapping[str, object] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Rendered:
    """The bytes an agency reads. Raises RenderRefused."""
    raise NotImplementedError
