"""Who may read the site: requests under its own names only, with the token where there is one."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Collection
from urllib.parse import parse_qs

from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "evalkit_token"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Guard:
    """Refuses requests under foreign names, and without the token.

    A page elsewhere may point a name of its own at this machine and let a browser here read for it; that request
    carries the foreign name. It cannot do so with an address of numbers.

    Args:
        app: the site.
        hosts: names that it answers to, without a port.
        addresses: whether it answers to any address of numbers as well.
        token: what a request must hold: in `?token=`, a cookie, or `Authorization: Bearer`; "" for nothing.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], *, addresses: bool = False, token: str = "") -> None:
        self._app = app
        self._hosts = {host.lower() for host in hosts}
        self._addresses = addresses
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not self._is_own(headers.get(b"host", "")):
            await PlainTextResponse("evalkit view does not answer to this name", 400)(scope, receive, send)
            return
        query = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if not self._token or self._is_token(query):
            await self._app(scope, receive, self._remembering(send) if query else send)
        elif any(map(self._is_token, _others(headers))):
            await self._app(scope, receive, send)
        else:
            text = "this site needs its token: open the address that evalkit view printed"
            await PlainTextResponse(text, 401, {"WWW-Authenticate": "Bearer"})(scope, receive, send)

    def _is_own(self, host: str) -> bool:
        name = host_name(host)
        return name in self._hosts or (self._addresses and is_address(name))

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token)

    def _remembering(self, send: Send) -> Send:
        """Set the cookie with the answer, so that links need no token."""
        cookie = f"{COOKIE}={self._token.decode()}; Path=/; HttpOnly; SameSite=Strict"

        async def remembering(message: Message) -> None:
            if message["type"] == "http.response.start" and self._token:
                message = {**message, "headers": [*message["headers"], (b"set-cookie", cookie.encode())]}
            await send(message)

        return remembering


def host_name(host: str) -> str:
    """The name or address in a Host header, in lower case, without port and brackets."""
    name = host.strip().lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].rstrip(".")


def is_address(name: str) -> bool:
    """Whether a name is an address of numbers."""
    try:
        ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return True


def _others(headers: dict[bytes, str]) -> list[str]:
    """Tokens in the other places that a request may hold one."""
    return [
        cookie_parser(headers.get(b"cookie", "")).get(COOKIE, ""),
        headers.get(b"authorization", "").removeprefix("Bearer ").strip(),
    ]
