"""The list of a run's answers as HTML: what filters, sorts and exports it, and the same by sample."""

# ruff: noqa: E501 - markup is read better unbroken
from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape

from evalkit.records import Failure
from evalkit.report.table import number, target_label
from evalkit.web.html import Cell, page, table, text, url
from evalkit.web.index import GRADED, NUMBERS, Filter, Index
from evalkit.web.pages import WORDS, address, chip, chips, kept, outcome_of, outcome_words, question_of, right_answer

PER_PAGE = 50
OFFERED = 200
"""Values of a column that the form offers."""
LABELS = {
    "outcome": "outcome",
    "kind": "kind",
    "missing": "missing because",
    "task": "task",
    "model": "model",
    "threshold": "target stated",
    "stratum": "stratum",
}
SORTED = ("sample", "task", "model", "outcome", "threshold", *NUMBERS)
"""Columns whose heading sorts."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A list as it was asked for."""

    run: str
    """The run's path below the folder."""
    index: Index
    wanted: Filter
    sort: str = ""
    number: int = 1
    """Of the page, from 1."""

    def address(self, path: str = "/records", **more: object) -> str:
        """Write the address of this list with something changed."""
        return url(path, **{"run": self.run, **kept(self.wanted), "sort": self.sort, **more})

    def page_of(self, total: int) -> int:
        """The page asked for, or the nearest that there is."""
        return min(max(self.number, 1), _pages(total))


def records_page(listing: Listing, matches: Sequence[int]) -> str:
    """Show a page of the records that match a filter, and the filter's form.

    Args:
        listing: what was asked for.
        matches: positions of all that match, sorted.
    """
    index = listing.index
    number_ = listing.page_of(len(matches))
    shown = matches[(number_ - 1) * PER_PAGE : number_ * PER_PAGE]
    numbers = [name for name in NUMBERS if index.known(name)]
    more = [name for name in ("task", "model") if len(index.values(name)) > 1]
    heads = {
        "sample": "sample", **{name: name for name in more}, "question": "question", "outcome": "outcome",
        "threshold": "target stated", "read": "answer", "right": "right answer", **{name: f">{name}" for name in numbers},
    }  # fmt: skip
    rows = [_row(listing, position, more, numbers) for position in shown]
    failures = f" (failures: {len(index.failures):,})" if index.failures else ""
    count = f"<p>{len(matches):,} of {len(index):,} records{failures}{_exports(listing) if matches else ''}</p>"
    body = table([_heading(listing, key, name) for key, name in heads.items()], rows, "records", "Records")
    if not matches:
        body = f'<p>No record matches. <a href="{url("/records", run=listing.run)}">Clear the filters</a></p>'
    results = f'<div id="results">{count}{body}{_pager(listing, "/records", len(matches), number_)}</div>'
    return page(f"Records of {listing.run}", _form(listing, "/records") + results, _trail(listing.run))


def samples_page(listing: Listing, matches: Sequence[int], *, differing: bool) -> str:
    """Show samples, each with the outcomes of its answers at every stated target.

    Args:
        listing: what was asked for.
        matches: positions of all answers that match, in order.
        differing: whether only samples with different outcomes are shown.
    """
    index = listing.index
    groups = by_sample(index, matches)
    if differing:
        groups = [group for group in groups if len({index.columns["outcome"][k] for k in group}) > 1]
    number_ = listing.page_of(len(groups))
    shown = groups[(number_ - 1) * PER_PAGE : number_ * PER_PAGE]
    more = [name for name in ("task", "model") if len(index.values(name)) > 1]
    targets = sorted(index.values("threshold"), key=_numerically)
    rows: list[list[str | Cell]] = []
    for group in shown:
        first = group[0]
        cells = [[k for k in group if index.value("threshold", k) == target] for target in targets]
        rows.append(
            [
                f'<a href="{url("/records", run=listing.run, sample=index.value("sample", first))}">{text(index.value("sample", first), 60)}</a>',
                *(text(index.value(name, first), 40) for name in more),
                Cell(text(question_of(index.answer(first), index), 90), "question"),
                *(chips(_chip(listing, k) for k in cell) for cell in cells),
            ]
        )
    heads = [
        "sample",
        *more,
        "question",
        *("no target" if target == "none" else f"t = {text(target)}" for target in targets),
    ]
    only = "" if differing else "1"
    said = "all samples" if differing else "only samples whose outcomes differ"
    count = (
        f'<p>{len(groups):,} samples · <a href="{listing.address("/samples", differ=only)}">{said}</a>'
        f' · <a href="{listing.address()}">a row an answer</a></p><p class="soft">{_signs()}</p>'
    )
    body = table(heads, rows, "samples", "Samples") if groups else "<p>No sample matches.</p>"
    pager = _pager(listing, "/samples", len(groups), number_, differ="1" if differing else "")
    results = f'<div id="results">{count}{body}{pager}</div>'
    return page(f"Samples of {listing.run}", _form(listing, "/samples") + results, _trail(listing.run))


