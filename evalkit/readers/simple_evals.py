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
from evalkit.readers.base import Row

_SAMPLE = re.compile(
    r"<h3>Prompt conversation</h3>(?P<prompt>.*?)<h3>Sampled message</h3>(?P<answer>.*?)<h3>Results</h3>"
    r"(?P<results>.*?)"
    r"(?=<h3>Prompt conversation</h3>|</body>|\Z)",
    re.DOTALL,
)
_FIELD = re.compile(r"<p>(Correct Answer|Extracted Answer|Score):\s*(.*?)</p>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_BODY = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)


class SimpleEvalsReader:
    """HTML reports."""

    about = "openai/simple-evals: the HTML report"

    def sniff(self, head: Head) -> bool:
        """HTML that shows conversations."""
        return head.shape == "other" and bool(head.first.get("html"))

    def read(self, source: Source) -> Iterator[Row]:
        """One row a sample, in the order shown."""
        with source.open() as file:
            data = file.read(LARGEST_DOCUMENT)
        page = data.decode("utf-8", "replace")
        number = 0
        for found in _SAMPLE.finditer(page):
            number += 1
            fields = {
                name: html.unescape(_TAG.sub("", value)).strip() for name, value in _FIELD.findall(found["results"])
            }
            score = fields.get("Score", "")
            answer = fields.get("Extracted Answer")
            yield Row(
                str(number), "failed" if not score else "right" if float(score) >= 1 else "wrong",
                text=_shown(found["answer"]), answer=None if answer in (None, "None", "") else answer,
                no_answer=answer in ("None", ""), target=targets_of(fields.get("Correct Answer")),
                input=_shown(found["prompt"]), task="simple-evals", line=number,
            )  # fmt: skip
        if not number:
            raise InputError(f"{source.path} shows no samples; write the report again with its conversations")


READER = SimpleEvalsReader()


def _shown(part: str) -> str:
    blocks = _BODY.findall(part) or [part]
    return html.unescape(_TAG.sub("", blocks[-1])).strip()
