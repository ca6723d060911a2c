"""What mkdocs asks while it builds the site: the changelog lies beside docs/, and its links are made for that place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "https://github.com/evalkit/evalkit/blob/main"


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return the text of a page; CHANGELOG.md for the changelog."""
    if page.file.src_uri != "changelog.md":
        return markdown
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return text.replace("](docs/", "](").replace("](examples/", f"]({SOURCE}/examples/")
