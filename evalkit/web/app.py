"""The site's addresses, and the page behind each."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from evalkit.analysis.behaviour import behaviour, confidences
from evalkit.analysis.leaderboard import rank
from evalkit.display import visible
from evalkit.errors import EvalkitError, InputError
from evalkit.records import to_line
from evalkit.report import palette
from evalkit.report.leaderboard_page import html_page
from evalkit.report.runs import RunRow, list_runs
from evalkit.runs import journal
from evalkit.runs.folder import FAILURES, RECORDS, RUN, runs_below
from evalkit.runs.manifest import Manifest, read_manifest
from evalkit.runs.result import read_result
from evalkit.web import pages
from evalkit.web.compare_page import Pairs, Side, choose_page, compare_page
from evalkit.web.export import MEDIA, as_csv, as_lines
from evalkit.web.guard import Guard
from evalkit.web.html import page
from evalkit.web.index import Filter, Index
from evalkit.web.live import Progress, failures_page, progress_of
from evalkit.web.records_page import Listing, records_page, samples_page
from evalkit.web.run_page import run_page
from evalkit.web.transcript import answer_page

POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:;"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
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
        self._watched: dict[str, tuple[float, int]] = {}
        """Run under way → when it was first looked at, and how many answers it had."""
        self._board: tuple[list[tuple[str, int, int]], str] | None = None

    def run_folder(self, name: str) -> Path:
        """Find the folder of a run by its path below the site's folder.

        Raises:
            InputError: there is no such run there.
        """
        if name == self.folder.resolve().name and (self.folder / RUN).is_file():
            return self.folder  # the folder is itself a run
        for folder in runs_below(self.folder):
            if str(folder.relative_to(self.folder)) == name:
                return folder
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
        try:
            runs = list_runs(self.folder)
        except InputError:
            return pages.runs_page([], [])
        return pages.runs_page(runs.runs, runs.unreadable)

    def run(self, request: Request) -> str:
        """Show one run."""
        name = request.query_params.get("run", "")
        folder = self.run_folder(name)
        result = read_result(folder)
        stated = {card.prompt_threshold for card in result.scorecards if card.prompt_threshold is not None}
        audits = behaviour(folder) if len(stated) > 1 and len({card.model for card in result.scorecards}) == 1 else {}
        manifest = result.manifest
        settings: dict[str, Any] = {**(manifest.config.model_dump() if manifest.config else {}), **manifest.environment}
        # Without any the records need not be read; outputs of others say nothing of it in their settings.
        known = {} if settings.get("confidence") == "none" else confidences(journal.read_records(folder))
        progress = self._progress(name, folder, manifest) if result.status != "finished" else None
        return run_page(name, result, audits, known, settings, progress)

    def failures(self, request: Request) -> str:
        """Show what failed in a run, and what took several attempts."""
        name = request.query_params.get("run", "")
        return failures_page(name, self.run_folder(name), self.index(name))

    def records(self, request: Request) -> str:
        """List the records of a run that match a filter."""
        listing = self._listing(request)
        return records_page(listing, _matches(listing))

    def samples(self, request: Request) -> str:
        """List the samples of a run whose answers match a filter."""
        listing = self._listing(request)
        return samples_page(listing, _matches(listing), differing=bool(request.query_params.get("differ")))

    def record(self, request: Request) -> str:
        """Show one transcript."""
        listing = self._listing(request)
        k = self._position(request, listing.index)
        matches = _matches(listing)
        if k not in matches:
            listing = replace(listing, wanted=Filter(), sort="")
            matches = list(range(len(listing.index)))
        return answer_page(listing, k, matches, self.sent(listing.run))

    def sent(self, name: str) -> dict[str, Any]:
        """Return the parameters that a run's model was sent."""
        sent = read_manifest(self.run_folder(name), scorecards=False).model.get("parameters")
        return sent if isinstance(sent, dict) else {}

    def compare(self, request: Request) -> str:
        """Show two sets of answers side by side, or ask which."""
        query = request.query_params
        runs = self._runs()
        if not query.get("a") or not query.get("b"):
            return choose_page(runs)
        sides = Side.read(query["a"]), Side.read(query["b"])
        indexes = self.index(sides[0].run), self.index(sides[1].run)
        pairs = Pairs.of(sides, indexes, query.get("task", ""))
        return compare_page(runs, pairs, query.get("cell", "")[:40], _whole(query.get("page", "1")) or 1)

    def raw(self, request: Request) -> Response:
        """Give one record or failure as the JSON that the run holds."""
        index = self.index(request.query_params.get("run", ""))
        k = self._position(request, index)
        line = index.line(k) if k < index.records else to_line(index.answer(k))
        return Response(line, media_type="application/json")

    def export(self, request: Request) -> Response:
        """Give all answers that match a filter, as CSV or as JSON lines."""
        listing = self._listing(request)
        kind = request.url.path.rpartition(".")[2]
        lines = (
            as_csv(listing.index, _matches(listing)) if kind == "csv" else as_lines(listing.index, _matches(listing))
        )
        name = f"{listing.run.rpartition('/')[2]}.{kind}"
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return StreamingResponse(lines, media_type=MEDIA[kind], headers=headers)

    def board(self, _: Request) -> str:
        """Show the leaderboard over all runs, with links to them; made anew where a run has changed."""
        state = self._state()
        if self._board is None or self._board[0] != state:
            ranking = rank([self.folder], macro=True, foreign=False)
            self._board = (state, html_page(ranking, self._address, home="/"))
        return self._board[1]

    def _progress(self, name: str, folder: Path, manifest: Manifest) -> Progress | None:
        if not (folder / RECORDS).is_file():
            return None
        index, now = self.index(name), time.monotonic()
        since, before = self._watched.setdefault(name, (now, len(index)))
        rate = (len(index) - before) / (now - since) if now - since > 1 else None
        return progress_of(index, manifest, is_alive=journal.is_being_written(folder), rate=rate)

    def _runs(self) -> list[RunRow]:
        try:
            return list_runs(self.folder).runs
        except InputError:
            return []

    def _listing(self, request: Request) -> Listing:
        query = request.query_params
        name = query.get("run", "")
        number = _whole(query.get("page", "1"))
        return Listing(
            run=name, index=self.index(name), wanted=_filter(request), sort=query.get("sort", "")[:40],
            number=1 if number is None else number,
        )  # fmt: skip

    @staticmethod
    def _position(request: Request, index: Index) -> int:
        text = request.query_params.get("k", "")
        k = _position(text, index)
        if k is None or k >= len(index):
            raise InputError(f"no record {text[:20]!r} in {request.query_params.get('run', '')}")
        return k

    def _state(self) -> list[tuple[str, int, int]]:
        """Size and time of every file that the board is made from."""
        files = [folder / name for folder in runs_below(self.folder) for name in (RUN, RECORDS, FAILURES)]
        known = [(str(file), file.stat()) for file in sorted(files) if file.is_file()]
        return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in known]

    def _address(self, run: str) -> str:
        path, home = Path(run).resolve(), self.folder.resolve()
        return f"/run?{urlencode({'run': path.name if path == home else str(path.relative_to(home))})}"


