"""lm-evaluation-harness: `samples_*.jsonl` rows, arrays of them, and results files that hold samples.

Schema of a row: {doc_id, doc, target, arguments, resps, filtered_resps, doc_hash, prompt_hash, target_hash, filter,
metrics, <metric>: value}. Generated text is resps[0][0]; for log-likelihood requests resps holds one
(log-probability, is greedy) for each choice and `arguments` the choices. The verdict is the first metric of
`metrics`, or in old files the only key that is none of the fixed ones; a list is no verdict. Model and task stand in
the results file beside it (`model_name`, or pretrained= in config.model_args); the task is the one whose hash the
rows have, or stands in the file's name. With several filters a document's rows repeat: the first filter met is read,
the others are named in a warning. A filter's "[invalid]" means that no answer could be read.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from evalkit.dataset.source import Head, Source, as_text, targets_of
from evalkit.errors import InputError
from evalkit.readers.base import ForeignRow, Place, Reader, Verdict, document_fields, read_each
from evalkit.readers.fields import Fields

ROW = frozenset({"doc_id", "doc", "target", "resps", "filtered_resps"})
_FIXED = ROW | {"arguments", "filter", "metrics", "doc_hash", "prompt_hash", "target_hash", "model_output",
                "output_matches_target", "idx", "repeats"}  # fmt: skip
_INVALID = "[invalid]"
_SHIFTED = "its targets are not the options that its documents give as right"
LONGEST_LIST = 20_000
"""Characters of options that are kept as text."""


class LmEvalReader(Reader):
    """Sample rows, and results with samples."""

    name = "lm-eval"
    about = "lm-evaluation-harness: samples_*.jsonl, results with samples"

    def sniff(self, head: Head) -> bool:
        """Tell rows with its keys, or a results object that holds samples."""
        if head.has_rows:
            return head.keys >= ROW
        return head.shape == "object" and ({"results", "configs", "samples"} <= head.keys or head.keys >= ROW)

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each document of each task."""
        if source.head.shape != "object" or "samples" not in source.head.keys:
            run = _run_beside(source)
            run = run._replace(task=run.task or task_from_path(source.path))
            yield from _rows(source, source.rows(_decoder(source.head)), run)
            return
        results = document_fields(source)
        samples = results.object("samples")
        for task in samples:
            of_task = ((f"{task}:{place}", values) for place, values in enumerate(samples.array(task), start=1))
            yield from _rows(source, of_task, _Run(_model_of(results), task))


LM_EVAL = LmEvalReader()


class _Run(NamedTuple):
    """What the rows of a file do not say; empty where nothing beside them says it either."""

    model: str = ""
    task: str = ""


def task_from_path(path: Path) -> str:
    """Read the task from the name of a samples file: samples_TASK_TIME.jsonl; "" for any other name."""
    match = re.fullmatch(r"samples_(.+?)(?:_\d{4}-\d\d-\d\dT.*)?\.jsonl?(?:\.gz|\.zst)?", path.name)
    return match.group(1) if match else ""


class _Doc(msgspec.Struct):
    """The fields read of a document, which may be long."""

    question: Any = None
    problem: Any = None
    input: Any = None
    prompt: Any = None
    query: Any = None
    choices: Any = None
    answer_index: Any = None


def _decoder(head: Head) -> Callable[[bytes], dict[str, Any]]:
    """Make a decoder that skips the prompt and most of the document; the keys of the first row are those of all."""
    responses = head.first.get("resps")
    likelihood = isinstance(responses, list) and bool(responses) and _is_likelihood(responses[0])
    wanted = [name for name in head.keys if name.isidentifier() and (likelihood or name != "arguments")]
    if len(wanted) + (not likelihood) < len(head.keys):  # a metric such as pass@1 is no name of a field
        return _decode
    fields = [(name, _Doc if name == "doc" else Any, msgspec.UNSET) for name in wanted]
    decode = msgspec.json.Decoder(msgspec.defstruct("_Row", fields)).decode

    def needed(line: bytes) -> dict[str, Any]:
        row = decode(line)
        return {name: value for name in wanted if (value := getattr(row, name)) is not msgspec.UNSET}

    return needed


_decode = msgspec.json.Decoder().decode


def _rows(source: Source, rows: Iterable[tuple[Place, Any]], run: _Run) -> Iterator[ForeignRow]:
    """Read rows of one task, of the first filter met: with several, every document's rows repeat."""
    taken: str | None = None

    def read(item: tuple[Place, dict[str, Any]]) -> ForeignRow | None:
        nonlocal taken
        place, row = item
        name = str(row.get("filter", ""))
        if taken is None:
            taken = name
        if name != taken:
            source.warn(f"filter {name!r} is left out; {taken!r} is read")
            return None
        return _row(source, row, run, place)

    yield from read_each(source, ((item[0], item) for item in rows), read)


def _row(source: Source, row: dict[str, Any], run: _Run, place: Place) -> ForeignRow:
    _warn_of_shifted_gold(source, row)
    metric = _metric(source, row)
    verdict = _verdict(row.get(metric)) if metric else None
    options = _options(row)
    if options is not None:
        return _chosen(row, verdict, options, run, place, f"metric {metric}")
    text = as_text(row["resps"][0][0] if row["resps"] and row["resps"][0] else "")
    filtered = row["filtered_resps"][0] if row["filtered_resps"] else None
    answer = as_text(filtered[0] if isinstance(filtered, list) and filtered else filtered)
    choices, gold = _own_gold(row)
    return ForeignRow(
        sample_id=str(row["doc_id"]),
        verdict=verdict,
        text=text,
        answer=None if answer == _INVALID else answer,
        unreadable=answer == _INVALID,
        target=gold or targets_of(row["target"]),
        choices=choices,
        input=_question(row),
        model=run.model,
        task=run.task,
        reason=f"metric {metric}",
        place=place,
    )


