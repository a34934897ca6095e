"""The words of a letter to whoever asked, English and Spanish; and what went, in words instead of types of records."""

from __future__ import annotations

import re
from collections.abc import Mapping

LANGUAGES = ("en", "es")
_COUNTED = re.compile(r"[0-9]+ [A-Z][A-Za-z]+(, [0-9]+ [A-Z][A-Za-z]+)*")
WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "reference": "Reference",
        "to": "To",
        "received": "We received your request on {day}.",
        "extended": "We told you that we need until {day}.",
        "rule": "It is answered under {rule}.",
        "disclosed": "What was disclosed",
        "date": "Date",
        "what": "What",
        "for": "For",
        "times": "{number} times",
        "nothing": "Nothing was disclosed in the time that the rule covers.",
        "complain": "If you think that your rights were not kept, you may complain to us or to the Secretary of Health "
        "and Human Services. Nothing happens to you for it (42 CFR §2.4; 45 CFR 164.530(d), (g)).",
        "officer": "Privacy officer",
        "accounting": "Account of disclosures",
        "intermediary_list": "List of an intermediary's disclosures",
        "restriction": "Restriction",
        "amendment": "Amendment",
        "complaint": "Complaint",
        "auditor": "Auditor's letter",
        "granted": "granted",
        "partly": "granted in part",
        "denied": "denied",
        "complaint_granted": "we agree",
        "complaint_partly": "we agree in part",
        "complaint_denied": "we do not agree",
        "other": "other records",
    },
    "es": {
        "reference": "Referencia",
        "to": "Para",
        "received": "Recibimos su solicitud el {day}.",
        "extended": "Le avisamos que necesitamos tiempo hasta el {day}.",
        "rule": "Se responde según {rule}.",
        "disclosed": "Lo que se divulgó",
        "date": "Fecha",
        "what": "Qué",
        "for": "Para",
        "times": "{number} veces",
        "nothing": "No se divulgó nada en el tiempo que cubre la regla.",
        "complain": "Si cree que no se respetaron sus derechos, puede quejarse con nosotros o con la Secretaría de "
        "Salud y Servicios Humanos. No le pasará nada por ello (42 CFR §2.4; 45 CFR 164.530(d), (g)).",
        "officer": "Responsable de privacidad",
        "accounting": "Lista de lo divulgado",
        "intermediary_list": "Lista de lo que divulgó un intermediario",
        "restriction": "Restricción",
        "amendment": "Corrección",
        "complaint": "Queja",
        "auditor": "Carta de un auditor",
        "granted": "aceptada",
        "partly": "aceptada en parte",
        "denied": "negada",
        "complaint_granted": "estamos de acuerdo",
        "complaint_partly": "estamos de acuerdo en parte",
        "complaint_denied": "no estamos de acuerdo",
        "other": "otros datos",
    },
}
_TYPES: Mapping[str, tuple[str, str]] = {
    "Patient": ("your name and how to reach you", "su nombre y cómo comunicarse con usted"),
    "ServiceRequest": ("the referral", "la derivación"),
    "Task": ("how the referral stands", "cómo va la derivación"),
    "Condition": ("diagnoses", "diagnósticos"),
    "AllergyIntolerance": ("allergies", "alergias"),
    "Observation": ("measurements and scores", "medidas y puntajes"),
    "MedicationStatement": ("medicines", "medicinas"),
    "MedicationRequest": ("medicines", "medicinas"),
    "MedicationAdministration": ("medicines", "medicinas"),
    "CarePlan": ("the care plan", "el plan de atención"),
    "Goal": ("goals", "metas"),
    "CareTeam": ("who is on the care team", "quién está en el equipo de atención"),
    "Appointment": ("appointments", "citas"),
    "Encounter": ("visits", "visitas"),
    "Procedure": ("treatments", "tratamientos"),
    "DocumentReference": ("documents", "documentos"),
    "Communication": ("messages", "mensajes"),
    "QuestionnaireResponse": ("answers to questions", "respuestas a preguntas"),
    "Coverage": ("insurance", "seguro médico"),
    "Practitioner": ("who treats you", "quién le atiende"),
    "PractitionerRole": ("who treats you", "quién le atiende"),
    "Organization": ("which organizations", "qué organizaciones"),
    "Consent": ("consents", "consentimientos"),
}


def what_went(description: str, language: str) -> str:
    """The description of a disclosure in plain words (45 CFR 164.528(b)(2)(iii)); what a person wrote stays as it is."""
    if not _COUNTED.fullmatch(description):
        return description
    place, other = LANGUAGES.index(language), WORDS[language]["other"]
    types = [part.partition(" ")[2] for part in description.split(", ")]
    told = [_TYPES[one][place] if one in _TYPES else other for one in types]
    return ", ".join(dict.fromkeys(told))
