"""Every Eval Ever: files of instances, schema 0.2 and 0.3.

Schema: {schema_version, evaluation_id, model_id, evaluation_name, evaluation_result_id, sample_id, interaction_type,
input{raw, reference[], choices[]}, output{raw[], reasoning_trace[]} (null where there are several turns),
messages[]{role, content, reasoning_trace}, answer_attribution[]{extracted_value, is_terminal}, evaluation{score,
is_correct}, error, metadata{text: text}}; 0.2 has `interactions` instead of messages. Read in
evaleval/every_eval_ever: every_eval_ever/schemas/instance_level_eval.schema.json.

The verdict is is_correct; without it, the score. The schema has no place for IDK, so files that evalkit exports keep
the outcome, the stated target and the confidence in metadata, and the whole grade as JSON in `evalkit`, which stands;
`epoch`, `stratum` and `answerable` stand there too. An `error` is a failure,
unless it says that the model refused. A sample that counts in several results has a line for each: those of the first
result of its evaluation are read, or those that `--scorer` names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from evalkit.dataset.source import Head, Source, as_text
from evalkit.readers.base import ForeignRow, Reader, Verdict, read_each
from evalkit.readers.fields import Fields
from evalkit.readers.recorded import read_grade, standing
from evalkit.readers.scores import share
from evalkit.records import Grade, Usage

OUTCOMES: dict[str, Verdict] = {
    "correct": "right", "error": "wrong", "idk": "idk", "partial": "partial", "missing": "failed", "failed": "failed",
}  # fmt: skip
REFUSED = ("refus", "content_filter", "content filter")


class EveryEvalEverReader(Reader):
    """Instances, one a line."""

    name = "every-eval-ever"
    about = "Every Eval Ever: instance files"
    stems = ("*_samples",)

    def sniff(self, head: Head) -> bool:
        """Tell by the keys of the first row."""
        wanted, any_of = {"sample_id", "evaluation", "input"}, {"output", "interactions", "messages", "model_id"}
        return (head.has_rows or head.shape == "object") and wanted <= head.keys and bool(any_of & head.keys)

    def read(self, source: Source) -> Iterator[ForeignRow]:
        """Read each instance."""
        taken: dict[tuple[str, ...], str] = {}
        rows = ((place, Fields(values, source, place)) for place, values in source.rows())
        yield from read_each(source, rows, lambda row: _row(row) if _is_taken(row, taken) else None)


EVERY_EVAL_EVER = EveryEvalEverReader()


def _is_taken(row: Fields, taken: dict[tuple[str, ...], str]) -> bool:
    """Whether a line belongs to the result that is read, of several that count the same sample."""
    result, wanted = row.text("evaluation_result_id", ""), row.source.preference.name
    if not result:
        return True
    if result == wanted:
        row.source.preference.meet_name()
        return True
    row.source.preference.offer("scorer", [result])
    stated = row.object("metadata", {}).text("prompt_threshold", "")
    first = taken.setdefault((row.text("model_id", ""), row.text("evaluation_name", ""), stated), result)
    if result != first and not wanted:
        row.source.warn(f"several results count the same samples; {first} is read, --scorer {result} takes another")
    return not wanted and result == first


def _row(row: Fields) -> ForeignRow:
    given, metadata = row.object("input", {}), row.object("metadata", {})
    evaluation, error = row.object("evaluation", {}), as_text(row.value("error"))
    refused = bool(error) and any(word in error.lower() for word in REFUSED)
    text, reasoning = _answer(row)
    verdict, grade = _verdict(evaluation, metadata), _recorded(metadata)
    recorded = None if error and not refused else standing(grade)
    return ForeignRow(
        sample_id=row.text("sample_id"),
        verdict="failed" if error and not refused else verdict,
        score=evaluation.number("score", None) if verdict is None else None,
        by="evaluation.score" if verdict is None else "",
        text=text,
        answer=_extracted(row),
        target=given.texts("reference"),
        input=given.text("raw", ""),
        choices=given.texts("choices") or None,
        model=row.text("model_id", ""),
        task=row.text("evaluation_name", ""),
        epoch=metadata.integer("epoch", 1),
        threshold=metadata.number("prompt_threshold", None),
        confidence=recorded.confidence if recorded else metadata.number("confidence", None),
        credit=recorded.credit if recorded else share(evaluation.number("score", None)),
        reasoning=reasoning,
        refused=refused,
        truncated=metadata.text("finish_reason", "") == "length",
        ended=metadata.text("finish_reason", "") == "stop",
        reason=error[:300] or metadata.text("reason", "") or ("no verdict" if verdict == "failed" else ""),
        metadata=_metadata(metadata),
        recorded=recorded,
        usage=_usage(row.object("token_usage", {})),
        latency=_seconds(row.object("performance", {}).number("latency_ms", None)),
    )


def _verdict(evaluation: Fields, metadata: Fields) -> Verdict | None:
    if "outcome" in metadata and metadata.text("outcome") in OUTCOMES:
        return OUTCOMES[metadata.text("outcome")]
    if "is_correct" in evaluation:
        return "right" if evaluation.flag("is_correct") else "wrong"
    return None


def _recorded(metadata: Fields) -> Grade | None:
    """The grade that evalkit exported, whole where it stands in `evalkit`."""
    try:
        values = json.loads(metadata.text("evalkit", "null"))
    except (ValueError, RecursionError):
        return None
    return read_grade(values) if isinstance(values, dict) else None


def _metadata(given: Fields) -> dict[str, object]:
    """What evalkit's own samples say of themselves."""
    metadata: dict[str, object] = {"stratum": given.text("stratum")} if "stratum" in given else {}
    return metadata | ({} if given.text("answerable", "").lower() != "false" else {"answerable": False})


def _usage(given: Fields) -> Usage:
    return Usage(
        prompt_tokens=given.integer("input_tokens", None),
        completion_tokens=given.integer("output_tokens", None),
        reasoning_tokens=given.integer("reasoning_tokens", None),
        cached_tokens=given.integer("input_tokens_cache_read", None),
    )


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000


def _answer(row: Fields) -> tuple[str, str | None]:
    """Text and reasoning: of the output, or of the last turn of the assistant."""
    output = row.value("output")
    if output is not None:
        inside = row.object("output") if isinstance(output, dict) else None
        if inside is None:
            return as_text(output), None
        return inside.text("raw", ""), "\n".join(inside.texts("reasoning_trace")) or None
    turns = row.objects("messages") or row.objects("interactions")
    said = [turn for turn in turns if turn.text("role", "") == "assistant"]
    return (said[-1].text("content", ""), said[-1].text("reasoning_trace", None)) if said else ("", None)


def _extracted(row: Fields) -> str | None:
    found = [one for one in row.objects("answer_attribution") if one.flag("is_terminal", True)]
    return found[-1].text("extracted_value", None) if found else None
