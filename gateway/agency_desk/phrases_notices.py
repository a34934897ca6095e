"""What the notices beside a person's records say, in plain English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "nt_law": (
        "In plain words: a federal privacy law protects this. Never use it against this person in a court or any other "
        "legal matter. Do not pass it on unless this person has allowed it in writing, or the law lets you. A general "
        "release form is not enough."
    ),
    "nt_scope": (
        "Released with the person's written permission: {classes}, for use by {agency}. You may use this for "
        "{purposes}, {until}. Do not pass it on without new written permission, unless the law clearly allows it."
    ),
    "nt_use": "You may use this for {purposes}, {until}. Do not pass it on without new written permission.",
    "nt_scope_other": "Other information may exist.",
    "nt_all": "what stands here",
    "nt_you": "you",
    "nt_any": "the purpose of the permission",
    "nt_and": "and",
    "nt_through": "through {day}",
    "nt_until": "until {instant}",
    "nt_open": "until the permission is withdrawn",
    "nt_Appointment": "appointments",
    "nt_CarePlan": "the care plan",
    "nt_safety-plan": "the safety plan",
    "nt_CareTeam": "the care team",
    "nt_Communication": "messages",
    "nt_Condition": "conditions",
    "nt_Consent": "permissions",
    "nt_DocumentReference": "documents",
    "nt_Encounter": "visits",
    "nt_Goal": "goals",
    "nt_MedicationRequest": "medicines",
    "nt_MedicationStatement": "medicines",
    "nt_Observation": "findings",
    "nt_Patient": "name and contact",
    "nt_ServiceRequest": "the referral",
    "nt_Task": "how the referral stands",
}

SPANISH: Mapping[str, str] = {
    "nt_law": (
        "En palabras sencillas: una ley federal protege esto. Nunca lo use contra esta persona en un tribunal ni en "
        "otro asunto legal. Páselo a otros solo si esta persona lo permitió por escrito o si la ley lo permite. Un "
        "permiso general no basta."
    ),
    "nt_scope": (
        "Se muestra con el permiso escrito de la persona: {classes}. Lo puede usar {agency}. Úselo para {purposes}, "
        "{until}. No lo pase a otros sin un permiso nuevo por escrito, a menos que la ley lo permita con claridad."
    ),
    "nt_use": "Puede usar esto para {purposes}, {until}. No lo pase a otros sin un permiso nuevo por escrito.",
    "nt_scope_other": "Puede haber más datos.",
    "nt_all": "lo que está aquí",
    "nt_you": "usted",
    "nt_any": "lo que dice el permiso",
    "nt_and": "y",
    "nt_through": "hasta el {day}, ese día incluido",
    "nt_until": "hasta el {instant}",
    "nt_open": "hasta que retire el permiso",
    "nt_Appointment": "citas",
    "nt_CarePlan": "el plan de cuidados",
    "nt_safety-plan": "el plan de seguridad",
    "nt_CareTeam": "el equipo",
    "nt_Communication": "mensajes",
    "nt_Condition": "problemas de salud",
    "nt_Consent": "permisos",
    "nt_DocumentReference": "documentos",
    "nt_Encounter": "visitas",
    "nt_Goal": "metas",
    "nt_MedicationRequest": "medicinas",
    "nt_MedicationStatement": "medicinas",
    "nt_Observation": "hallazgos",
    "nt_Patient": "nombre y contacto",
    "nt_ServiceRequest": "la derivación",
    "nt_Task": "cómo va la derivación",
}
