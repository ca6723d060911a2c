"""Anything else: columns or dotted paths named by the user, over every file of rows that evalkit can open.

`--map id=…,answer=…,target=…,verdict=…,confidence=…,model=…,task=…,threshold=…,epoch=…,unanswerable=…`; only `answer`
or `verdict` is needed.

* A table with a column for each model: `answer=gpt-4o:colA,claude:colB`, and verdict, confidence and text likewise.
* Marks of a verdict are words known everywhere (`evalkit.readers.marks`), scores, or unknown; null and nan are no
  verdict. Without a verdict column, an answer is right where it equals the target, case and spaces aside.
* Numbers of a confidence or threshold are per cent where any of the column is above 1 or has a percent sign.
* Targets may be lists; text that writes a list counts as one where every target of the column does.
* Epochs may count from 0.
* `unanswerable=*_abs` marks samples by their id, `unanswerable=COLUMN` by true or false: there only abstaining is
  right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from evalkit.dataset.source import Head, Source
from evalkit.errors import UsageError
from evalkit.readers.base import ForeignRow, Reader, Verdict, read_each
from evalkit.readers.columns import Columns, Facts, as_list, as_number, find_facts, lookup, mark_of
from evalkit.readers.fields import Fields
from evalkit.readers.marks import column_meanings, score_of
from evalkit.text import simplify

FIELDS = (
    "id", "answer", "target", "verdict", "confidence", "model", "task", "threshold", "text", "question", "epoch",
    "unanswerable",
)  # fmt: skip
BY_MODEL = ("answer", "text", "verdict", "confidence")
"""Fields that may have a column for each model."""
RULE = "right where the answer is the target, case and spaces aside"
PER_CENT = 100


class MappedReader(Reader):
    """Rows whose fields the user has named.

    Args:
        columns: field → column, dotted path, or MODEL:COLUMN,MODEL:COLUMN.

    Raises:
        UsageError: an unknown field, or neither answer nor verdict.
    """

    name = "mapped"
    about = "any table, JSON or JSON lines, with --map"

    def __init__(self, columns: Columns) -> None:
        if unknown := sorted(set(columns) - set(FIELDS)):
            raise UsageError(f"--map {unknown[0]}=…: no such field; available: {', '.join(FIELDS)}")
        if not {"answer", "text", "verdict"} & set(columns):
            raise UsageError("--map needs answer=… or verdict=…")
        self._columns = dict(columns)
        self.rule = RULE if "target" in columns and "verdict" not in columns else ""

    def sniff(self, head: Head) -> bool:
        """Accept anything with rows."""
        return head.has_rows or head.shape == "object"

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each row by the map.

        Raises:
            InputError: no row has a column.
        """
        pattern = self._pattern()
        views = self._views(source.head, pattern)
        facts = find_facts(source, views)
        meanings = column_meanings(facts.marks)
        _say(source, views, facts)
        mapped = [_View(model, columns, facts, meanings, pattern) for model, columns in views.items()]
        rows = ((place, Fields(values, source, place)) for place, values in source.rows())
        yield from read_each(source, rows, lambda row: [view.read(row) for view in mapped])

    def _pattern(self) -> str:
        """The pattern of unanswerable ids; "" where a column says so, or nothing."""
        given = self._columns.get("unanswerable", "")
        return given if "*" in given or "?" in given else ""

    def _views(self, head: Head, pattern: str) -> dict[str, Columns]:
        """Model → its columns; one without a name where no field has several.

        Raises:
            UsageError: two fields name different models.
        """
        shared = {name: path for name, path in self._columns.items() if not (name == "unanswerable" and pattern)}
        wide = {
            name: pairs
            for name in BY_MODEL
            if name in shared and shared[name] not in head.keys and (pairs := _pairs(shared[name]))
        }
        if not wide:
            return {"": shared}
        models = {name: list(pairs) for name, pairs in wide.items()}
        first = next(iter(models))
        for name, others in models.items():
            if set(others) != set(models[first]):
                raise UsageError(f"--map: {first} and {name} name different models; give each a column for every model")
        rest = {name: path for name, path in shared.items() if name not in wide}
        return {model: {**rest, **{name: pairs[model] for name, pairs in wide.items()}} for model in models[first]}


