"""The pages of a folder of runs as files: they open from a folder or from any host of static files.

The pages are those that the site serves, with their links turned into relative ones. The list of a run's records, which
the site filters, is one page with all rows beside it as a script, since a page from a folder may read nothing else.
"""

# ruff: noqa: E501 - markup is read better unbroken
from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

from starlette.requests import Request

from evalkit.display import visible
from evalkit.errors import EvalkitError, UsageError
from evalkit.records import Failure
from evalkit.report.runs import list_runs
from evalkit.runs.folder import RECORDS, slug
from evalkit.web.app import Site, asset, style
from evalkit.web.html import MENU, page
from evalkit.web.index import Filter, Index
from evalkit.web.pages import outcome_words, question_of, right_answer
from evalkit.web.records_page import LABELS, Listing
from evalkit.web.transcript import answer_page

SEARCHED = 5_000
"""Characters of a question or an answer that the search of a bundle looks at."""
LINK = re.compile(r'(href|src)="(/[^"]*)"')
SERVED_ONLY = re.compile(r'<a\b[^>]*href="/(?:compare|samples|record\.json|records\.csv)[^"]*"[^>]*>(.*?)</a>(?: ·)?')
"""Links to what only the site can make."""
POLICY = "default-src 'none'; script-src 'self' file:; style-src 'self' file:; img-src data:; base-uri 'none'"


def write_bundle(folder: Path, target: Path, notify: Callable[[str], None] = lambda _: None) -> int:
    """Write every page of a folder of runs.

    Args:
        folder: where runs are looked for.
        target: a folder that is made; it may exist if it is empty.
        notify: told what is being written.

    Returns:
        How many files were written.

    Raises:
        InputError: there is no run.
        UsageError: the target is not empty, or cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UsageError(f"--export {target}: it is not an empty folder; name one that does not exist")
    list_runs(folder)  # raises where there is none
    try:
        return _Bundle(folder, target).write(notify)
    except OSError as error:
        raise UsageError(
            f"--export {target}: {error.filename or target} cannot be written ({error.strerror})"
        ) from error


class _Bundle:
    def __init__(self, folder: Path, target: Path) -> None:
        self._folder = folder
        self._target = target
        self._site = Site(folder)
        self._places: dict[str, str] = {}
        self._files = 0

    def write(self, notify: Callable[[str], None]) -> int:
        runs = [run.run for run in list_runs(self._folder).runs]
        for run in runs:
            self._places[run] = self._place_of(run)
        self._put("site.css", style())
        self._put("site.js", asset("site.js"))
        self._put("list.js", asset("list.js"))
        self._page("index.html", self._site.runs(_request()))
        for run in runs:
            notify(f"writing {run}")
            try:
                self._run(run)
            except EvalkitError as error:
                notify(f"{run}: {error}")
        self._page("board.html", self._site.board(_request()), has_policy=True)
        return self._files

    def _place_of(self, run: str) -> str:
        name = slug(run.replace("/", "-"))
        taken = set(self._places.values())
        return next(place for k in range(len(taken) + 1) if (place := f"{name}-{k + 1}" if k else name) not in taken)

    def _run(self, run: str) -> None:
        place = self._places[run]
        self._page(f"{place}/index.html", self._site.run(_request(run=run)))
        folder = self._site.run_folder(run)
        if not (folder / RECORDS).is_file():
            return
        index = self._site.index(run)
        self._page(f"{place}/failures.html", self._site.failures(_request(run=run)))
        self._page(f"{place}/records.html", _list_page(run, index))
        self._put(f"{place}/rows.js", f"window.EVALKIT = {_safe(_rows(index))};\n")
        shutil.copyfile(folder / RECORDS, self._target / place / RECORDS)
        self._files += 1
        sent = self._site.sent(run)
        everything = range(len(index))
        for k in everything:
            name = str(k) if k < index.records else f"f{k - index.records}"
            made = answer_page(Listing(run=run, index=index, wanted=Filter()), k, everything, sent)
            self._page(f"{place}/{name}.html", made)

    def _page(self, path: str, html: str, *, has_policy: bool = False) -> None:
        """Write a page with relative links, and with a policy of what it may load."""
        up = "../" * path.count("/")
        html = html.replace(MENU, f'<a href="{up}index.html">Runs</a> <a href="{up}board.html">Leaderboard</a>')
        html = SERVED_ONLY.sub("", html)
        html = LINK.sub(
            lambda match: f'{match.group(1)}="{escape(self._relative(unescape(match.group(2)), up))}"', html
        )
        html = re.sub(r'<main data-refresh="\d+">', "<main>", html)
        if not has_policy:
            html = html.replace("<head>", f'<head>\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">', 1)
        self._put(path, html)

    def _relative(self, address: str, up: str) -> str:
        parts = urlsplit(address)
        known = {
            "/": "index.html",
            "/board": "board.html",
            "/site.css": "site.css",
            "/site.js": "site.js",
            "/list.js": "list.js",
        }
        if parts.path in known:
            return up + known[parts.path]
        run = parse_qs(parts.query).get("run", [""])[0]
        place = quote(self._places.get(run, ""))
        if not place:
            return f"{up}index.html"
        if parts.path == "/record":
            return f"{up}{place}/{parse_qs(parts.query).get('k', ['0'])[0]}.html"
        if parts.path == "/records":
            query = urlencode([(key, value) for key, value in parse_qsl(parts.query) if key not in ("run", "page")])
            return f"{up}{place}/records.html{f'?{query}' if query else ''}"
        names = {"/failures": "failures.html", "/records.jsonl": RECORDS, "/rows.js": "rows.js"}
        return f"{up}{place}/{names.get(parts.path, 'index.html')}"

    def _put(self, path: str, content: str) -> None:
        file = self._target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8", errors="backslashreplace")
        self._files += 1


def _list_page(run: str, index: Index) -> str:
    """The list of a run's records; its script fills it."""
    selects = "".join(
        f'<label>{label} <select name="{name}"><option value="">any</option></select></label>'
        for name, label in LABELS.items()
        if len(index.values(name)) > 1
    )
    where = urlencode({"run": run})
    body = (
        f'<form class="filter" id="filter">{selects}<label>in question, answer or id <input type="search" name="text"></label></form>'
        f'<noscript><p>This list needs JavaScript; <a href="/records.jsonl?{escape(where)}">records.jsonl</a> holds the same.</p></noscript>'
        f'<div id="results"></div><p class="links"><a href="/records.jsonl?{escape(where)}" download>All records as JSON lines</a></p>'
        f'<script src="/rows.js?{escape(where)}" defer></script><script src="/list.js" defer></script>'
    )
    return page(f"Records of {run}", body, [("Runs", "/"), (run, f"/run?{escape(where)}")])


