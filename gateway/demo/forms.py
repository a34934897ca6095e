"""A browser as small as the demonstration needs: pages, and their forms sent as a browser would send them."""

from __future__ import annotations

import re
from html import unescape

import httpx

from gateway.demo.stage import StoryBroken

_FORM = re.compile(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
_INPUT = re.compile(r"<input[^>]*>")
_SELECT = re.compile(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
_NAMED = re.compile(r'([a-z]+)="([^"]*)"')


class Visitor:
    """Somebody at a browser of her own."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._client = httpx.Client(trust_env=False, timeout=20.0, follow_redirects=True)
        self.page = ""
        self.address = ""

    def close(self) -> None:
        """Close the browser."""
        self._client.close()

    def get(self, path: str) -> str:
        """Open a page."""
        return self._shown(self._client.get(self._base + path))

    def post(self, path: str, said: dict[str, str]) -> str:
        """Send a form."""
        return self._shown(self._client.post(self._base + path, data=said))

    def send(self, ending: str, **said: str) -> str:
        """Send the page's form whose address ends so, with these fields filled in. Raises StoryBroken without one."""
        for path, body in _FORM.findall(self.page):
            if path.partition("?")[0].endswith(ending):
                return self.post(unescape(path), {**_fields(body), **said})
        raise StoryBroken(f"the page has no form for {ending}")

    def _shown(self, answer: httpx.Response) -> str:
        self.page, self.address = answer.text, str(answer.url)
        return unescape(self.page)


def _fields(body: str) -> dict[str, str]:
    found = {}
    for tag in _INPUT.findall(body):
        known = {name: unescape(value) for name, value in _NAMED.findall(tag)}
        if "name" in known and known.get("type") != "checkbox":
            found[known["name"]] = known.get("value", "")
    for name, options in _SELECT.findall(body):
        found[name] = next(iter(re.findall(r'value="([^"]*)"', options)), "")
    return found
