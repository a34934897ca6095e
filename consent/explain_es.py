"""The sentences of `explain` in Spanish."""

from __future__ import annotations

from consent.explain_words import Because, Words

_NAMED = "Hace falta un consentimiento vigente que nombre a {recipient}, con el propósito {purposes}."
_FIX = "{consent} tendría que corregirse y firmarse de nuevo."

SPANISH = Words(
    language="es",
    phrases={
        "summary_disclose": "Los {count} registros pueden divulgarse a {recipient} para {purposes}.",
        "summary_partial": (
            "{shown} de {count} registros pueden divulgarse, algunos en parte, a {recipient} para {purposes}."
        ),
        "summary_withhold": "Nada puede divulgarse a {recipient} para {purposes} ({count} registros pedidos).",
        "no_purpose": "ningún propósito declarado",
        "no_recipient": "un destinatario desconocido",
        "resource_disclose": "Divulgado: {names}. {because}",
        "resource_redact": "Divulgado en parte: {names}. {because}",
        "resource_withhold": "Retenido: {names}. {because}",
        "and_more": "{names} y {count} más",
        "a_recipient": "quien recibe",
        "this_purpose": "este propósito",
        "a_consent": "el consentimiento",
        "consents": "Decidido según {consents}.",
        "note": "También consta: {because}",
        "obligation": "Deber con esta divulgación: {code} {value}.",
        "reason": "Una regla de los paquetes configurados lo decidió ({code}).",
        "reason_remedy": "Pregunte a la persona responsable de privacidad qué exige la regla {code}.",
        "versions": "Decidido con la versión {semantics} de la semántica.",
        "nothing_to_show": "No se puede mostrar nada para esta solicitud. Esto no significa que no exista nada.",
    },
    reasons={
        "ACTION_NOT_COVERED": Because("{consent} no cubre esta acción.", _NAMED),
        "AUDIT_AGREEMENT_MISSING": Because(
            "Una auditoría exige un acuerdo escrito y no hay ninguno registrado.",
            "Registre el acuerdo de auditoría con {recipient}, su alcance y sus fechas.",
        ),
        "CONSENT_CODE_INVALID": Because("{consent} contiene un código ilegible; no permite nada.", _FIX),
        "CONSENT_ELEMENT_INVALID": Because(
            "{consent} contiene un elemento con forma incorrecta; no permite nada.", _FIX
        ),
        "CONSENT_ELEMENT_MISSING": Because(
            "A {consent} le falta un elemento que FHIR exige; no permite nada.", _FIX
        ),
        "CONSENT_ELEMENT_UNKNOWN": Because(
            "{consent} contiene un elemento que FHIR R4 no tiene; no permite nada.", _FIX
        ),
        "CONSENT_EXPIRED": Because("{consent} ha terminado.", "La persona puede renovar {consent}."),
        "CONSENT_MODIFIED": Because(
            "{consent} lleva un modificador que aquí nadie conoce; no permite nada.", _FIX
        ),
        "CONSENT_NOT_ACTIVE": Because("{consent} no está activo.", _NAMED),
        "CONSENT_NOT_UNDERSTOOD": Because(
            "{consent} dice algo que no se puede evaluar; no permite nada.", _FIX
        ),
        "CONSENT_NOT_YET_IN_FORCE": Because("{consent} todavía no está vigente."),
        "CONSENT_OTHER_PATIENT": Because("{consent} es de otra persona."),
        "CONSENT_PATIENT_UNCLEAR": Because("No se sabe de quién es {consent}.", _FIX),
        "CONSENT_PERIOD_INVALID": Because(
            "{consent} tiene un plazo que termina antes de empezar o que no se puede leer.", _FIX
        ),
        "CONSENT_POLICY_MISSING": Because("{consent} no nombra ninguna norma.", _FIX),
        "CONSENT_PROVISION_MISSING": Because("{consent} no dice ni sí ni no a nada.", _FIX),
        "CONSENT_R5_SHAPE": Because(
            "{consent} tiene la forma de otra versión de FHIR; no permite nada.", "Pida {consent} en FHIR R4."
        ),
        "CONSENT_RESOURCE_TYPE": Because("Un registro entre los consentimientos no es un Consent."),
        "CONSENT_SCOPE_INVALID": Because(
            "{consent} no es un consentimiento de privacidad o no lo dice.", _FIX
        ),
        "CONSENT_SIGNED_LATER": Because("{consent} lleva una fecha de firma futura.", _FIX),
        "CONSENT_TOO_DEEP": Because("{consent} está anidado con demasiada profundidad.", _FIX),
        "CONSENT_TOO_LARGE": Because("{consent} es demasiado grande.", _FIX),
        "CONSENT_TYPE_MISSING": Because(
            "Una parte de {consent} no dice si permite o niega; se lee como negativa.", _FIX
        ),
        "CONSENT_UNVERIFIED": Because(
            "Nadie con derecho a hacerlo ha confirmado {consent}; hasta entonces no permite nada.",
            "Haga verificar {consent} con su formulario firmado.",
        ),
        "COURT_ORDER": Because("Divulgado por una orden judicial registrada."),
        "CUT_TO_DATA_SET": Because(
            "Se omite lo que {recipient} no necesita para {purposes}, aun con consentimiento."
        ),
        "DATA_NOT_COVERED": Because(
            "{consent} no cubre esta clase de registro.",
            "Un consentimiento para {recipient}, con el propósito {purposes}, "
            "tendría que cubrir esta clase de registro.",
        ),
        "DENIED_BY_CONSENT": Because(
            "La persona dijo que no en {consent}; una objeción prevalece sobre todo permiso.",
            "Solo la persona puede cambiarlo, con una nueva decisión en lugar de {consent}.",
        ),
        "DENIED_UNLESS_CLEAR": Because(
            "{consent} contiene una objeción que puede aplicarse aquí; en la duda se aplica.",
            "Pida a la persona que aclare {consent} o etiquete el registro con más exactitud.",
        ),
        "DISCLOSER_NOT_COVERED": Because(
            "{consent} no nombra a quien tiene el registro como autorizado a divulgarlo.",
            "Un consentimiento tendría que nombrar a quien tiene el registro.",
        ),
        "DESCRIPTION_MISSING": Because(
            "{consent} no dice qué puede entregarse, y para este destinatario debe decirlo.", _FIX
        ),
        "INTERMEDIARY_INCOMPLETE": Because(
            "{consent} nombra un intermediario sin quienes participan en él.", _FIX
        ),
        "EXPIRY_MISSING": Because("{consent} no tiene fin, y la ley lo exige aquí.", _FIX),
        "EXPIRY_EVENT_REVIEW_DUE": Because(
            "{consent} termina con un suceso, y hace tiempo que nadie mira si ha ocurrido.",
            "Quien vigila el suceso tiene que mirar y fijar el próximo día de revisión.",
        ),
        "EXPIRY_EVENT_WITHOUT_DATE": Because(
            "{consent} termina con un suceso, y no hay un día en que alguien mire si ha ocurrido.", _FIX
        ),
        "EXPIRY_EVENT_WITHOUT_OWNER": Because(
            "{consent} termina con un suceso, y nadie tiene el encargo de vigilarlo.", _FIX
        ),
        "HIPAA_TREATMENT": Because(
            "Tratamiento entre entidades cubiertas, sin contenido con protección especial."
        ),
        "INSIDE_PROGRAM": Because("Comunicación dentro del programa, para quienes la necesitan."),
        "LABEL_NOT_COVERED": Because(
            "El registro lleva una etiqueta que {consent} no cubre.",
            "Un consentimiento para {recipient}, con el propósito {purposes}, tendría que incluir esta etiqueta.",
        ),
        "MINOR_SIGNATURE_MISSING": Because("Falta la firma que la ley estatal exige para un menor.", _FIX),
        "REPORTING_NEEDS_PACK": Because(
            "Los informes a un programa de vigilancia o registro tienen reglas propias."
        ),
        "MONITOR_PURPOSE_ONLY": Because(
            "La asistencia para supervisión va solo a quien supervisa, y nada más."
        ),
        "NOTES_NEED_OWN_CONSENT": Because(
            "Las notas de consejería y psicoterapia exigen un consentimiento propio.",
            "Hace falta un consentimiento solo para las notas que nombre a {recipient}.",
        ),
        "NOT_IN_DATA_SET": Because("{recipient} no necesita esta clase de registro para {purposes}."),
        "NO_PERMIT": Because("Ningún consentimiento registrado lo permite.", _NAMED),
        "SAFETY_PLAN_NOT_NAMED": Because(
            "{recipient} recibe un plan de seguridad solo por un consentimiento que lo nombre.",
            "Hace falta un consentimiento para el plan de seguridad que nombre a {recipient}.",
        ),
        "OTHER_PATIENT": Because("El registro es de otra persona."),
        "PACK_UNKNOWN": Because(
            "Un paquete de reglas configurado no se conoce; por eso se niega.",
            "Instale el paquete de reglas o corrija su nombre.",
        ),
        "PARENT_ACCESS": Because(
            "Quien representa a un menor puede ver su expediente, pero ninguno de un programa."
        ),
        "PATIENT_ACCESS": Because("La persona pide su propio registro; no hace falta consentimiento."),
        "PERMITTED_BY_CONSENT": Because("{consent} cubre destinatario, propósito, datos y plazo."),
        "PROCEEDINGS_BARRED": Because(
            "Los registros no pueden usarse en procesos contra la persona ni para investigarla.",
            "Solo un consentimiento para ese proceso o una orden judicial registrada podría cambiarlo.",
        ),
        "PUBLIC_HEALTH_DEIDENTIFIED_ONLY": Because("Salud pública recibe solo registros sin identificación."),
        "PURPOSE_MISSING": Because(
            "La solicitud no dice su propósito.", "Indique el propósito de la solicitud."
        ),
        "PURPOSE_NOT_COVERED": Because("{consent} no cubre este propósito.", _NAMED),
        "PURPOSE_NOT_STATED": Because("{consent} no indica propósito; no permite ninguno.", _FIX),
        "QSO_SERVICE": Because(
            "Una organización de servicios actúa para el programa con un acuerdo registrado."
        ),
        "RECIPIENT_NOT_COVERED": Because("{consent} no nombra a {recipient}.", _NAMED),
        "RECIPIENT_NOT_NAMED": Because(
            "Un destinatario de esta clase debe ser nombrado y {consent} nombra solo una clase.", _NAMED
        ),
        "RECIPIENT_NOT_STATED": Because("{consent} no nombra destinatario; no permite ninguno.", _FIX),
        "RECIPIENT_UNKNOWN": Because(
            "El destinatario no está en el directorio.",
            "Añada el destinatario al directorio con su condición.",
        ),
        "RESEARCH_AGREEMENT_MISSING": Because(
            "La investigación exige un acuerdo y no hay ninguno registrado.",
            "Registre el acuerdo de investigación con {recipient}, su alcance y sus fechas.",
        ),
        "RULE_FAILED": Because(
            "No se pudo evaluar una regla; por eso se niega.",
            "La configuración necesita la atención de una persona.",
        ),
        "SIGNER_AUTHORITY_MISSING": Because(
            "{consent} fue firmado por alguien cuya autoridad no consta.",
            "Registre la autoridad de quien firmó y sus fechas.",
        ),
        "STANDING_UNKNOWN": Because(
            "No consta qué es el destinatario ante la ley.", "Registre la condición de {recipient}."
        ),
        "STATE_CONSENT_TOO_OLD": Because(
            "La ley estatal da a {consent} un plazo menor.", "La persona puede renovar {consent}."
        ),
        "STATE_RECIPIENT_NOT_NAMED": Because(
            "La ley estatal exige nombrar al destinatario y {consent} nombra solo una clase.", _NAMED
        ),
        "UNSTRUCTURED_NOT_COVERED": Because(
            "El texto libre y los adjuntos no salen salvo que se cubra el documento entero.",
            "Un consentimiento tendría que cubrir el documento entero para {recipient}.",
        ),
        "VETERANS_PACK_MISSING": Because(
            "Los registros de atención a veteranos siguen una ley propia cuyas reglas no están instaladas.",
            "Instale el paquete de reglas de 38 U.S.C. 7332.",
        ),
        "MEDICAL_EMERGENCY": Because(
            "Divulgado a personal médico en una emergencia médica; todo uso se revisa."
        ),
        "NOT_MEDICAL_PERSONNEL": Because(
            "El acceso de emergencia es solo para personal médico.", "Llame a la dirección médica o al 988."
        ),
        "EMERGENCY_PURPOSE_MISSING": Because(
            "El propósito declarado no es un tratamiento de emergencia.",
            "Indique la emergencia como propósito.",
        ),
        "EMERGENCY_RECORD_INCOMPLETE": Because(
            "Falta algo que la ley exige anotar sobre la emergencia.",
            "Anote nombre, centro, quien divulga y naturaleza de la emergencia.",
        ),
        "CONSENT_OBTAINABLE": Because(
            "Nadie ha declarado que no se puede obtener el consentimiento.",
            "Pregunte a la persona o declare por qué no es posible.",
        ),
        "SECOND_FACTOR_MISSING": Because(
            "La persona clínica no confirmó con un segundo factor.", "Confirme con el segundo factor."
        ),
        "EMERGENCY_OVER": Because(
            "El plazo de este acceso de emergencia ha terminado.",
            "Abra un nuevo acceso de emergencia si la emergencia continúa.",
        ),
        "SECOND_PERSON_MISSING": Because(
            "Un tercer acceso de emergencia en 24 horas exige una segunda persona.",
            "Haga que confirme una segunda persona.",
        ),
    },
    obligations={
        "NOTICE": "El aviso de 42 CFR §2.32(a) acompaña esta divulgación.",
        "LABEL": "La etiqueta {value} va dentro de los registros divulgados.",
        "SCOPE_TEXT": "La explicación del alcance de {value} acompaña esta divulgación (42 CFR §2.32(b)).",
        "HUMAN_RELEASE": "Una persona debe autorizar esta divulgación a mano ({value}).",
        "ACCOUNTING": "Esta divulgación queda en la contabilidad ({value}).",
        "EMERGENCY_RECORD": "Este uso se anota de inmediato en el registro ({value}).",
        "REVIEW": "Este uso se revisa en {value}.",
        "TELL_DISCLOSER": "Se avisa a quien divulga ({value}).",
        "NO_FURTHER_USE": "Lo divulgado por la emergencia no puede usarse para otra cosa ({value}).",
        "INTERMEDIARY_LIST": "Esta divulgación va en la lista del intermediario ({value}).",
    },
)