class _View:
    """One model's columns of a file."""

    def __init__(
        self, model: str, columns: Columns, facts: Facts, meanings: Mapping[str, Verdict], pattern: str
    ) -> None:
        self._model = model
        self._columns = columns
        self._facts = facts
        self._meanings = meanings
        self._pattern = pattern

    def read(self, row: Fields) -> ForeignRow:
        """Read what a row says of the model."""
        found = Fields({name: lookup(row, path) for name, path in self._columns.items()}, row.source, row.place)
        sample = found.text("id", "") or str(row.place)
        unanswerable = self._is_unanswerable(found, sample)
        answer, target, mark = found.text("answer", None), self._targets(found), mark_of(found.value("verdict"))
        verdict = self._verdict(answer, target, mark)
        return ForeignRow(
            sample_id=sample,
            verdict=verdict,
            mark=mark,
            score=score_of(mark) if verdict is None else None,
            by=self._columns.get("verdict", ""),
            text=found.text("text", "") if "text" in self._columns else answer,
            answer=answer,
            target=target,
            input=found.text("question", ""),
            model=self._model or found.text("model", ""),
            task=found.text("task", ""),
            epoch=self._epoch(found),
            confidence=self._share(found, "confidence"),
            threshold=self._share(found, "threshold"),
            reason="no verdict in the file" if verdict == "unscored" else "",
            metadata={"answerable": False} if unanswerable else {},
        )

    def _verdict(self, answer: str | None, target: list[str], mark: str) -> Verdict | None:
        if "verdict" in self._columns:
            return self._meanings.get(mark)
        if not target or answer is None:
            return None
        return "right" if simplify(answer) in {simplify(one) for one in target} else "wrong"

    def _targets(self, found: Fields) -> list[str]:
        value = found.value("target")
        if value is None:
            return []
        as_lists = self._columns.get("target") not in self._facts.not_lists
        items = as_list(value) if as_lists or not isinstance(value, str) else None
        return items if items is not None else [found.text("target")]

    def _epoch(self, found: Fields) -> int:
        number = found.integer("epoch", None)
        if number is None:
            return 1
        return number + 1 if self._facts.first_epoch == 0 else number

    def _share(self, found: Fields, name: str) -> float | None:
        """A number from 0 to 1, or per cent where the whole column is."""
        value: Any = found.value(name)
        if value is None or not str(value).strip() or str(value).strip().lower() in ("nan", "none", "null"):
            return None
        number = as_number(value)
        if number is None:
            raise found.error(f"{name} is {str(value)[:60]!r}, not a number")
        return number / PER_CENT if self._columns[name] in self._facts.percent else number

    def _is_unanswerable(self, found: Fields, sample: str) -> bool:
        if self._pattern:
            return fnmatchcase(sample, self._pattern)
        return found.flag("unanswerable", False)


def _pairs(text: str) -> dict[str, str]:
    """Model → column, from MODEL:COLUMN,MODEL:COLUMN; empty where it is no such list."""
    parts = [part.strip().partition(":") for part in text.split(",")]
    pairs = {
        model.strip(): column.strip() for model, colon, column in parts if colon and model.strip() and column.strip()
    }
    return pairs if len(pairs) == len(parts) else {}


def _say(source: Source, views: Mapping[str, Columns], facts: Facts) -> None:
    """Tell the user what was decided for whole columns."""
    for name in ("confidence", "threshold"):
        if any(columns.get(name) in facts.percent for columns in views.values()):
            source.warn(f"{name} is read as per cent: some of the column is above 1 or has a percent sign")
    if facts.first_epoch == 0:
        source.warn("epochs count from 0 in the file, from 1 here")
