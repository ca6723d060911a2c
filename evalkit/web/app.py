"""The site's addresses, and the page behind each."""

from __future__ import annotations

import asyncio
import logging
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
from evalkit.display import visible
from evalkit.errors import EvalkitError, InputError
from evalkit.report import palette
from evalkit.report.leaderboard_page import html_page
from evalkit.runs import journal
from evalkit.runs.folder import RUN
from evalkit.runs.manifest import read_manifest
from evalkit.runs.result import read_result
from evalkit.web import pages
from evalkit.web.index import Filter, Index

POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    )
}
KEPT = 4
"""Indexes held at once."""
LOG = logging.getLogger(__name__)


class Site:
    """Everything below one folder.

    Args:
        folder: where runs are looked for.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._indexes: dict[str, Index] = {}

    def run_folder(self, name: str) -> Path:
        """Find the folder of a run by its path below the site's folder.

        Raises:
            InputError: there is no such run there.
        """
        for path in self.folder.rglob(RUN):
            if str(path.parent.relative_to(self.folder)) == name:
                return path.parent
        raise InputError(f"no run {name!r} here")

    def index(self, name: str) -> Index:
        """Return the index of a run, made when it is first needed and again when the run has grown."""
        index = self._indexes.get(name)
        if index is None or index.is_stale:
            while len(self._indexes) >= KEPT:
                self._indexes.pop(next(iter(self._indexes)))
            index = self._indexes[name] = Index(self.run_folder(name))
        return index

    def runs(self, _: Request) -> str:
        """List all runs."""
        manifests, problems = [], []
        for path in sorted(self.folder.rglob(RUN), reverse=True):
            try:
                manifests.append((str(path.parent.relative_to(self.folder)), read_manifest(path.parent).model_dump()))
            except EvalkitError as error:
                problems.append(str(error))
        manifests.sort(key=lambda run: str(run[1].get("created", "")), reverse=True)
        return pages.runs_page(manifests, problems)

    def run(self, request: Request) -> str:
        """Show one run."""
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
        """List the records of a run that match a filter."""
        query = request.query_params
        name = query.get("run", "")
        index = self.index(name)
        wanted = _filter(request)
        number = _whole(query.get("page", "1"))
        return pages.records_page(name, index, wanted, index.find(wanted), 1 if number is None else number)

    def record(self, request: Request) -> str:
        """Show one transcript."""
        name, text = request.query_params.get("run", ""), request.query_params.get("k", "")
        index, k = self.index(name), _whole(text)
        if k is None or k >= len(index):
            raise InputError(f"no record {text[:20]!r} in {name}")
        wanted = _filter(request)
        matches = index.find(wanted)
        if k not in matches:
            wanted, matches = Filter(), list(range(len(index)))
        return pages.record_page(name, k, index.record(k), wanted, matches)

    def board(self, _: Request) -> str:
        """Show the leaderboard over all runs, with links to them."""
        ranking = rank([self.folder], macro=True)
        return html_page(ranking, self._address, home="/")

    def _address(self, run: str) -> str:
        name = Path(run).resolve().relative_to(self.folder.resolve())
        return f"/run?{urlencode({'run': str(name)})}"


def make_app(folder: Path, hosts: list[str]) -> Starlette:
    """Make the site over one folder.

    Args:
        folder: where runs are looked for.
        hosts: names it answers to. Any other is refused, since a page elsewhere may point a name of its own at this
            machine.
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
            headers = {**POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
            return await _answer(lambda: make(request), headers)

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
        response: Response = await served(_no_page)(request)
        return response

    handlers: dict[Any, Any] = {404: missing}
    return Starlette(
        routes=routes, exception_handlers=handlers, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)]
    )


def _whole(text: str) -> int | None:
    """A whole number below a billion, or None."""
    return int(text) if text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004 - digits of a billion


def _filter(request: Request) -> Filter:
    return Filter(**{key: request.query_params.get(key, "")[:200] for key in vars(Filter())})


def _no_page(request: Request) -> str:
    raise InputError(f"no page {request.url.path[:100]}")


async def _answer(make: Callable[[], str], headers: dict[str, str]) -> Response:
    """Make a page in a thread; an error is a page too, with a way back."""
    try:
        return HTMLResponse(await asyncio.to_thread(make), headers=headers)
    except EvalkitError as error:
        body = pages.page("Not found", f"<p>{escape(visible(str(error)))}</p>", [("Runs", "/")])
        return HTMLResponse(body, status_code=404, headers=headers | POLICY)
    except Exception as error:
        LOG.exception("evalkit view: this page could not be made")
        return HTMLResponse(pages.error_page(error), status_code=500, headers=headers | POLICY)
