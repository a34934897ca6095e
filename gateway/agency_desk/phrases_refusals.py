"""The words for refusals that stand at the consent desk, in English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "rf_head": "Refusals that stand",
    "rf_note": "What is signed here does not count against a refusal. It stands until the client takes it back.",
    "rf_everybody": "Everybody",
    "rf_told": "Your own system told it on {day}.",
    "rf_rest": "It was part of a permission that was taken back. It stands since {day}.",
    "rf_recorded": "Your own system recorded it on {day}. It is ended there, not here.",
    "rf_lost": (
        "It stands since {day} for one that was lost with a computer. Nobody here knows what that one said. It ends "
        "when the people who run this network have asked your organization for it."
    ),
    "rf_said": "What the client said, in their own words",
    "rf_do": "They take this refusal back",
    "rf_first": (
        "A refusal stands that came from your own system. What is signed now does not count against it. First ask if "
        "the client takes it back."
    ),
    "rf_see": "See the refusal",
    "rf_mark": "Refused before",
    "rf_nothing": (
        "With this, {agency} would still see nothing. A refusal told somewhere else can be the reason. It ends only "
        "when the client takes it back. Who can look: {name}, {phone}."
    ),
    "said_refusal_ended": "The refusal has ended. What waits is looked at again now.",
}

SPANISH: Mapping[str, str] = {
    "rf_head": "Negativas que valen",
    "rf_note": "Lo que se firma aquí no vale contra una negativa. Vale hasta que el cliente la retire.",
    "rf_everybody": "Todos",
    "rf_told": "Lo dijo su propio sistema el {day}.",
    "rf_rest": "Era parte de un permiso que se retiró. Vale desde el {day}.",
    "rf_recorded": "Lo anotó su propio sistema el {day}. Se termina allí, no aquí.",
    "rf_lost": (
        "Vale desde el {day} en lugar de una que se perdió con una computadora. Aquí nadie sabe qué decía esa. Termina "
        "cuando quienes llevan esta red le hayan preguntado a su organización por ella."
    ),
    "rf_said": "Lo que dijo el cliente, con sus palabras",
    "rf_do": "Retira esta negativa",
    "rf_first": (
        "Vale una negativa que vino de su propio sistema. Lo que se firme ahora no vale contra ella. Primero pregunte "
        "si el cliente la retira."
    ),
    "rf_see": "Ver la negativa",
    "rf_mark": "Se negó antes",
    "rf_nothing": (
        "Con esto, {agency} todavía no vería nada. Puede ser por una negativa dicha en otro lugar. Termina solo cuando "
        "el cliente la retira. Quién puede mirar: {name}, {phone}."
    ),
    "said_refusal_ended": "La negativa terminó. Lo que espera se mira otra vez ahora.",
}
