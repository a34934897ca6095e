"""The translation room: bytes of an agency in, FHIR R4 resources out, and back again. Pure: no file, clock or log."""

from __future__ import annotations

from mappings.checking import expected_output, sample_faults, written_faults
from mappings.drafting import draft_mapping
from mappings.ids import PUBLISHED_TEST_KEY
from mappings.library import Library, Mapping_, read_library
from mappings.model import (
    Account,
    Issue,
    MappingFileError,
    MappingRoomError,
    Rendered,
    RenderRefused,
    TranslatedRecord,
    Translation,
    TranslationRefused,
)
from mappings.profiles import Fit, profile_fits
from mappings.rejected import rejected_rows
from mappings.render import render
from mappings.slices import place_in_file, records_apart
from mappings.syntax.csv_set import pack as pack_files
from mappings.syntax.csv_set import unpack as unpack_files
from mappings.syntax.hl7v2 import in_utf8
from mappings.translate import translate, translate_all, translate_message

__all__ = [
    "PUBLISHED_TEST_KEY",
    "Account",
    "Fit",
    "Issue",
    "Library",
    "MappingFileError",
    "MappingRoomError",
    "Mapping_",
    "RenderRefused",
    "Rendered",
    "TranslatedRecord",
    "Translation",
    "TranslationRefused",
    "draft_mapping",
    "expected_output",
    "in_utf8",
    "pack_files",
    "place_in_file",
    "profile_fits",
    "read_library",
    "records_apart",
    "rejected_rows",
    "render",
    "sample_faults",
    "translate",
    "translate_all",
    "translate_message",
    "unpack_files",
    "written_faults",
]
