"""The site's addresses: which page each of them is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from evalkit.analysis.behaviour import behaviour, confidences
from evalkit.analysis.leaderboard import rank
from evalkit.errors import EvalkitError, InputError
from evalkit.report import palette
from evalkit.report.escape import visible
from evalkit.report.leaderboard_page import html_page
from evalkit.runs import journal
from evalkit.runs.folder import RUN
from evalkit.runs.manifest import read_manifest
from evalkit.runs.result import read_result
from evalkit.web import pages
from evalkit.web.index import Filter, Index

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
KEPT = 4
"""Indexes held at once."""


class Site:
    """Everything below one folder.

    Args:
        folder: where runs are looked for.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._indexes: dict[str, Index] = {}

    def run_folder(self, name: str) -> Path:
        """The folder of a run by its path below the site's folder.

        Raises:
            InputError: there is no such run there.
        """
        for found in self.folder.rglob(RUN):
            if str(found.parent.relative_to(self.folder)) == name:
                return found.parent
        raise InputError(f"no run {name!r} here")

    def index(self, name: str) -> Index:
        """The index of a run, made when it is first needed and again when the run has grown."""
        found = self._indexes.get(name)
        if found is None or found.is_stale:
            while len(self._indexes) >= KEPT:
                self._indexes.pop(next(iter(self._indexes)))
            found = self._indexes[name] = Index(self.run_folder(name))
        return found

    def runs(self, _: Request) -> str:
        """All runs."""
        found, problems = [], []
        for path in sorted(self.folder.rglob(RUN), reverse=True):
            try:
                found.append((str(path.parent.relative_to(self.folder)), read_manifest(path.parent).model_dump()))
            except EvalkitError as error:
                problems.append(str(error))
        found.sort(key=lambda run: str(run[1].get("created", "")), reverse=True)
        return pages.runs_page(found, problems)

    def run(self, request: Request) -> str:
        """One run."""
        folder = self.run_folder(request.query_params.get("run", ""))
        result = read_result(folder)
        stated = {card.prompt_threshold for card in result.scorecards if card.prompt_threshold is not None}
        audits = behaviour(folder) if len(stated) > 1 and len({card.model for card in result.scorecards}) == 1 else {}
        manifest = result.manifest
        settings: dict[str, Any] = {**(manifest.config.model_dump() if manifest.config else {}), **manifest.environment}
        # Without any the records need not be read; outputs of others say nothing of it in their settings.
        known = {} if settings.get("confidence") == "none" else confidences(journal.read_records(folder))
        return pages.run_page(result, audits, known, settings)

    def records(self, request: Request) -> str:
        """Records of a run that a filter lets through."""
        query = request.query_params
        name = query.get("run", "")
        index = self.index(name)
        wanted = _filter(request)
        number = query.get("page", "1")
        return pages.records_page(name, index, wanted, index.find(wanted), int(number) if number.isdecimal() else 1)

    def record(self, request: Request) -> str:
        """One transcript."""
        name, k = request.query_params.get("run", ""), request.query_params.get("k", "")
        index = self.index(name)
        if not k.isdecimal() or int(k) >= len(index):
            raise InputError(f"no record {k!r} in {name}")
        wanted = _filter(request)
        found = index.find(wanted)
        if int(k) not in found:
            wanted, found = Filter(), list(range(len(index)))
        return pages.record_page(name, int(k), index.record(int(k)), wanted, found)

    def board(self, _: Request) -> str:
        """The leaderboard over all runs, each with its page behind it."""
        found = rank([self.folder], macro=True)
        return html_page(found, lambda run: f"/run?{urlencode({'run': Path(run).relative_to(self.folder)})}", home="/")


def make_app(folder: Path, hosts: list[str]) -> Starlette:
    """The site over one folder.

    Args:
        folder: where runs are looked for.
        hosts: names it answers to; any other is refused: a page elsewhere may point a name of its own at this machine.
    """
    site = Site(folder)
    style = palette.css() + resources.files("evalkit.report").joinpath("assets", "site.css").read_text(encoding="utf-8")

    async def css(_: Request) -> Response:
        return Response(style, media_type="text/css")

    async def board(request: Request) -> Response:
        # Its own policy, with the hashes of its script and style, stands in the page.
        return await _answer(lambda: site.board(request), {"X-Content-Type-Options": "nosniff"})

    def served(make: Callable[[Request], str]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
            return await _answer(lambda: make(request), {**headers, "Referrer-Policy": "no-referrer"})

        return answer

    routes = [
        Route("/", served(site.runs)),
        Route("/run", served(site.run)),
        Route("/records", served(site.records)),
        Route("/record", served(site.record)),
        Route("/board", board),
        Route("/site.css", css),
    ]

    async def missing(request: Request, _: Exception) -> Response:
        found: Response = await served(_no_page)(request)
        return found

    handlers: dict[Any, Any] = {404: missing}
    return Starlette(
        routes=routes, exception_handlers=handlers, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)]
    )


def _filter(request: Request) -> Filter:
    return Filter(**{key: request.query_params.get(key, "")[:200] for key in vars(Filter())})


def _no_page(request: Request) -> str:
    raise InputError(f"no page {request.url.path[:100]}")


async def _answer(make: Callable[[], str], headers: dict[str, str]) -> Response:
    try:
        return HTMLResponse(await asyncio.to_thread(make), headers=headers)
    except EvalkitError as error:
        body = pages.page("Not found", f"<p>{escape(visible(str(error)))}</p>", [("Runs", "/")])
        return HTMLResponse(body, status_code=404, headers=headers)
