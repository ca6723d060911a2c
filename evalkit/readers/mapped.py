"""Anything else: columns or dotted paths named by the user, over CSV, TSV, JSON, JSON lines or Parquet.

`--map id=…,answer=…,target=…,verdict=…,confidence=…,model=…,task=…,threshold=…`; only `answer` or `verdict` is
needed. A verdict is read as right or wrong from true/false, 1/0, yes/no, correct/incorrect, C/I, pass/fail, and as
abstention from idk, abstained, not_attempted, N; --verdict MARK=OUTCOME adds to these. Without a verdict, right where
the answer is the target, case and spaces aside. A confidence above 1 is taken for per cent where the whole file's is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.dataset.source import Head, Source, as_text, targets_of
from evalkit.errors import UsageError
from evalkit.readers.base import Row, Verdict
from evalkit.text import simplify

FIELDS = ("id", "answer", "target", "verdict", "confidence", "model", "task", "threshold", "text", "question", "epoch")
_MARKS: dict[str, Verdict] = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "correct", "c", "pass", "passed", "right", "a"), "right"),
    **dict.fromkeys(("false", "0", "0.0", "no", "incorrect", "i", "fail", "wrong", "error", "b"), "wrong"),
    **dict.fromkeys(("idk", "abstained", "abstention", "abstain", "not_attempted", "n", "unknown"), "idk"),
    **dict.fromkeys(("failed", "none", ""), "failed"),
}


class MappedReader:
    """Rows whose fields the user has named.

    Args:
        fields: field → dotted path.

    Raises:
        UsageError: a field that there is none of, or neither answer nor verdict.
    """

    about = "any CSV, TSV, JSON, JSON lines or Parquet, with --map"
    rule = "right where the answer is the target, case and spaces aside"

    def __init__(self, fields: Mapping[str, str]) -> None:
        if unknown := sorted(set(fields) - set(FIELDS)):
            raise UsageError(f"--map {unknown[0]}=…: no such field; there are: {', '.join(FIELDS)}")
        if not {"answer", "text", "verdict"} & set(fields):
            raise UsageError("--map needs answer=… or verdict=…")
        self.fields = dict(fields)

    def sniff(self, head: Head) -> bool:
        """Anything with rows."""
        return head.has_rows or head.shape == "object"

    def read(self, source: Source) -> Iterator[Row]:
        """One row a row."""
        for number, found in source.rows():
            with source.at(number):
                row = self._row(found, number)
            yield row

    def _row(self, found: dict[str, Any], number: int) -> Row:
        values = {field: _at(found, path) for field, path in self.fields.items()}
        answer = None if values.get("answer") is None else as_text(values["answer"])
        target = targets_of(values.get("target"))
        raw = as_text(values["verdict"]).strip() if "verdict" in values else ""
        verdict: Verdict | None = _MARKS.get(raw.lower()) if "verdict" in values else None
        if "verdict" not in values and target and answer is not None:
            verdict = "right" if simplify(answer) in {simplify(one) for one in target} else "wrong"
        return Row(
            sample_id=as_text(values.get("id")) or str(number),
            verdict=verdict,
            text=as_text(values["text"]) if "text" in values else answer,
            answer=answer,
            target=target,
            input=as_text(values.get("question")),
            model=as_text(values.get("model")),
            task=as_text(values.get("task")),
            epoch=int(values["epoch"]) if values.get("epoch") else 1,
            confidence=_share(values.get("confidence")),
            threshold=_share(values.get("threshold")),
            raw=raw,
            line=number,
        )


def _at(found: Any, path: str) -> Any:
    """What stands at a dotted path: keys of objects, positions in lists.

    Raises:
        KeyError: nothing.
    """
    if isinstance(found, dict) and path in found:
        return found[path]
    for part in path.split("."):
        if isinstance(found, dict):
            found = found[part]
        elif isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            raise KeyError(path)
    return found


def _share(value: Any) -> float | None:
    if value is None or value == "":
        return None
    text = str(value).strip()
    number = float(text.removesuffix("%"))
    return number / 100 if text.endswith("%") or number > 1 else number
