"""A worker's authenticator app or passkey beside the link: set up once, then asked for at each login."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

from gateway.agency_desk.desk import Desk
from gateway.agency_desk.login import MOST_TRIES
from gateway.agency_desk.passkeys import Asking, Offer
from gateway.agency_desk.screens import Answer, GoTo, Page, Screen, Visit
from gateway.agency_desk.second_factor import is_phone_code, phone_address, phone_secret, picture_of
from gateway.errors import AlreadyReceived, NotAllowed
from gateway.flows.agency_desk import Worker
from gateway.flows.phones import of_worker
from gateway.pages import LONGEST_HOURS, use_up
from gateway.security.signed_texts import token

NOT_SHOWN = "desk_code_refused"
MOST_WRONG_A_DAY = 20
_DAY, _TRIES = timedelta(days=1), b"tries of a day"


def about(worker: Worker) -> tuple[str, ...]:
    """Whose phone it is, where a phone is a worker's."""
    return of_worker(worker.partner, worker.name)


async def shows(desk: Desk, whose: Sequence[str], phone: str, code: str) -> bool:
    """Whether the phone of that id shows the code now; each counts once."""
    secret = phone_secret(desk.key, whose, phone)
    return await is_phone_code(secret, code, desk.clock.now(), desk.use_once)


def asking(desk: Desk, whose: Sequence[str], at: str) -> Asking:
    """What a page asks of a passkey; `at`: the link or session it belongs to."""
    return Asking(desk.passkeys, whose, at, desk.key, desk.clock.now(), desk.use_once)


def require_tries(desk: Desk, worker: Worker) -> None:
    """Raises NotAllowed `TRIES_OF_DAY` after `MOST_WRONG_A_DAY` wrong answers, whatever links they came by."""
    if desk.was_used(_tries_today(desk, worker)[-1]):
        raise NotAllowed("TRIES_OF_DAY", "too many wrong codes on this day")


async def count_wrong(desk: Desk, worker: Worker) -> None:
    """One more wrong answer of this day."""
    until = desk.clock.now() + _DAY
    for one in _tries_today(desk, worker):
        if await desk.use_once(one, until):
            return


def _tries_today(desk: Desk, worker: Worker) -> tuple[str, ...]:
    """The ids under which they count. They begin anew with another phone: so whoever is sent away can come again."""
    whose = about(worker)
    said = "\n".join((*whose, desk.phones.asked(whose), desk.clock.now().date().isoformat()))
    name = token(desk.key, _TRIES, said)
    return tuple(f"day{number}-{name}" for number in range(1, MOST_WRONG_A_DAY + 1))


async def _require_shown(visit: Visit, whose: Sequence[str], phone: str) -> None:
    """Her phone's code, at a page that stands open. Raises as `_require`."""
    code = visit.form.get("code", "")
    await _require(visit, partial(shows, visit.desk, whose, phone, code), "CODE_WRONG")


async def _require(visit: Visit, is_shown: Callable[[], Awaitable[bool]], code: str) -> None:
    """A second thing of hers, at a page that stands open: five tries in a session.

    Raises NotAllowed `code`, `LINK_LOCKED`, `TRIES_OF_DAY`; the log has each.
    """
    desk, worker = visit.desk, visit.worker
    until = (visit.login_began or desk.clock.now()) + timedelta(hours=LONGEST_HOURS)
    try:
        await use_up(desk.use_once, (f"open{place}-{visit.login_id}" for place in range(MOST_TRIES)), until)
        require_tries(desk, worker)
        if not await is_shown():
            await count_wrong(desk, worker)
            raise NotAllowed(code, "that is not what she has set up")
    except NotAllowed as error:
        await desk.tell(worker, NOT_SHOWN, error.code)
        raise


async def _look(visit: Visit) -> Answer:
    whose = about(visit.worker)
    has_phone, asks = bool(visit.desk.phones.asked(whose)), asking(visit.desk, whose, visit.login_id)
    known = asks.listed()
    if known and not has_phone:
        return _page(visit, asks.to_show(), step="more")
    if has_phone:
        return _page(visit, asks.to_make(*_named(visit), by_another=True), gone=asks.to_remove())
    secret = phone_secret(visit.desk.key, whose, visit.desk.phones.next(whose, visit.login_id))
    picture = picture_of(phone_address(secret, visit.worker.name, visit.desk.network.content.network))
    return _page(visit, asks.to_make(*_named(visit)), picture=picture, secret=secret)


def _named(visit: Visit) -> tuple[str, str]:
    return visit.worker.name, visit.desk.network.content.network


def _page(visit: Visit, offer: Offer | None, **more: str) -> Page:
    """`offer`: to make a passkey, or with the step `more` to show one before; `gone`: what the buttons carry that remove
    one.
    """
    whose = about(visit.worker)
    facts = {
        "has_phone": bool(visit.desk.phones.asked(whose)),
        "known": asking(visit.desk, whose, visit.login_id).listed(),
        "passkey": offer,
        "secret": "",
        "picture": "",
        "step": "make",
        "gone": "",
        **more,
    }
    return Page("phone.html", facts)


async def _more(visit: Visit) -> Answer:
    """Behind a passkey that was shown: another can be made, or one removed."""
    asks = asking(visit.desk, about(visit.worker), visit.login_id)
    await _require(visit, partial(asks.is_shown, visit.form), "PASSKEY_WRONG")
    return _page(visit, asks.to_make(*_named(visit), by_another=True), gone=asks.to_remove())


async def _remove(visit: Visit) -> Answer:
    asks = asking(visit.desk, about(visit.worker), visit.login_id)
    phone = visit.desk.phones.asked(about(visit.worker))
    if phone:
        await _require_shown(visit, about(visit.worker), phone)
    await asks.remove(visit.form, bool(phone))
    return GoTo("phone")


async def _set_up(visit: Visit) -> Answer:
    """It counts once it has shown that it works; whoever has one gives it up first (`handoff agency away`)."""
    whose = about(visit.worker)
    if visit.desk.phones.asked(whose) or visit.desk.passkeys.known(whose):
        raise AlreadyReceived("PHONE_SET_UP", "a phone or passkey is asked for already")
    phone = visit.desk.phones.next(whose, visit.login_id)
    await _require_shown(visit, whose, phone)
    await visit.desk.phones.set_up(whose, phone)
    return GoTo("phone")


async def _set_up_passkey(visit: Visit) -> Answer:
    """Whoever has a phone shows it once more: an open page left alone gives nobody else a way in."""
    whose = about(visit.worker)
    phone = visit.desk.phones.asked(whose)
    if phone:
        await _require_shown(visit, whose, phone)
    await asking(visit.desk, whose, visit.login_id).make(visit.form)
    return GoTo("phone")


SCREENS = (
    Screen("/passkey", "", None, _set_up_passkey),
    Screen("/passkey/more", "", None, _more),
    Screen("/passkey/remove", "", None, _remove),
    Screen("/phone", "", _look, _set_up, menu="phone_menu", again=_look),
)