def by_sample(index: Index, positions: Iterable[int]) -> list[list[int]]:
    """Group answers by task, model and sample, in the order in which they first occur."""
    groups: dict[tuple[int, ...], list[int]] = {}
    columns = [index.columns[name] for name in ("task", "model", "sample")]
    for k in positions:
        groups.setdefault(tuple(column[k] for column in columns), []).append(k)
    return list(groups.values())


def _chip(listing: Listing, position: int) -> str:
    index = listing.index
    kind = index.value("kind", position)
    title = WORDS[index.value("outcome", position)] + (f" ({kind})" if kind not in ("claim", "") else "")
    return chip(index.value("outcome", position), address(listing.run, index, position, Filter()), title)


def _signs() -> str:
    return " ".join(f"{chip(outcome)} {word}" for outcome, word in WORDS.items())


def _row(listing: Listing, position: int, more: Sequence[str], numbers: Sequence[str]) -> list[str | Cell]:
    index = listing.index
    answer = index.answer(position)
    link = f'<a href="{address(listing.run, index, position, listing.wanted, listing.sort)}">{text(answer.sample_id, 60)}</a>'
    if isinstance(answer, Failure):
        read, right = text(answer.error, 90), "–"
    else:
        read, right = text(answer.grade.answer or answer.completion.text or "–", 60), text(right_answer(answer), 40)
    return [
        link,
        *(text(getattr(answer, name), 40) for name in more),
        Cell(f'<span dir="auto">{text(question_of(answer, index), 90)}</span>', "question"),
        Cell(outcome_words(answer), outcome_of(answer)),
        target_label(answer.prompt_threshold),
        f'<span dir="auto">{read}</span>',
        f'<span dir="auto">{right}</span>',
        *(_number(name, index.numbers[name][position]) for name in numbers),
    ]


def _number(name: str, value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if name in ("tokens", "attempts") else number(value)


def _heading(listing: Listing, key: str, name: str) -> str:
    """A heading that sorts: first from the smallest, then from the largest."""
    if key not in SORTED:
        return name
    side = ">" if name.startswith(">") else ""
    is_rising, is_falling = listing.sort == key, listing.sort == f"-{key}"
    arrow = " ↑" if is_rising else " ↓" if is_falling else ""
    following = f"-{key}" if is_rising else "" if is_falling else key
    return f'{side}<a class="sort" href="{listing.address(sort=following)}">{name.removeprefix(">")}{arrow}</a>'


def _exports(listing: Listing) -> str:
    return (
        f' · <a href="{listing.address("/samples", sort="")}">by sample</a>'
        f' · <a href="{listing.address("/records.csv")}" download>CSV</a>'
        f' · <a href="{listing.address("/records.jsonl")}" download>JSONL</a>'
    )


def _form(listing: Listing, path: str) -> str:
    index, wanted = listing.index, listing.wanted
    selects = "".join(
        f'<label>{label} <select name="{name}"><option value="">any</option>{_options(index, name, wanted)}</select></label>'
        for name, label in LABELS.items()
        if len(index.values(name)) > 1
    )
    sample = f'<input type="hidden" name="sample" value="{escape(wanted.sample)}">' if wanted.sample else ""
    note = f'<p>Only sample {text(wanted.sample)}. <a href="{Listing(run=listing.run, index=index, wanted=replace(wanted, sample="")).address(path)}">All samples</a></p>'
    return (
        f'<form method="get" action="{path}" class="filter" data-live><input type="hidden" name="run" value="{escape(listing.run)}">'
        f'<input type="hidden" name="sort" value="{escape(listing.sort)}">{sample}{selects}'
        f'<label>in question, answer or id <input type="search" name="text" value="{escape(wanted.text)}"></label>'
        f'<button type="submit">Filter</button></form>{note if wanted.sample else ""}'
    )


def _options(index: Index, name: str, wanted: Filter) -> str:
    values = index.values(name)[:OFFERED]
    chosen = getattr(wanted, name)
    extra = [GRADED] if name == "outcome" else []
    extra += [chosen] if chosen and chosen not in [*values, *extra] else []
    words = {**WORDS, GRADED: "any but missing"} if name == "outcome" else {}
    return "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{text(words.get(value, value), 60)}</option>'
        for value in [*extra, *sorted(values, key=_numerically)]
        if value
    )


def _pager(listing: Listing, path: str, total: int, number_: int, **more: object) -> str:
    pages = _pages(total)
    links = [
        f'<a rel="{rel}" href="{listing.address(path, page=where, **more)}">{name}</a>'
        for name, rel, where in (("previous", "prev", number_ - 1), ("next", "next", number_ + 1))
        if 1 <= where <= pages
    ]
    return f'<p class="pager">Page {number_:,} of {pages:,} {" · ".join(links)}</p>'


def _pages(total: int) -> int:
    return max(1, -(-total // PER_PAGE))


def _trail(run: str) -> list[tuple[str, str]]:
    return [("Runs", "/"), (run, url("/run", run=run))]


def _numerically(text: str) -> tuple[float, str]:
    """Sort numbers by size, after words."""
    try:
        return float(text), ""
    except ValueError:
        return float("-inf"), text
