"""What the definitions say of an element: its class, whether it repeats, and which elements one choice has."""

from __future__ import annotations

from gateway.resources.generated.orders import ORDERS
from gateway.resources.generated.walks import WALKS


def element_of(kind: str, name: str) -> tuple[str, bool] | None:
    """The class of an element (of a primitive `str`, `bool`, `int`, `decimal`) and whether it repeats; None: unknown."""
    return ORDERS.get(kind, {}).get(name)


def choice_of(kind: str, name: str) -> tuple[str, ...]:
    """The elements that the choice `name` of a class may be (`value`: `valueString` …); empty where it is none."""
    walk = WALKS.get(kind)
    found = next((names for choice, names, _ in walk.choices if choice == name), ()) if walk else ()
    return tuple(sorted(one for one in found if not one.startswith("_")))
