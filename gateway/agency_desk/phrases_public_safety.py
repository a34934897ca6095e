"""The words of the form for public safety, in English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "refer_in": "Refer a person in",
    "le_received": "Received.",
    "le_note": "Somebody trained will follow up. You will hear nothing back about this person; the law forbids it.",
    "le_name_hint": "Write Unknown where you do not know it.",
    "le_concern": "What is needed",
    "concern_outreach": "Contact after an encounter",
    "concern_welfare": "A crisis team at a welfare check",
    "concern_transport": "Transport to a crisis center",
    "concern_shelter": "A place for the night",
    "le_urgency": "How soon",
    "urgency_stat": "Now",
    "urgency_urgent": "Today",
    "urgency_routine": "In the next days",
    "le_words": "What did you see?",
    "le_words_hint": "What happened, and what helps. It is kept and not passed on.",
    "le_send": "Send",
    "error_NO_WAY_IN": "This form is not set up yet. Call the crisis line, 988.",
}

SPANISH: Mapping[str, str] = {
    "refer_in": "Derivar a una persona",
    "le_received": "Recibido.",
    "le_note": "Alguien preparado se ocupará. No se le informará nada sobre esta persona. La ley no lo permite.",
    "le_name_hint": "Escriba Desconocido si no lo sabe.",
    "le_concern": "Qué hace falta",
    "concern_outreach": "Contacto después de un encuentro",
    "concern_welfare": "Un equipo de crisis en una visita de control",
    "concern_transport": "Traslado a un centro de crisis",
    "concern_shelter": "Un lugar para la noche",
    "le_urgency": "Para cuándo",
    "urgency_stat": "Ahora",
    "urgency_urgent": "Hoy",
    "urgency_routine": "En los próximos días",
    "le_words": "¿Qué vio?",
    "le_words_hint": "Qué pasó y qué ayuda. Se guarda y no se pasa a nadie.",
    "le_send": "Enviar",
    "error_NO_WAY_IN": "Este formulario todavía no está listo. Llame a la línea de crisis, 988.",
}
