"""Write docs/schema.md, the fields of a run's files, from the models that read and write them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from evalkit.records import Completion, Failure, Grade, Message, Record, Usage
from evalkit.runs.config import RunConfig
from evalkit.runs.manifest import Manifest
from evalkit.runs.scorecard import Abstention, Condition, Missing, NonAnswers, Range, Score, Scorecard, Tokens
from evalkit.runs.trust import Origin

TARGET = Path(__file__).resolve().parent.parent / "docs" / "schema.md"
INTRODUCTION = """# Files of a run

Made by `make docs` from the models themselves; do not edit.

| file | what it holds |
|---|---|
| `run.json` | settings, versions and scorecards: one [Manifest](#manifest) |
| `records.jsonl` | one graded answer a line, in the order of arrival, only ever appended: [Record](#record) |
| `failures.jsonl` | one attempt without a verdict a line: [Failure](#failure) |

Both `.jsonl` files are UTF-8 with a newline after each line. A last line without one was cut off by a power cut and is
not read. Columns that hold anything (metadata, votes, measures, log-probabilities) are JSON inside a string, so that
pandas, Arrow and DuckDB read the files as tables with one type a column:

```python
import pandas as pd

pd.read_json("results/RUN/records.jsonl", lines=True)
```

`evalkit.load("results/")` does so for all runs below a folder, with completion and grade as columns. `schema_version`
is raised when a field changes its meaning; new fields do not raise it.
"""
RUN_FILE: list[type[BaseModel]] = [Manifest, RunConfig, Origin]
SCORES: list[type[BaseModel]] = [Scorecard, Score, Range, Missing, NonAnswers, Abstention, Condition, Tokens]
RECORD_FILES: list[type[BaseModel]] = [Record, Message, Completion, Usage, Grade, Failure]


def schema() -> str:
    """Return the whole page as Markdown."""
    parts = [INTRODUCTION, "## run.json\n", *_sections(RUN_FILE), *_sections(SCORES)]
    return "\n".join([*parts, "## records.jsonl and failures.jsonl\n", *_sections(RECORD_FILES)])


def _sections(models: Iterable[type[BaseModel]]) -> list[str]:
    return [part for model in models for part in _section(model)]


def _section(model: type[BaseModel]) -> list[str]:
    rows = [
        f"| `{name}` | {_type(field.annotation)} | {_cell(field.description)} |"
        for name, field in model.model_fields.items()
    ]
    about = " ".join((model.__doc__ or "").split("\n\n")[0].split())
    return [f"### {model.__name__}\n", about, "\n| field | type | meaning |", "|---|---|---|", *rows, ""]


def _type(annotation: object) -> str:
    return "`" + _name(annotation).replace("|", "\\|") + "`"


def _name(annotation: object) -> str:
    """A type as one writes it, without the constraints of `Annotated`."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _name(inner[0])
    if origin in (Union, UnionType):
        return " | ".join(map(_name, inner))
    if origin is Literal:
        return " | ".join(map(repr, inner))
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(_name, inner))}]"
    if annotation is NoneType:
        return "None"
    return str(getattr(annotation, "__name__", annotation))


def _cell(description: str | None) -> str:
    return " ".join((description or "").split()).replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(schema(), encoding="utf-8")
