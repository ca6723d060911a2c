"""openai/simple-evals: the HTML report, which shows each sample; its JSON holds only totals.

Schema: per sample a conversation of "message" blocks and a "Results" part with Correct Answer, Extracted Answer and
Score. Score 1 is right; True and False are 1 and 0. SimpleQA's letters stand in the score's metrics only in total, so
abstention is found in the text, and a warning says where the totals differ. A request that the API rejected has the
text "No response (bad request)." (sampler/chat_completion_sampler.py): the provider's refusal. Task and model stand in
the file's name, as in simpleqa_gpt-4o_20250101_120000.html.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from evalkit.abstention import non_answer
from evalkit.dataset.source import LARGEST_DOCUMENT, Head, Source, targets_of
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow, Reader, read_each

_SHOWN = "<h3>Prompt conversation</h3>"
_SAMPLE = re.compile(
    rf"{_SHOWN}(?P<prompt>.*?)<h3>Sampled message</h3>(?P<answer>.*?)<h3>Results</h3>(?P<results>.*?)"
    rf"(?={_SHOWN}|</body>|\Z)",
    re.DOTALL,
)
_FIELD = re.compile(r"<p>(Correct Answer|Extracted Answer|Score):\s*(.*?)</p>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_BODY = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)


REJECTED = "No response (bad request)."
TASKS = ("simpleqa", "humaneval", "healthbench", "browsecomp", "mmlu", "math", "gpqa", "mgsm", "drop")
"""Names that simple-evals gives its benchmarks, some with more behind an underscore."""
_NAME = re.compile(
    rf"(?P<task>(?:{'|'.join(TASKS)})(?:_(?:hard|consensus|meta|v1|v2|en|latin|non_latin))*)_(?P<model>.+?)"
    r"(?:_\d{8}_\d{6})?(?:_DEBUG)?"
)
_TOTAL = re.compile(r"<td>is_not_attempted</td>\s*<td>([\d.]+)</td>")


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
        task, model = _named(source.path)
        silent = n = 0
        for row in read_each(source, items, lambda item: _row(*item, task, model)):
            n += 1
            silent += row.score == 0 and (row.refused or _is_silent(row))
            yield row
        _compare(source, page, silent, n)


SIMPLE_EVALS = SimpleEvalsReader()


def _row(place: int, shown: re.Match[str], task: str, model: str) -> ForeignRow:
    fields = {name: html.unescape(_TAG.sub("", value)).strip() for name, value in _FIELD.findall(shown["results"])}
    said, answer = fields.get("Score", "").strip(), fields.get("Extracted Answer")
    score = {"true": 1.0, "false": 0.0}.get(said.lower())
    if score is None and said not in ("", "None"):
        score = float(said)
    text = _content(shown["answer"])
    return ForeignRow(
        sample_id=str(place),
        verdict=None if score is not None else "unscored",
        score=score,
        by="Score",
        text=text,
        refused=text == REJECTED,
        answer=None if answer in (None, "None", "") else answer,
        unreadable=answer in ("None", ""),
        target=targets_of(fields.get("Correct Answer")),
        input=_content(shown["prompt"]),
        task=task,
        model=model,
        reason="rejected by the API" if text == REJECTED else "",
    )


def _named(path: Path) -> tuple[str, str]:
    """Task and model of a report, from its file's name; "" where it is another."""
    match = _NAME.fullmatch(path.stem)
    return (match["task"], match["model"]) if match else ("", "")


def _is_silent(row: ForeignRow) -> bool:
    return not row.text or non_answer(row.text, question=row.input, target=row.target) is not None


def _compare(source: Source, page: str, silent: int, n: int) -> None:
    """Warn where the judge's total of questions not attempted is another than what the texts say."""
    total = _TOTAL.search(page)
    if total is None or not n:
        return
    judged = round(float(total[1]) * n)
    if judged != silent:
        told = f"its judge counts {judged:,} of {n:,} as not attempted, without saying which"
        source.warn(f"{told}; by their texts {silent:,} are none")


def _content(part: str) -> str:
    blocks = _BODY.findall(part) or [part]
    return html.unescape(_TAG.sub("", blocks[-1])).strip()
