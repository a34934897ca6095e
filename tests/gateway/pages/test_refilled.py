"""A form that was refused comes back as it was filled in; what the page itself put into it does not."""

from __future__ import annotations

from gateway.agency_desk.pages import SCREENS
from gateway.pages import refilled

BUTTONS_ALONE = {
    "/referrals/",
    "/consents/{id}/drafts/{draft}/call-off",
    "/consents/{id}/withdraw",
    "/consents/{id}/written",
    "/consents/{id}/own-code",
    "/consents/{id}/own-mail",
    "/clients/{id}/cancel",
    "/clients/{id}/cleared",
    "/passkey",
    "/passkey/more",
    "/passkey/remove",
    "/sheet/rejected",
}
THEIR_OWN_WAY = {
    "/consents/{id}/choose",
    "/consents/{id}/read",
    "/consents/{id}/phone-lost",
    "/crisis",
    "/crisis/emergency",
}
PAGE = """<!doctype html><html lang="en"><body><main><p>Ñandú &amp; co</p>
<form action="/a"><input type="hidden" name="token" value="own"><input type="hidden" name="one" value="1">
<input name="x">
</form>
<form action="/a"><input type="hidden" name="token" value="own"><input type="hidden" name="one" value="2">
<input name="x" required><input name="pin" class="masked">
<input type="checkbox" name="t" value="yes" checked><input type="checkbox" name="u" value="yes">
<input type="radio" name="r" value="" checked><input type="radio" name="r" value="b">
<select name="s"><option value="1">1</option><option value="2">2</option></select><textarea name="w"></textarea></form>
<svg viewBox="0 0 1 1"></svg></main></body></html>"""


def test_every_form_that_somebody_fills_in_comes_back() -> None:
    lost = {one.path for one in SCREENS if one.does is not None and one.again is None}
    assert lost == BUTTONS_ALONE | THEIR_OWN_WAY


def test_what_was_typed_chosen_and_ticked_is_there_again() -> None:
    said = {
        "token": "old",
        "one": "2",
        "x": '"><b>é',
        "u": "yes",
        "r": "b",
        "s": "2",
        "w": "</textarea><i>",
        "pin": "4711",
    }
    page = refilled(PAGE, "/a", said)
    assert page is not None and page.startswith("<!doctype html>") and "Ñandú &amp; co" in page
    first, second = page.split("<form ")[1:]
    assert "id=" not in first and 'id="again"' in second, "the one that was sent"
    assert 'value="own"' in second and "old" not in page, "what the page put into it is its own"
    assert "4711" not in page, "what was typed unseen is shown to nobody"
    assert "<b>" not in page and "é" in second and "&lt;/textarea&gt;&lt;i&gt;" in second
    assert 'name="t" value="yes">' in second and 'name="u" value="yes" checked' in second
    assert 'value="b" checked' in second and 'value="2" selected' in second
    assert refilled(PAGE, "/b", said) is None


def test_what_a_page_cannot_hold_is_left_out() -> None:
    page = refilled(PAGE, "/a", {"one": "2", "x": "a\x00b", "s": "9"})
    assert page is not None and "\x00" not in page and "selected" not in page
