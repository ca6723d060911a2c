"""openai/simple-evals: the HTML report, which shows each sample; its JSON holds only totals.

Schema: per sample a conversation of "message" blocks and a "Results" part with Correct Answer, Extracted Answer and
Score. Score 1 is right. SimpleQA's letters stand in the score's metrics only in total, so abstention is found in the
text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from evalkit.dataset.source import LARGEST_DOCUMENT, Head, Source, targets_of
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow, Reader, Verdict, read_each

_SHOWN = "<h3>Prompt conversation</h3>"
_SAMPLE = re.compile(
    rf"{_SHOWN}(?P<prompt>.*?)<h3>Sampled message</h3>(?P<answer>.*?)<h3>Results</h3>(?P<results>.*?)"
    rf"(?={_SHOWN}|</body>|\Z)",
    re.DOTALL,
)
_FIELD = re.compile(r"<p>(Correct Answer|Extracted Answer|Score):\s*(.*?)</p>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_BODY = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)


class SimpleEvalsReader(Reader):
    """HTML reports."""

    name = "simple-evals"
    about = "openai/simple-evals: the HTML report"
    stems = ("report",)

    def sniff(self, head: Head) -> bool:
        """Tell HTML that shows conversations."""
        return head.shape == "other" and head.start.startswith("<") and _SHOWN in head.start

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each sample, in the order shown."""
        with source.open() as file:
            page = file.read(LARGEST_DOCUMENT).decode("utf-8", "replace")
        if not _SAMPLE.search(page):
            raise InputError(f"{source.path} shows no samples; write the report again with its conversations")
        items = ((place, (place, shown)) for place, shown in enumerate(_SAMPLE.finditer(page), start=1))
        yield from read_each(source, items, lambda item: _row(*item))


SIMPLE_EVALS = SimpleEvalsReader()


def _row(place: int, shown: re.Match[str]) -> ForeignRow:
    fields = {name: html.unescape(_TAG.sub("", value)).strip() for name, value in _FIELD.findall(shown["results"])}
    score, answer = fields.get("Score", ""), fields.get("Extracted Answer")
    verdict: Verdict = "failed" if not score else "right" if float(score) >= 1 else "wrong"
    return ForeignRow(
        sample_id=str(place),
        verdict=verdict,
        text=_content(shown["answer"]),
        answer=None if answer in (None, "None", "") else answer,
        unreadable=answer in ("None", ""),
        target=targets_of(fields.get("Correct Answer")),
        input=_content(shown["prompt"]),
        task="simple-evals",
    )


def _content(part: str) -> str:
    blocks = _BODY.findall(part) or [part]
    return html.unescape(_TAG.sub("", blocks[-1])).strip()
