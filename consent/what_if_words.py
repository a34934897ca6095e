"""The words of `what_if`, for the person who signs: short sentences without codes."""

from __future__ import annotations

from collections.abc import Mapping

PHRASES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "the_form": "this form",
        "sees": "{agency} would see: {kinds}.",
        "sees_part": "{agency} would see only a part of: {kinds}.",
        "sees_not": "{agency} would not see: {kinds}.",
        "sees_nothing": "{agency} would see nothing at all. {why}",
        "refused_before": "Something that was refused before stands against it.",
        "refused": "Because of what you say no to here, {agency} would not see: {kinds}.",
        "gained": "New with this form, {agency} would see: {kinds}.",
        "lost": "{agency} sees this today and would no longer see: {kinds}.",
    },
    "es": {
        "the_form": "este formulario",
        "sees": "{agency} vería: {kinds}.",
        "sees_part": "{agency} vería solo una parte de: {kinds}.",
        "sees_not": "{agency} no vería: {kinds}.",
        "sees_nothing": "{agency} no vería nada. {why}",
        "refused_before": "Algo que se negó antes vale en contra.",
        "refused": "Por lo que usted niega aquí, {agency} no vería: {kinds}.",
        "gained": "Nuevo con este formulario, {agency} vería: {kinds}.",
        "lost": "{agency} ve esto hoy y ya no vería: {kinds}.",
    },
}
