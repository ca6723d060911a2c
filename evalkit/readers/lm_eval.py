"""lm-evaluation-harness: `samples_*.jsonl` rows, arrays of them, and results files that hold samples.

Schema of a row: {doc_id, doc, target, arguments, resps, filtered_resps, doc_hash, prompt_hash, target_hash, filter,
metrics, <metric>: value}. Generated text is resps[0][0]; for log-likelihood requests resps holds one
(log-probability, is greedy) for each choice and `arguments` the choices; a rolling log-likelihood is of a text that
the model did not write. Metric and filter are chosen in `evalkit.readers.lm_eval_metrics`; model and task stand in the
results file beside it (`evalkit.readers.lm_eval_results`). With several filters a document's rows repeat: one filter
is read. A filter that found no answer gives "[invalid]", or another word in square brackets. `bypass` is the metric of
--predict_only: no verdict. Rows of a task that evalkit has wrapped hold the outcome, which decides, and the stated
target; what says the target in the task's name is left out.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from evalkit.dataset.preference import Preference
from evalkit.dataset.source import Head, Source, as_text, targets_of
from evalkit.readers.base import ForeignRow, Place, Reader, Verdict, document_fields, read_each
from evalkit.readers.lm_eval_metrics import ROW, Choice, recorded_outcome, stated_threshold
from evalkit.readers.lm_eval_results import Run, model_of, run_beside
from evalkit.readers.scores import most_likely, share

_SENTINEL = re.compile(r"\[[a-z_ ]{2,20}\]")
_SHIFTED = "its targets are not the options that its documents give as right"
LONGEST_LIST = 20_000
"""Characters of options that are kept as text."""
HASHES = ("doc_hash", "prompt_hash", "target_hash")
Rows = Iterable[tuple[Place, dict[str, Any]]]


class LmEvalReader(Reader):
    """Sample rows, and results with samples."""

    name = "lm-eval"
    about = "lm-evaluation-harness: samples_*.jsonl, results with samples"
    companions = ("results*.json",)

    def sniff(self, head: Head) -> bool:
        """Tell rows with its keys, or a results object that holds samples."""
        if head.has_rows:
            return head.keys >= ROW
        return head.shape == "object" and ({"results", "configs", "samples"} <= head.keys or head.keys >= ROW)

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each document of each task."""
        if source.head.shape != "object" or "samples" not in source.head.keys:
            run = run_beside(source, lambda: _hash(source))
            yield from _rows(source, lambda: source.rows(_decode), run)
            return
        results = document_fields(source)
        samples = results.object("samples")
        for task in samples:
            of_task = [(f"{task}:{place}", values) for place, values in enumerate(samples.array(task), start=1)]
            yield from _rows(source, of_task.__iter__, Run(model_of(results), task))


LM_EVAL = LmEvalReader()


def single_row(row: dict[str, Any], metric: str) -> ForeignRow:
    """Read one row as it would be read in a file, its values as lm-eval has them in memory.

    Args:
        row: with the keys of a sample's row.
        metric: the metric that is the verdict; "" where there is none.

    Raises:
        ValueError: the row is not as lm-eval makes them.
    """
    written = msgspec.json.decode(msgspec.json.encode(row, enc_hook=_plain))
    source = Source(Path("row"), preference=Preference(metric=metric))
    return _row(source, written, Choice(source, [written]), Run(), 1)


def _plain(value: Any) -> Any:
    """A number of numpy's as a number, and whatever else JSON has no word for as text."""
    return value.item() if hasattr(value, "item") and hasattr(value, "dtype") else str(value)


class _Doc(msgspec.Struct):
    """The fields read of a document, which may be long."""

    question: Any = None
    problem: Any = None
    input: Any = None
    prompt: Any = None
    query: Any = None
    choices: Any = None
    answer_index: Any = None


_raw = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_doc = msgspec.json.Decoder(_Doc | None | str | list[Any] | float | bool).decode
_any = msgspec.json.Decoder().decode


def _decode(line: bytes) -> dict[str, Any]:
    """Decode a row without its prompt, and of the document only what is read."""
    raw = _raw(line)
    row = {name: _any(value) for name, value in raw.items() if name not in ("doc", "arguments")}
    if "doc" in raw:
        row["doc"] = _doc(raw["doc"])
    if "arguments" in raw and not _is_generated(row.get("resps")):
        row["arguments"] = _any(raw["arguments"])
    return row


def _is_generated(responses: Any) -> bool:
    inner = responses[0] if isinstance(responses, list) and responses else None
    return isinstance(inner, list) and bool(inner) and isinstance(inner[0], str) and not _is_float(inner[0])


def _survey(rows: Rows) -> Iterator[dict[str, Any]]:
    """Rows that can be read; the others are said, or skipped, when they are read."""
    for _, row in rows:
        if isinstance(row, dict) and isinstance(row.get("metrics", []), list):
            yield row