def _chosen(
    row: dict[str, Any], verdict: Verdict | None, options: _Options, run: _Run, place: Place, reason: str
) -> ForeignRow:
    """The row of a log-likelihood request: the most probable option is the answer."""
    shares = options.shares
    best = max(range(len(shares)), key=shares.__getitem__)
    choices = [choice.strip() for choice in options.choices]
    return ForeignRow(
        sample_id=str(row["doc_id"]),
        verdict=verdict,
        text=choices[best],
        answer=choices[best],
        attempted=True,
        target=targets_of(row["target"]),
        choices=choices,
        confidence=shares[best],
        input=_question(row),
        model=run.model,
        task=run.task,
        reason=reason,
        place=place,
    )


def _metric(source: Source, row: dict[str, Any]) -> str | None:
    named = row.get("metrics")
    metrics = [name for name in named if name in row] if isinstance(named, list) else []
    metrics = metrics or [name for name in row if name not in _FIXED]
    usable = [name for name in metrics if isinstance(row[name], (bool, int, float))]
    if not usable:
        return None
    if source.preference.name in usable:
        return source.preference.name
    values = {name: _verdict(row[name]) for name in usable}
    if len(set(values.values())) > 1:
        source.warn(
            f"its metrics disagree on some rows ({', '.join(usable)}); {usable[0]} is taken, --scorer takes another"
        )
    return str(usable[0])


def _verdict(value: Any) -> Verdict | None:
    if isinstance(value, (bool, int, float)) and not (isinstance(value, float) and math.isnan(value)):
        return "right" if value >= 1 else "wrong"
    return None


class _Options(NamedTuple):
    choices: list[str]
    shares: list[float]
    """Softmax of their log-probabilities."""


def _options(row: dict[str, Any]) -> _Options | None:
    """The choices of a log-likelihood request; None for generated text."""
    responses = row["resps"]
    if not responses or not _is_likelihood(responses[0]):
        return None
    pairs = [response[0] if isinstance(response[0], list) else response for response in responses]
    values = [float(pair[0]) for pair in pairs]
    choices = _continuations(row.get("arguments"), len(values))
    if row.get("metrics") and "acc_norm" in row["metrics"]:
        values = [value / max(1, len(choice)) for value, choice in zip(values, choices, strict=True)]
    top = max(values)
    weights = [math.exp(value - top) for value in values]
    total = sum(weights)
    return _Options(choices, [weight / total for weight in weights])


def _is_likelihood(response: Any) -> bool:
    inner = response[0] if isinstance(response, list) and response else None
    if isinstance(inner, list):
        return len(inner) == 2  # noqa: PLR2004 - log-probability and greedy
    return isinstance(inner, (int, float)) and not isinstance(inner, bool)


def _continuations(arguments: Any, count: int) -> list[str]:
    if isinstance(arguments, dict):
        arguments = [[one.get("arg_0"), one.get("arg_1")] for one in arguments.values() if isinstance(one, dict)]
    if isinstance(arguments, list) and len(arguments) == count:
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


def _model_of(results: Fields) -> str:
    if name := results.text("model_name", ""):
        return name
    config = results.object("config", {})
    arguments = config.value("model_args", "")
    if isinstance(arguments, dict):
        return str(arguments.get("pretrained") or arguments.get("model") or "")
    match = re.search(r"(?:pretrained|model)=([^,]+)", str(arguments))
    return match.group(1) if match else config.text("model", "")


def _run_beside(source: Source) -> _Run:
    """Model and task from a results file in the same folder; the task is the one whose hash the rows have."""
    paths = sorted(source.path.parent.glob("*results*.json"))
    if not paths:
        return _Run()
    checksum = _hash(source)
    for path in paths:
        results = _results(source, path)
        hashes = results.object("task_hashes", {})
        for task in hashes:
            if hashes.value(task) == checksum:
                return _Run(_model_of(results), task)
    return _run_by_name(source, paths)


def _run_by_name(source: Source, paths: Sequence[Path]) -> _Run:
    """Likewise for files without hashes: by the time in the names, and the task's name in that of the samples."""
    named = source.path.name
    stamp = re.search(r"\d{4}-\d\d-\d\dT[\d-]+\.\d+", named)
    for path in paths:
        if stamp is None or stamp.group() in path.name or len(paths) == 1:
            results = _results(source, path)
            listed = (
                results.object("configs", {}) if any(results.object("configs", {})) else results.object("results", {})
            )
            tasks = sorted(listed, key=len, reverse=True)
            return _Run(_model_of(results), next((task for task in tasks if task in named), ""))
    return _Run()


def _results(source: Source, path: Path) -> Fields:
    try:
        return document_fields(source.fork(path))
    except InputError as error:
        source.warn(f"{path.name} beside it cannot be read ({error})")
        return Fields({}, source)


def _hash(source: Source) -> str:
    digest = hashlib.sha256()
    for _, row in source.fork(source.path).rows(_decoder(source.head)):
        digest.update("".join(str(row.get(k, "")) for k in ("doc_hash", "prompt_hash", "target_hash")).encode())
    return digest.hexdigest()
