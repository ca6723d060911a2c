"""Pieces of pages as HTML. Everything that comes from a model or a log is text: escaped, hidden characters visible."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import urlencode

from evalkit.display import one_line


def page(title: str, body: str, trail: Sequence[tuple[str, str]] = ()) -> str:
    """Return a whole page.

    Args:
        title: as text.
        body: as HTML.
        trail: name and address of the pages above it; addresses as `url` writes them.
    """
    crumbs = " › ".join(f'<a href="{address}">{text(name)}</a>' for name, address in trail)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(one_line(title, 80))} · evalkit</title>
<link rel="stylesheet" href="/site.css">
</head>
<body>
<header><nav aria-label="Where you are">{crumbs}</nav><h1>{escape(one_line(title, 160))}</h1></header>
<main>{body}</main>
</body>
</html>
"""


def text(value: object, width: int = 120) -> str:
    """Escape a value, on one line of at most a width."""
    return escape(one_line("" if value is None else str(value), width))


def url(path: str, **query: object) -> str:
    """Write an address for an attribute; what is empty is left out."""
    return escape(f"{path}?{urlencode({key: value for key, value in query.items() if value not in (None, '')})}")


def table(names: Iterable[str], rows: str, kind: str = "") -> str:
    """Return a table that scrolls sideways where it is too wide.

    Args:
        names: headings, as HTML; one that begins with ">" is of a column of numbers.
        rows: as HTML.
        kind: class of the table.
    """
    heads = "".join(
        f'<th scope="col" class="n">{name[1:]}</th>' if name.startswith(">") else f'<th scope="col">{name}</th>'
        for name in names
    )
    body = f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    return f'<div class="wide" tabindex="0"><table class="{kind}">{body}</table></div>'


def paragraphs(lines: Iterable[str], kind: str = "") -> str:
    """Return a paragraph for each line of text."""
    of = f' class="{kind}"' if kind else ""
    return "".join(f"<p{of}>{text(line, 2000)}</p>" for line in lines)
