"""The words of the form that a person signs, in English and Spanish. `CLASS_TEXTS`: what she may choose to share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from consent.notice import PURPOSE_WORDS

CLASS_TEXTS: Mapping[str, str] = {
    "contact": "your name and how to reach you",
    "referral": "the referral: what you need, and how it stands",
    "referral_status": "how the referral is going, and nothing else",
    "appointments": "your appointments",
    "plan": "your care plan",
    "safety_plan": "your safety plan for a crisis",
    "goals": "your goals",
    "attendance": "measurements and scores, and whether you came",
    "conditions": "your diagnoses and allergies, also about drugs, alcohol, mental health, HIV and violence",
    "medications": "your medicines, also those for drugs, alcohol, mental health and HIV",
}
"""Kinds of record as printed."""

STATEMENT_TEXTS: Mapping[str, str] = {
    "revocation": (
        "You may withdraw this at any time, in writing or by telling {discloser}. It stops what is sent from then on; "
        "what was sent before, in reliance on this form, cannot be taken back."
    ),
    "redisclosure": (
        "A health organization that gets this for treatment, payment or health care operations may pass it on as the "
        "HIPAA rules allow, but not for any proceedings against you. Others may not pass it on without a new form."
    ),
    "consequences": (
        "You may say no. Treatment at {discloser} does not depend on it; without it, {agency} gets nothing from us. "
        "What is passed on may no longer be protected by the same rules."
    ),
}
"""The statements of 42 CFR §2.31(a)(4)(iii), (6) and (10), as printed."""

_CLASS_TEXTS_ES: Mapping[str, str] = {
    "contact": "su nombre y cómo comunicarse con usted",
    "referral": "la derivación: lo que usted necesita y cómo va",
    "referral_status": "cómo va la derivación, y nada más",
    "appointments": "sus citas",
    "plan": "su plan de atención",
    "safety_plan": "su plan de seguridad para una crisis",
    "goals": "sus metas",
    "attendance": "medidas y puntajes, y si usted vino",
    "conditions": "sus diagnósticos y alergias, también de drogas, alcohol, salud mental, VIH y violencia",
    "medications": "sus medicinas, también las de drogas, alcohol, salud mental y VIH",
}
_STATEMENT_TEXTS_ES: Mapping[str, str] = {
    "revocation": (
        "Usted puede retirar este permiso cuando quiera, por escrito o diciéndolo a {discloser}. Desde ese momento no "
        "se envía nada más; lo que ya se envió con este formulario no se puede recuperar."
    ),
    "redisclosure": (
        "Una organización de salud que recibe esto para tratamiento, pago u operaciones de atención médica puede "
        "pasarlo a otros como permiten las reglas HIPAA, pero no para procesos legales contra usted. Los demás no "
        "pueden pasarlo sin un formulario nuevo."
    ),
    "consequences": (
        "Usted puede decir que no. Su tratamiento en {discloser} no depende de esto; sin el permiso, {agency} no recibe "
        "nada de nosotros. Lo que se comparte puede dejar de estar protegido por las mismas reglas."
    ),
}
_PURPOSES_ES: Mapping[str, str] = {
    "BTG": "una emergencia médica",
    "CAREMGT": "manejo de la atención",
    "COC": "coordinación de la atención",
    "ERTREAT": "tratamiento en urgencias",
    "ETREAT": "tratamiento de emergencia",
    "HLEGAL": "el asunto legal que nombra el permiso",
    "HOPERAT": "operaciones de atención médica",
    "HPAYMT": "pago",
    "HRESCH": "investigación",
    "PATRQT": "petición de la propia persona",
    "TREAT": "tratamiento",
}

FORM_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "PERMISSION TO SHARE INFORMATION (42 CFR 2.31, 45 CFR 164.508)",
        "reference": "Reference: {reference}",
        "name": "Name: {name}",
        "who": "Who may share: {discloser}",
        "what": "What may be shared: {kinds}",
        "with": "With whom: {agency}",
        "purpose": "What for: {purposes}",
        "until": "How long: from {start} until {end} (that day included), unless you withdraw it before",
        "event": (
            "How long: from {start} until this has happened: {event}. {owner} looks whether it has, the next time by "
            "{end}. You may withdraw it before."
        ),
        "means": "What this means:",
        "copy": "You get a copy of this page.",
        "signature": "Signature: ______________________________   Date: ______________",
        "for_another": (
            "If somebody signs for you: name ____________________   by what right ____________________"
        ),
        "witness": "Witness or interpreter, if any: ______________________________",
        "recorder": "Recorded by (role or staff number): ______________________________",
        "scan": "Scan this page under: {reference}",
        "typed": "Signed by typing the name: {name}",
        "statement": "I have read this or had it read to me. I agree to it of my own free will.",
        "signed_at": "Signed at: {at}",
        "seen_by": "Witness, who also recorded it: {witness}",
    },
    "es": {
        "title": "PERMISO PARA COMPARTIR INFORMACIÓN (42 CFR 2.31, 45 CFR 164.508)",
        "reference": "Referencia: {reference}",
        "name": "Nombre: {name}",
        "who": "Quién puede compartir: {discloser}",
        "what": "Qué se puede compartir: {kinds}",
        "with": "Con quién: {agency}",
        "purpose": "Para qué: {purposes}",
        "until": "Hasta cuándo: del {start} al {end} (ese día incluido), si usted no lo retira antes",
        "event": (
            "Hasta cuándo: desde el {start} hasta que esto haya pasado: {event}. {owner} mira si ya pasó, la próxima "
            "vez a más tardar el {end}. Usted puede retirarlo antes."
        ),
        "means": "Qué quiere decir esto:",
        "copy": "Usted recibe una copia de esta página.",
        "signature": "Firma: ______________________________   Fecha: ______________",
        "for_another": (
            "Si alguien firma por usted: nombre ____________________   con qué derecho ____________________"
        ),
        "witness": "Testigo o intérprete, si hay: ______________________________",
        "recorder": "Registrado por (puesto o número): ______________________________",
        "scan": "Escanee esta página con: {reference}",
        "typed": "Firmado escribiendo el nombre: {name}",
        "statement": "He leído esto o me lo leyeron. Estoy de acuerdo por mi propia voluntad.",
        "signed_at": "Firmado: {at}",
        "seen_by": "Testigo, que también lo registró: {witness}",
    },
}
"""Every line of the form but the choices themselves."""

_CLASSES = {"en": CLASS_TEXTS, "es": _CLASS_TEXTS_ES}
_STATEMENTS = {"en": STATEMENT_TEXTS, "es": _STATEMENT_TEXTS_ES}
_PURPOSES = {"en": PURPOSE_WORDS, "es": {**PURPOSE_WORDS, **_PURPOSES_ES}}


_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    ),
}  # fmt: skip


def day_text(day: date, language: str) -> str:
    """A day as people say it: `November 23, 2026`, `23 de noviembre de 2026`. Raises KeyError for a language without
    words.
    """
    month = _MONTHS[language][day.month - 1]
    return f"{month} {day.day}, {day.year}" if language == "en" else f"{day.day} de {month} de {day.year}"


def class_text(kind: str, language: str) -> str:
    """A kind of record in words. Raises KeyError for a kind or a language without words."""
    return _CLASSES[language][kind]


def purpose_text(code: str, language: str) -> str:
    """A purpose in words; its code where there are none. Raises KeyError for a language without words."""
    return _PURPOSES[language].get(code, code)


def statement_text(name: str, language: str) -> str:
    """A statement of §2.31(a), with places for discloser and agency. Raises KeyError."""
    return _STATEMENTS[language][name]
