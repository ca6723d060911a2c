"""promptfoo: `--output results.json` or `.jsonl`.

Schema: {evalId, results{version, results[]}, config{description}}, or one result a line: {testIdx, promptIdx,
provider{id, label}, prompt{raw, label}, vars, response{output, error, tokenUsage}, success, failureReason (0 none, 1
an assertion, 2 an error), error, gradingResult{pass, score, reason, componentResults[]{assertion{type, value},
metadata{graderError}}}, testCase{description, assert[]}}. Read in promptfoo/promptfoo: src/types/index.ts.

The verdict is `success`. A test without assertions always succeeds: that is no verdict. An error of the provider or
of a judge failed. Each of several prompts is a task of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.dataset.source import Head, Source, as_text
from evalkit.readers.base import ForeignRow, Place, Reader, Verdict, document_fields, has, objects, read_each
from evalkit.readers.fields import Fields

KEYS = {"provider", "success", "testIdx", "promptIdx"}
_IS_RESULT = has(*KEYS)
ERROR = 2
TASK = "promptfoo"


class PromptfooReader(Reader):
    """Results in one document, or one a line."""

    name = "promptfoo"
    about = "promptfoo: results (JSON or JSON lines)"

    def sniff(self, head: Head) -> bool:
        """Tell by the keys of a result."""
        return _IS_RESULT(head) or _results(head.first) is not None

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each result."""
        task = TASK
        if _IS_RESULT(source.head):
            rows: list[tuple[Place, Fields]] = [(k, Fields(values, source, k)) for k, values in source.rows()]
        else:
            document = document_fields(source)
            task = document.object("config", {}).text("description", "") or TASK
            rows = [*objects(source, _results(source.document()) or [])]
        several = len({row.text("promptIdx", "") for _, row in rows}) > 1
        yield from read_each(
            source, rows, lambda row: _row(row, f"{task}/{row.text('promptIdx')}" if several else task)
        )


PROMPTFOO = PromptfooReader()


def _results(document: Any) -> list[Any] | None:
    """The list of results of a document; None where it is no output of promptfoo."""
    inner = document.get("results") if isinstance(document, Mapping) else None
    results = inner.get("results") if isinstance(inner, Mapping) else None
    if not isinstance(results, list) or not results or not isinstance(results[0], Mapping):
        return None
    return results if KEYS - {"testIdx", "promptIdx"} <= results[0].keys() else None


def _row(row: Fields, task: str) -> ForeignRow:
    response, prompt = row.object("response", {}), row.object("prompt", {})
    verdict, reason = _verdict(row, response)
    output = response.value("output")
    text = json.dumps(output, ensure_ascii=False) if isinstance(output, (Mapping, list)) else as_text(output)
    return ForeignRow(
        sample_id=row.text("testIdx", "") or row.text("id", "") or str(row.place),
        verdict=verdict,
        text=text,
        target=_targets(row.object("testCase", {})),
        input=prompt.text("raw", ""),
        model=_model(row),
        task=task,
        refused=response.flag("isRefusal", False),
        truncated=response.text("finishReason", "") == "length",
        reason=reason[:300],
    )


def _verdict(row: Fields, response: Fields) -> tuple[Verdict | None, str]:
    graded = row.object("gradingResult", {})
    components = graded.objects("componentResults")
    error = row.text("error", "") or response.text("error", "")
    if row.integer("failureReason", 0) == ERROR or (error and not components):
        return "failed", error or "an error"
    if any(component.object("metadata", {}).flag("graderError", False) for component in components):
        return "unscored", graded.text("reason", "") or "the judge failed"
    if not components and row.flag("success") and not row.object("testCase", {}).array("assert"):
        return None, "no assertions"
    return ("right" if row.flag("success") else "wrong"), graded.text("reason", "")


def _model(row: Fields) -> str:
    if isinstance(row.value("provider"), str):
        return row.text("provider")
    provider = row.object("provider", {})
    return provider.text("label", "") or provider.text("id", "")


def _targets(case: Fields) -> list[str]:
    found = case.value("assert")
    asserts = found if isinstance(found, list) else []
    values = [one.get("value") for one in asserts if isinstance(one, Mapping) and one.get("type") == "equals"]
    return [str(value) for value in values if isinstance(value, (str, int, float))]
