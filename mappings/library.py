"""All mappings of one deployment, read from bytes that were handed in."""

from __future__ import annotations

from collections.abc import Mapping


class Mapping_:
    """One mapping, ready to run."""

    id: str
    version: str
    content_hash: str
    format: str
    direction: str


class Library:
    """Every mapping by id, and one content hash over all of them."""

    version: str

    def mapping(self, mapping_id: str) -> Mapping_:
        """The mapping with this id. Raises MappingRoomError `MAPPING_UNKNOWN`."""
        raise NotImplementedError

    def ids(self) -> tuple[str, ...]:
        """All mapping ids, sorted."""
        raise NotImplementedError


def read_library(files: Mapping[str, bytes]) -> Library:
    """The library made of these files (keys like `formats/hospital/ref_i12/mapping.yaml`)."""
    raise NotImplementedError
