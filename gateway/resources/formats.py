"""The primitive formats of FHIR as msgspec types. HL7 FHIR 4.0.1, datatypes.html#primitive."""

from __future__ import annotations

import decimal
from typing import Annotated, TypeVar

from msgspec import Meta

_Item = TypeVar("_Item")

_YEAR = r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_DAY = r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
_ZONE = r"(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"

Many = Annotated[list[_Item], Meta(min_length=1)]
Text = Annotated[str, Meta(min_length=1, max_length=1_048_576)]
Id = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9\-.]{1,64}\Z")]
Code = Annotated[str, Meta(pattern=r"\A[^\s]+( [^\s]+)*\Z")]
Uri = Annotated[str, Meta(pattern=r"\A\S+\Z")]
Oid = Annotated[str, Meta(pattern=r"\Aurn:oid:[0-2](\.(0|[1-9][0-9]*))+\Z")]
Base64 = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9+/\s]+={0,2}\s*\Z")]
Date = Annotated[str, Meta(pattern=rf"\A{_YEAR}(-(0[1-9]|1[0-2])|-{_DAY})?\Z")]
DateTime = Annotated[str, Meta(pattern=rf"\A{_YEAR}(-(0[1-9]|1[0-2])|-{_DAY}(T{_CLOCK}{_ZONE})?)?\Z")]
Instant = Annotated[str, Meta(pattern=rf"\A{_YEAR}-{_DAY}T{_CLOCK}{_ZONE}\Z")]
Time = Annotated[str, Meta(pattern=rf"\A{_CLOCK}\Z")]
Integer = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
UnsignedInt = Annotated[int, Meta(ge=0, le=2**31 - 1)]
PositiveInt = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Decimal = decimal.Decimal
