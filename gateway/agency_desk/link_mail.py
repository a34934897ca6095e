"""The words of a mail with a link: the same for everybody, in both languages, of nothing and of nobody."""

from __future__ import annotations

SUBJECT = "A link for you / Un enlace para usted"
_TEXT = """\
Here is a link that you can open. It works once, for one day.
You will be asked for something that is not in this mail.
If you did not expect this, delete it. Please do not answer.

Este es un enlace que puede abrir. Sirve una vez, por un d\u00eda.
Se le pedir\u00e1 algo que no est\u00e1 en este correo.
Si no lo esperaba, b\u00f3rrelo. Por favor, no responda.

{link}
"""


def mail_text(link: str) -> str:
    """What stands in the mail."""
    return _TEXT.format(link=link)
