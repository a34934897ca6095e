"""The words about a program's own notice to its patients (42 CFR 2.22), in English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "pn_head": "Your program's privacy notice",
    "pn_due": "Your program has not given this person its privacy notice yet. Please give it now.",
    "pn_newer": "There is a newer notice. The one before was given on {day}. Please give the new one.",
    "pn_given": "Given on {day}, {way}.",
    "pn_version": "Version: {version}",
    "pn_note": "Federal law (42 CFR 2.22) asks for it. It does not hold up what you choose and sign here.",
    "pn_again": "It was given again",
    "pn_day": "Given on",
    "pn_way": "How it was given",
    "pn_WRITTEN": "on paper",
    "pn_FACE": "read together",
    "pn_EMAILWRIT": "by e-mail",
    "pn_ONLINEWRIT": "on a screen",
    "pn_MAILWRIT": "by post",
    "pn_do": "Save that it was given",
    "said_notice_given": "Saved: the notice was given.",
}

SPANISH: Mapping[str, str] = {
    "pn_head": "El aviso de privacidad de su programa",
    "pn_due": "Su programa aún no le dio a esta persona su aviso de privacidad. Por favor, déselo ahora.",
    "pn_newer": "Hay un aviso más nuevo. El anterior se dio el {day}. Por favor, dé el nuevo.",
    "pn_given": "Se dio el {day}, {way}.",
    "pn_version": "Versión: {version}",
    "pn_note": "La ley federal (42 CFR 2.22) lo pide. No detiene lo que se elige y se firma aquí.",
    "pn_again": "Se dio otra vez",
    "pn_day": "Se dio el",
    "pn_way": "Cómo se dio",
    "pn_WRITTEN": "en papel",
    "pn_FACE": "leído juntos",
    "pn_EMAILWRIT": "por correo electrónico",
    "pn_ONLINEWRIT": "en una pantalla",
    "pn_MAILWRIT": "por correo postal",
    "pn_do": "Guardar que se dio",
    "said_notice_given": "Guardado: el aviso se dio.",
}