def _rows(source: Source, rows: Callable[[], Rows], run: Run) -> Iterator[ForeignRow]:
    """Read rows of one filter: with several, every document's rows repeat."""
    skipped = source.skipped
    choice = Choice(source, _survey(rows()))
    source.skipped = skipped  # they are counted once
    sections = _Sections(source, run)

    def read(item: tuple[Place, dict[str, Any]]) -> ForeignRow | None:
        place, row = item
        if str(row.get("filter", "")) != choice.filter:
            return None
        return _row(source, row, choice, sections.run_of(row), place)

    yield from read_each(source, ((item[0], item) for item in rows()), read)


class _Sections:
    """Tells tasks apart that lie one behind the other in a file."""

    def __init__(self, source: Source, run: Run) -> None:
        self._source = source
        self._run = run
        self._hashes: dict[str, list[str]] = {}

    def run_of(self, row: dict[str, Any]) -> Run:
        """The run of a row: another task where the row names one, or where a doc_id has another document."""
        named = row.get("task_name", row.get("task"))
        if isinstance(named, str) and named:
            return self._run._replace(task=named)
        if not (digest := row.get("doc_hash")):
            return self._run
        known = self._hashes.setdefault(str(row["doc_id"]), [])
        if digest not in known:
            known.append(digest)
        if not (section := known.index(digest)):
            return self._run
        self._source.warn(
            "its doc_ids begin again with other documents: several tasks in one file, which are called"
            f" {self._run.task or 'lm-eval'} and {self._run.task or 'lm-eval'} (2)"
        )
        return self._run._replace(task=f"{self._run.task or 'lm-eval'} ({section + 1})")


class _Verdict(NamedTuple):
    verdict: Verdict | None
    score: float | None
    metric: str
    reason: str


def _row(source: Source, row: dict[str, Any], choice: Choice, run: Run, place: Place) -> ForeignRow:
    _warn_of_shifted_gold(source, row)
    verdict, threshold = _verdict(row, choice), stated_threshold(row)
    base = ForeignRow(
        sample_id=str(row["doc_id"]),
        verdict=verdict.verdict,
        score=verdict.score,
        by=verdict.metric,
        credit=share(verdict.score) if not choice.is_verdict(verdict.metric) else None,
        target=targets_of(row["target"]),
        input=_question(row),
        model=run.model,
        task=_unwrapped(run.task, threshold) if recorded_outcome(row) else run.task,
        threshold=threshold,
        reason=verdict.reason,
        place=place,
    )
    if _is_rolling(row):
        return msgspec.structs.replace(base, reason="the likelihood of a text, which nobody answered")
    likelihoods = _likelihoods(_list(row, "resps"))
    return _generated(base, row) if likelihoods is None else _chosen(base, row, likelihoods, verdict.metric)


def _unwrapped(task: str, threshold: float | None) -> str:
    """The name of a wrapped task without the target: the same task under another target has the same name."""
    return task.removesuffix(f"_t{'none' if threshold is None else format(threshold, 'g')}")


def _verdict(row: dict[str, Any], choice: Choice) -> _Verdict:
    metric = choice.metric(row)
    if (recorded := recorded_outcome(row)) is not None:
        return _Verdict(recorded, None, metric, f"metric {metric}")
    if metric:
        return _Verdict(None, float(row[metric]), metric, f"metric {metric}")
    metrics = row.get("metrics")
    if metrics == ["bypass"] or "bypass" in row:
        return _Verdict(None, None, "", "lm-eval ran with --predict_only")
    return _Verdict(None, None, "", "none of its metrics is a number")


def _generated(base: ForeignRow, row: dict[str, Any]) -> ForeignRow:
    responses: Any = next(iter(_list(row, "resps")), [])
    texts = [as_text(one) for one in (responses if isinstance(responses, list) else [responses])]
    filtered = next(iter(_list(row, "filtered_resps")), None)
    answer = as_text(filtered[0] if isinstance(filtered, list) and filtered else filtered)
    # Of several, the one that the filter's answer comes from.
    text = next((one for one in texts if answer and answer in one), texts[0] if texts else "")
    missed = bool(_SENTINEL.fullmatch(answer)) and answer not in text
    choices, gold = _own_gold(row)
    return msgspec.structs.replace(
        base,
        text=text,
        answer=None if missed else answer,
        unreadable=missed,
        target=gold or base.target,
        choices=choices,
    )


def _chosen(base: ForeignRow, row: dict[str, Any], pairs: list[tuple[float, bool]], metric: str) -> ForeignRow:
    """The row of a log-likelihood request: the most probable option is the answer."""
    choices = _continuations(row.get("arguments"), len(pairs))
    if len(pairs) == 1:  # of one continuation it is only known whether the model would write it
        written = choices[0].strip() if pairs[0][1] and row.get("arguments") else None
        return msgspec.structs.replace(base, text=written, answer=written, attempted=True)
    values = [value / _length(choice, metric) for (value, _), choice in zip(pairs, choices, strict=True)]
    best, probability = most_likely(values)
    shown = [choice.strip() for choice in choices]
    return msgspec.structs.replace(
        base,
        text=shown[best],
        answer=shown[best],
        attempted=True,
        target=_gold_text(base.target, shown),
        choices=shown,
        confidence=probability,
    )


