"""Anything else: columns or dotted paths named by the user, over CSV, TSV, JSON, JSON lines or Parquet.

`--map id=…,answer=…,target=…,verdict=…,confidence=…,model=…,task=…,threshold=…`; only `answer` or `verdict` is
needed. A verdict is read as right or wrong from true/false, 1/0, yes/no, correct/incorrect, C/I, pass/fail, and as
abstention from idk, abstained, not_attempted, N; --verdict MARK=OUTCOME adds to these. Without a verdict, right where
the answer is the target, case and spaces aside. A confidence or threshold above 1 is per cent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.dataset.source import Head, Source
from evalkit.errors import UsageError
from evalkit.readers.base import ForeignRow, Reader, Verdict, read_each
from evalkit.readers.fields import Fields
from evalkit.text import simplify

FIELDS = ("id", "answer", "target", "verdict", "confidence", "model", "task", "threshold", "text", "question", "epoch")
_MARKS: dict[str, Verdict] = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "correct", "c", "pass", "passed", "right", "a"), "right"),
    **dict.fromkeys(("false", "0", "0.0", "no", "incorrect", "i", "fail", "wrong", "error", "b"), "wrong"),
    **dict.fromkeys(("idk", "abstained", "abstention", "abstain", "not_attempted", "n", "unknown"), "idk"),
    **dict.fromkeys(("failed", "none", ""), "failed"),
}


class MappedReader(Reader):
    """Rows whose fields the user has named.

    Args:
        columns: field → column or dotted path.

    Raises:
        UsageError: an unknown field, or neither answer nor verdict.
    """

    name = "mapped"
    about = "any CSV, TSV, JSON, JSON lines or Parquet, with --map"
    rule = "right where the answer is the target, case and spaces aside"

    def __init__(self, columns: Mapping[str, str]) -> None:
        if unknown := sorted(set(columns) - set(FIELDS)):
            raise UsageError(f"--map {unknown[0]}=…: no such field; there are: {', '.join(FIELDS)}")
        if not {"answer", "text", "verdict"} & set(columns):
            raise UsageError("--map needs answer=… or verdict=…")
        self._columns = dict(columns)

    def sniff(self, head: Head) -> bool:
        """Accept anything with rows."""
        return head.has_rows or head.shape == "object"

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each row by the map."""
        rows = ((place, Fields(values, source, place)) for place, values in source.rows())
        yield from read_each(source, rows, lambda row: _row(self._mapped(row)))

    def _mapped(self, row: Fields) -> Fields:
        return Fields({field: _at(row, path) for field, path in self._columns.items()}, row.source, row.place)


def _row(row: Fields) -> ForeignRow:
    answer, target, mark = row.text("answer", None), row.texts("target"), row.text("verdict", "").strip()
    verdict: Verdict | None = None
    if "verdict" in [*row]:
        verdict = _MARKS.get(mark.lower())
    elif target and answer is not None:
        verdict = "right" if simplify(answer) in {simplify(one) for one in target} else "wrong"
    return ForeignRow(
        sample_id=row.text("id", "") or str(row.place),
        verdict=verdict,
        mark=mark,
        text=row.text("text", "") if "text" in [*row] else answer,
        answer=answer,
        target=target,
        input=row.text("question", ""),
        model=row.text("model", ""),
        task=row.text("task", ""),
        epoch=row.integer("epoch", 0) or 1,
        confidence=_share(row, "confidence"),
        threshold=_share(row, "threshold"),
    )


def _at(row: Fields, path: str) -> Any:
    """Look up a column or dotted path: keys of objects, positions in lists.

    Raises:
        BadRowError: nothing is there.
    """
    if path in [*row]:
        return row.value(path)
    first, *rest = path.split(".")
    if first not in [*row]:
        raise row.missing(path)
    value = row.value(first)
    for part in rest:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise row.missing(path)
    return value


def _share(row: Fields, name: str) -> float | None:
    """A number from 0 to 1; with a percent sign, or above 1, it is per cent."""
    text = row.text(name, "").strip()
    if not text:
        return None
    try:
        number = float(text.removesuffix("%"))
    except ValueError as error:
        raise row.error(f"{name} is {text[:60]!r}, not a number") from error
    return number / 100 if text.endswith("%") or number > 1 else number
