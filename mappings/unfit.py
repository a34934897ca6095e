"""What a lens says about a value outside its domain. Never carries the value itself."""

from __future__ import annotations


class Unfit(ValueError):
    """The value is outside the lens's domain."""

    def __init__(self, code: str, message: str, hl7_error_code: str = "102") -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.hl7_error_code = hl7_error_code


class Partly(Unfit):
    """Part of the value can be said safely; `value` is that part, the rest is carried."""

    def __init__(self, code: str, message: str, value: object) -> None:
        super().__init__(code, message)
        self.value = value