def _length(choice: str, metric: str) -> int:
    """What the metric divides an option's log-probability by."""
    option = choice.removeprefix(" ")  # the space before an option is the prompt's
    if metric == "acc_norm":
        return max(1, len(option))
    return max(1, len(option.encode(errors="replace"))) if metric == "acc_bytes" else 1


def _gold_text(target: Any, choices: list[str]) -> list[str]:
    """Gold as text, where it is the number of an option."""
    gold = [*target]
    if len(gold) == 1 and gold[0].isdigit() and gold[0] not in choices and int(gold[0]) < len(choices):
        return [choices[int(gold[0])]]
    return gold


def _list(row: dict[str, Any], name: str) -> list[Any]:
    value = row[name]
    if value is None or isinstance(value, list):
        return value or []
    raise ValueError(f"{name} is {value!r:.60}, not a list")


def _likelihoods(responses: list[Any]) -> list[tuple[float, bool]] | None:
    """(log-probability, is greedy) of each option; None for generated text."""
    if not responses or not _is_likelihood(responses[0]):
        return None
    odd = next((one for one in responses if not _is_likelihood(one)), None)
    if odd is not None:
        raise ValueError(f"resps holds {odd!r:.60} beside pairs of log-probability and greedy")
    pairs = [response[0] if isinstance(response[0], list) else response for response in responses]
    return [(float(pair[0]), str(pair[1]).lower() == "true") for pair in pairs]


def _is_likelihood(response: Any) -> bool:
    inner = response[0] if isinstance(response, list) and response else None
    if isinstance(inner, list):
        return len(inner) == 2  # noqa: PLR2004 - log-probability and greedy
    return isinstance(response, list) and len(response) == 2 and _is_float(inner)  # noqa: PLR2004 - likewise


def _is_rolling(row: dict[str, Any]) -> bool:
    """Whether a row holds the log-likelihood of a whole text: a prompt alone, and a number."""
    responses, arguments = row["resps"], row.get("arguments")
    inner = responses[0] if isinstance(responses, list) and responses else None
    if not (isinstance(inner, list) and len(inner) == 1 and _is_float(inner[0])):
        return False
    given = list(arguments.values()) if isinstance(arguments, dict) else arguments
    if not isinstance(given, list) or not given:
        return False
    return all(isinstance(one, (dict, list)) and len(one) == 1 for one in given)


def _is_float(value: Any) -> bool:
    if isinstance(value, str) and re.fullmatch(r"-?\d+(?:\.\d+)?(?:e-?\d+)?|-?inf|nan", value):
        return True
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _continuations(arguments: Any, count: int) -> list[str]:
    if isinstance(arguments, dict):
        arguments = [[one.get("arg_0"), one.get("arg_1")] for one in arguments.values() if isinstance(one, dict)]
    if isinstance(arguments, list) and len(arguments) == count:
        odd = next((one for one in arguments if not (isinstance(one, list) and len(one) > 1)), None)
        if odd is not None:
            raise ValueError(f"arguments holds {odd!r:.60}, not a prompt and its continuation")
        return [as_text(one[1]) for one in arguments]
    return [str(k) for k in range(count)]


def _question(row: dict[str, Any]) -> str:
    """The question as the document has it; "" where it has none."""
    for key in ("question", "problem", "input", "prompt", "query"):
        if isinstance(value := _of(row["doc"], key), str):
            return value
    return ""


def _of(document: Any, key: str) -> Any:
    return document.get(key) if isinstance(document, dict) else getattr(document, key, None)


def _warn_of_shifted_gold(source: Source, row: dict[str, Any]) -> None:
    index, target = _of(row["doc"], "answer_index"), row["target"]
    if isinstance(index, int) and isinstance(target, str) and re.fullmatch(r"\(.\)", target):
        expected = f"({chr(ord('a') + index)})"
        if target.lower() != expected and not any(warning.startswith(_SHIFTED) for warning in source.warnings):
            first = f"document {row['doc_id']}: {target} where answer_index {index} means {expected}"
            source.warn(f"{_SHIFTED} ({first}); the file's verdicts are kept, --regrade choice grades by the documents")


def _own_gold(row: dict[str, Any]) -> tuple[list[str] | None, list[str] | None]:
    """The options and the right one's letter, of a document that numbers it; some keep the options as text."""
    options, index = _of(row["doc"], "choices"), _of(row["doc"], "answer_index")
    if isinstance(options, str) and options.startswith("[") and len(options) < LONGEST_LIST:
        with contextlib.suppress(ValueError, SyntaxError, MemoryError, RecursionError):
            options = ast.literal_eval(options)
    if not isinstance(options, list) or not isinstance(index, int) or not 0 <= index < len(options):
        return None, None
    return [str(option) for option in options], [chr(ord("A") + index)]


def _hash(source: Source) -> str:
    digest = hashlib.sha256()
    for _, row in source.fork(source.path).rows(_decode):
        digest.update("".join(str(row.get(k, "")) for k in HASHES).encode(errors="replace"))
    return digest.hexdigest()
