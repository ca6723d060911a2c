"""Pieces of pages as HTML. Everything that comes from a model or a log is text: escaped, hidden characters visible."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from evalkit.display import one_line

SECONDS = 5
"""Between two looks at a page that changes."""
MENU = '<a href="/">Runs</a> <a href="/board">Leaderboard</a> <a href="/compare">Compare</a>'
TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Cell:
    """A cell of a table with a class of its own."""

    html: str
    kind: str


def page(title: str, body: str, trail: Sequence[tuple[str, str]] = (), *, refresh: int | None = None) -> str:
    """Return a whole page.

    Args:
        title: as text.
        body: as HTML.
        trail: name and address of the pages above it; addresses as `url` writes them.
        refresh: seconds after which it is loaded again, where it changes while it is read.
    """
    crumbs = " › ".join(f'<a href="{address}">{text(name)}</a>' for name, address in trail)
    again = f'<noscript><meta http-equiv="refresh" content="{refresh * 2}"></noscript>' if refresh else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(one_line(title, 80))} · evalkit</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/site.css">
<script src="/site.js" defer></script>{again}
</head>
<body>
<header>
<nav class="main" aria-label="Pages">{MENU}</nav>
<nav aria-label="Where you are">{crumbs}</nav><h1>{escape(one_line(title, 160))}</h1></header>
<main{f' data-refresh="{refresh}"' if refresh else ""}>{body}</main>
</body>
</html>
"""


def text(value: object, width: int = 120) -> str:
    """Escape a value, on one line of at most a width."""
    return escape(one_line("" if value is None else str(value), width))


def url(path: str, **query: object) -> str:
    """Write an address for an attribute; what is empty is left out."""
    given = urlencode({key: value for key, value in query.items() if value not in (None, "")})
    return escape(f"{path}?{given}" if given else path)


def table(names: Iterable[str], rows: Iterable[Sequence[str | Cell]], kind: str = "", label: str = "Table") -> str:
    """Return a table that scrolls sideways where it is too wide, and on a phone is a card a row.

    Args:
        names: headings, as HTML; one that begins with ">" is of a column of numbers.
        rows: cells as HTML.
        kind: class of the table; `outcomes` stays a table on a phone too.
        label: what it holds, for those who do not see it.
    """
    heads = [(name.removeprefix(">"), "n" if name.startswith(">") else "") for name in names]
    top = "".join(f'<th scope="col"{_class(kind_)}>{name}</th>' for name, kind_ in heads)
    body = "".join(f"<tr>{''.join(map(_cell, heads, row))}</tr>" for row in rows)
    of = kind if kind == "outcomes" else f"cards {kind}".strip()
    inside = f"<table{_class(of)}><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide" role="region" aria-label="{escape(label)}" tabindex="0">{inside}</div>'


def facts(rows: Mapping[str, object], width: int = 400) -> str:
    """Return names and values, one below the other.

    Args:
        rows: name → value, as text.
        width: characters of a value that are shown.
    """
    inside = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value, width)}</dd></div>" for name, value in rows.items())
    return f'<dl class="facts">{inside}</dl>'


def _cell(head: tuple[str, str], cell: str | Cell) -> str:
    name, kind = head
    if isinstance(cell, Cell):
        kind = f"{kind} {cell.kind}".strip()
        cell = cell.html
    return f'<td{_class(kind)} data-label="{TAG.sub("", name)}">{cell}</td>'


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def paragraphs(lines: Iterable[str], kind: str = "") -> str:
    """Return a paragraph for each line of text."""
    of = f' class="{kind}"' if kind else ""
    return "".join(f"<p{of}>{text(line, 2000)}</p>" for line in lines)