def make_app(folder: Path, hosts: Collection[str], *, addresses: bool = False, token: str = "") -> Starlette:
    """Make the site over one folder.

    Args:
        folder: where runs are looked for.
        hosts, addresses, token: who may read it; see `evalkit.web.guard`.
    """
    site = Site(folder)

    async def css(_: Request) -> Response:
        return Response(style(), media_type="text/css")

    async def script(_: Request) -> Response:
        return Response(asset("site.js"), media_type="text/javascript", headers={"X-Content-Type-Options": "nosniff"})

    async def board(request: Request) -> Response:
        # Its own policy, with the hashes of its script and style, stands in the page.
        return await _answer(lambda: site.board(request), {"X-Content-Type-Options": "nosniff"})

    def served(make: Callable[[Request], str | Response]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            headers = {**POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
            return await _answer(lambda: make(request), headers)

        return answer

    routes = [
        Route("/", served(site.runs)),
        Route("/run", served(site.run)),
        Route("/records", served(site.records)),
        Route("/samples", served(site.samples)),
        Route("/record", served(site.record)),
        Route("/failures", served(site.failures)),
        Route("/compare", served(site.compare)),
        Route("/record.json", served(site.raw)),
        Route("/records.csv", served(site.export)),
        Route("/records.jsonl", served(site.export)),
        Route("/board", board),
        Route("/site.css", css),
        Route("/site.js", script),
    ]

    async def missing(request: Request, _: Exception) -> Response:
        response: Response = await served(_no_page)(request)
        return response

    handlers: dict[Any, Any] = {404: missing}
    guard = Middleware(Guard, hosts=hosts, addresses=addresses, token=token)
    return Starlette(routes=routes, exception_handlers=handlers, middleware=[guard])


def style() -> str:
    """The style sheet of all pages, with the palette's colors."""
    return palette.css() + asset("site.css")


def asset(name: str) -> str:
    """Read a style sheet or script that comes with evalkit."""
    return resources.files("evalkit.report").joinpath("assets", name).read_text(encoding="utf-8")


def _whole(text: str) -> int | None:
    """A whole number below a billion, or None."""
    return int(text) if text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004 - digits of a billion


def _position(text: str, index: Index) -> int | None:
    """The position that an address names: 12 is a record, f3 a failure."""
    number = _whole(text.removeprefix("f"))
    if number is None:
        return None
    if text.startswith("f"):
        return index.records + number
    return number if number < index.records else None


def _matches(listing: Listing) -> list[int]:
    return listing.index.sorted(listing.index.find(listing.wanted), listing.sort)


def _filter(request: Request) -> Filter:
    return Filter(**{key: request.query_params.get(key, "")[:200] for key in vars(Filter())})


def _no_page(request: Request) -> str:
    raise InputError(f"no page {request.url.path[:100]}")


async def _answer(make: Callable[[], str | Response], headers: dict[str, str]) -> Response:
    """Make a page in a thread; an error is a page too, with a way back."""
    try:
        made = await asyncio.to_thread(make)
    except EvalkitError as error:
        body = page("Not found", f"<p>{escape(visible(str(error)))}</p>", [("Runs", "/")])
        return HTMLResponse(body, status_code=404, headers=headers | POLICY)
    except Exception as error:
        LOG.exception("evalkit view: this page could not be made")
        return HTMLResponse(pages.error_page(error), status_code=500, headers=headers | POLICY)
    response = HTMLResponse(made) if isinstance(made, str) else made
    response.headers.update(headers)
    return response
