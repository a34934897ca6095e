"""A worker of an agency without software, at her browser: she comes in by a link and a code and reads the page."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import httpx

from gateway.agency_desk import make_link
from gateway.clock import SystemClock
from gateway.wiring.agency_desk_door import LINK_PURPOSE
from gateway.wiring.network_folder import open_folder

_LINK = re.compile(r'class="person" href="([^"]+)"')
_HIDDEN = re.compile(r'name="(token|version)" value="([^"]*)"')


class PageWorker:
    """One worker of `partner`, who is given a link and a code as `handoff agency link` prints them."""

    def __init__(self, partner: str, name: str, folder: Path, base: str, client: httpx.Client) -> None:
        key = open_folder(folder).keys.derived(LINK_PURPOSE)
        self._link, self._code = make_link(key, partner, name, SystemClock().now())
        self._base, self._client = base, client

    def log_in(self) -> str:
        """The list, after the link and the code."""
        return self._shown(
            self._client.post(
                f"{self._base}/agency/login?link={self._link}",
                data={"code": self._code},
                follow_redirects=True,
            )
        )

    def listed(self) -> str:
        """The list as it is now."""
        return self._shown(self._client.get(f"{self._base}/agency/"))

    def opened(self, listed: str) -> str:
        """The first thing of the list, read; its address stays for the answer."""
        found = _LINK.search(listed)
        if found is None:
            return ""
        self._at = self._base + found[1]
        return self._shown(self._client.get(self._at))

    def says(self, page: str, step: str) -> str:
        """The page after the worker pressed the button of that step."""
        form = {**dict(_HIDDEN.findall(page)), "step": step}
        return self._shown(self._client.post(self._at, data=form, follow_redirects=True))

    @staticmethod
    def _shown(answer: httpx.Response) -> str:
        answer.raise_for_status()
        return unescape(answer.text)