def _rows(index: Index) -> dict[str, Any]:
    """All answers as the list shows and searches them; questions once each."""
    questions: dict[str, int] = {}
    return {
        "labels": {**LABELS, "sample": "sample"},
        "rows": list(_each(index, questions)),
        "questions": list(questions),
    }


def _each(index: Index, questions: dict[str, int]) -> Iterator[list[Any]]:
    for k in range(len(index)):
        answer = index.answer(k)
        question = visible(question_of(answer, index)[:SEARCHED])
        if isinstance(answer, Failure):
            said, right = answer.error, ""
        else:
            said, right = answer.grade.answer or answer.completion.text, right_answer(answer)
            if answer.grade.answer and answer.grade.answer not in answer.completion.text[:SEARCHED]:
                said = f"{answer.grade.answer}\n{answer.completion.text}"
            elif answer.completion.text:
                said = answer.completion.text
        names = {name: index.value(name, k) for name in (*LABELS, "sample")}
        name = str(k) if k < index.records else f"f{k - index.records}"
        read = "" if isinstance(answer, Failure) else visible((answer.grade.answer or "")[:120])
        yield [
            name, {key: visible(value) for key, value in names.items()}, questions.setdefault(question, len(questions)),
            outcome_words(answer), read, visible(said[:SEARCHED]), visible(right[:200]),
        ]  # fmt: skip


def _safe(document: Any) -> str:
    """JSON that is a script as well, and cannot end the element it stands in."""
    written = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _request(**query: str) -> Request:
    return Request(
        {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": urlencode(query).encode()}
    )
