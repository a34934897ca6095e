"""The words about links by mail and how a client is reached, in English and Spanish."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "reach_head": "How to reach this person",
    "reach_note": "Fill this in together, with the person beside you. Ask who else reads these messages.",
    "reach_phone": "Phone",
    "reach_email": "E-mail",
    "reach_preferred": "Which is better and safe?",
    "reach_no_messages": "Never send or leave a message",
    "reach_silent": "This person said: send and leave no message.",
    "reach_allowed_again": "They told me now that messages are allowed again",
    "reach_do": "Save what we agreed",
    "reach_mail_note": (
        "The mail names nobody and says nothing. A colleague shows the code and tells it by phone or in person."
    ),
    "reach_mail_do": "Mail a link to their own page",
    "reach_done_agreed": "Saved.",
    "reach_done_mailed": "A link is on its way if nothing speaks against it. If none comes, give one here in person.",
    "mail_me": "Your e-mail at work",
    "mail_me_do": "Send me a link",
    "mail_me_note": "You also need your phone's app or your passkey. Without them, ask {network}.",
    "mail_me_done": "If we know this address, a link is on its way. It can take some minutes.",
    "passkey_make": "Use this device to log in",
    "passkey_show": "Log in with this device",
    "passkey_note_make": "Your finger, face or PIN opens your passkey. It stays on the device.",
    "passkey_note_show": "Use your finger, face or PIN.",
    "passkey_phone": "First the code that your phone's app shows",
    "passkey_failed": "The device did not answer. Please try again.",
    "passkey_has": "Your passkey is asked for at each login.",
    "passkeys_known": "Devices you log in with",
    "passkey_number": "Passkey {number}",
    "passkey_remove": "Remove",
    "passkey_more": "To add a spare device or remove one, first show one that you have.",
    "error_PASSKEY_LAST": "This is the only one. Set up another device first.",
    "error_NO_SUCH_PASSKEY": "This device was removed before.",
    "passkey_no_script": "You log in with a passkey. This browser cannot use it here.",
    "own_passkeys": "My devices",
    "own_passkey_has": "Your passkey is asked for the next time.",
    "own_done_passkey": "Done. From now on your passkey is asked for.",
    "error_PASSKEY_WRONG": "Your device was not recognized. Load the page again and try once more.",
    "error_PASSKEY_SET_UP": "A passkey is asked for already.",
    "error_ADDRESS_INVALID": "Give a phone number or e-mail, and say which of them is better.",
    "error_MAIL_NOT_AGREED": "No e-mail was agreed here with this person. Fill that in first, together.",
    "error_ADDRESS_UNCONFIRMED": (
        "A new e-mail needs a second worker: a colleague logs in, asks the person too, and saves it here as well."
    ),
    "error_OTHER_WAY_PREFERRED": "This person wants to be reached in another way. Give the link in person.",
    "error_NO_MESSAGES": "No message may be sent to this person. Give the link in person.",
}

SPANISH: Mapping[str, str] = {
    "reach_head": "Cómo comunicarse con esta persona",
    "reach_note": "Llénelo con la persona a su lado. Pregunte quién más lee estos mensajes.",
    "reach_phone": "Teléfono",
    "reach_email": "Correo electrónico",
    "reach_preferred": "¿Cuál es mejor y seguro?",
    "reach_no_messages": "Nunca enviar ni dejar un mensaje",
    "reach_silent": "Esta persona dijo: no enviar ni dejar mensajes.",
    "reach_allowed_again": "Ahora me dijo que los mensajes se permiten otra vez",
    "reach_do": "Guardar lo acordado",
    "reach_mail_note": (
        "El correo no nombra a nadie y no dice nada. Otra persona del equipo muestra el código y se lo dice por "
        "teléfono o en persona."
    ),
    "reach_mail_do": "Enviar por correo un enlace a su propia página",
    "reach_done_agreed": "Guardado.",
    "reach_done_mailed": "El enlace sale si nada lo impide. Si no llega, dele uno aquí en persona.",
    "mail_me": "Su correo del trabajo",
    "mail_me_do": "Envíeme un enlace",
    "mail_me_note": (
        "También necesita la aplicación de su teléfono o su llave de acceso. Sin ellas, pregunte a {network}."
    ),
    "mail_me_done": "Si conocemos este correo, el enlace va en camino. Puede tardar unos minutos.",
    "passkey_make": "Usar este dispositivo para entrar",
    "passkey_show": "Entrar con este dispositivo",
    "passkey_note_make": "Su dedo, cara o PIN abre su llave de acceso. Se queda en el dispositivo.",
    "passkey_note_show": "Use su dedo, cara o PIN.",
    "passkey_phone": "Primero el código que muestra la aplicación de su teléfono",
    "passkey_failed": "El dispositivo no respondió. Pruebe otra vez.",
    "passkey_has": "Su llave de acceso se pide cada vez que entra.",
    "passkeys_known": "Dispositivos con los que entra",
    "passkey_number": "Llave de acceso {number}",
    "passkey_remove": "Quitar",
    "passkey_more": "Para agregar otro dispositivo o quitar uno, muestre antes uno que tiene.",
    "error_PASSKEY_LAST": "Es el único. Agregue antes otro dispositivo.",
    "error_NO_SUCH_PASSKEY": "Este dispositivo ya se quitó.",
    "passkey_no_script": "Usted entra con una llave de acceso. Este navegador no puede usarla aquí.",
    "own_passkeys": "Mis dispositivos",
    "own_passkey_has": "La próxima vez se pide su llave de acceso.",
    "own_done_passkey": "Listo. Desde ahora se pide su llave de acceso.",
    "error_PASSKEY_WRONG": "No se reconoció su dispositivo. Cargue la página otra vez y pruebe de nuevo.",
    "error_PASSKEY_SET_UP": "Ya se pide una llave de acceso.",
    "error_ADDRESS_INVALID": "Dé un teléfono o un correo, y diga cuál es mejor.",
    "error_MAIL_NOT_AGREED": "Aquí no se acordó ningún correo con esta persona. Llénelo primero, juntos.",
    "error_ADDRESS_UNCONFIRMED": (
        "Un correo nuevo necesita a otra persona del equipo: entra, le pregunta también y lo guarda aquí."
    ),
    "error_OTHER_WAY_PREFERRED": "Esta persona prefiere otro medio. Dele el enlace en persona.",
    "error_NO_MESSAGES": "No se puede enviar ningún mensaje a esta persona. Dele el enlace en persona.",
}
