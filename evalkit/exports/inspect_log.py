"""Inspect's logs: one `.eval` for each task, model and stated target, made and written by Inspect itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.exports.options import Exported, ExportOptions
from evalkit.exports.source import NAME, RunSource
from evalkit.extras import requires
from evalkit.metrics.threshold import penalty
from evalkit.readers.inspect_outcomes import KEY, STATED, outcome_metadata
from evalkit.records import Completion, Failure, FinishReason, Grade, NonAnswer, Outcome, Record
from evalkit.runs.folder import slug
from evalkit.runs.scorecard import Scorecard, tidy

if TYPE_CHECKING:
    from inspect_ai.log import EvalLog, EvalResults, EvalSample, EvalSpec
    from inspect_ai.model import ChatMessage, ModelOutput, ModelUsage
    from inspect_ai.scorer import Score

TAKES: frozenset[str] = frozenset()
SCORER = "three_way"
"""Name of the scorer, whose metrics are registered where evalkit is installed beside Inspect."""
VALUES = {Outcome.CORRECT: "C", Outcome.ERROR: "I", Outcome.IDK: "N"}
STOPS: dict[FinishReason, Any] = {"length": "max_tokens"}
STATUS: dict[str, Any] = {"finished": "success", "failed": "error"}
"""Status of a run → of a log; any other is a run that was stopped."""


def write(runs: Sequence[RunSource], folder: Path, options: ExportOptions, to: str) -> Exported:  # noqa: ARG001 - every format is called alike
    """Write a log for each scorecard.

    Raises:
        MissingExtraError: Inspect is not installed.
    """
    with requires("inspect", "--to inspect"):
        from inspect_ai.log import write_eval_log
    files = []
    for run in runs:
        for card in run.cards:
            path = folder / _file_name(run, card)
            write_eval_log(_log(run, card), path, format="eval")
            files.append(path)
    return Exported(files)


def _file_name(run: RunSource, card: Scorecard) -> str:
    """As Inspect names its logs: when, which task, which log."""
    stated = "" if card.prompt_threshold is None else f"-t{card.prompt_threshold:g}"
    return f"{run.created:%Y-%m-%dT%H-%M-%S}+00-00_{slug(f'{card.task}{stated}')}_{_digest(run, card)}.eval"


def _digest(run: RunSource, card: Scorecard) -> str:
    parts = (run.name, run.manifest.created, card.task, card.model, repr(card.prompt_threshold))
    return hashlib.blake2b("\0".join(map(str, parts)).encode(), digest_size=11).hexdigest()


def _log(run: RunSource, card: Scorecard) -> EvalLog:
    from inspect_ai.log import EvalLog, EvalStats

    samples = [_sample(record) for record in run.records(card)]
    samples += [_failed(failure) for failure in run.failures(card)]
    started = run.created.isoformat()
    usage = _total(sample.output.usage for sample in samples)
    return EvalLog(
        status=STATUS.get(run.manifest.status, "cancelled"),
        eval=_spec(run, card, samples),
        results=_results(card, samples),
        samples=samples,
        stats=EvalStats(started_at=started, completed_at=run.manifest.updated or started, model_usage=usage),
    )


def _total(usages: Iterable[ModelUsage | None]) -> dict[str, ModelUsage]:
    known = [usage for usage in usages if usage is not None]
    if not known:
        return {}
    total = known[0]
    for usage in known[1:]:
        total += usage
    return {"model": total}


def _spec(run: RunSource, card: Scorecard, samples: list[EvalSample]) -> EvalSpec:
    from inspect_ai.log import EvalConfig, EvalDataset, EvalSpec
    from inspect_ai.model import GenerateConfig

    config, digest = run.manifest.config, _digest(run, card)
    ids = list(dict.fromkeys(sample.id for sample in samples))
    settings = {"temperature": config.sampling_temperature, "max_tokens": config.max_tokens} if config else {}
    facts = {"run": run.name, "prompt_threshold": card.prompt_threshold, "condition": card.condition.settings}
    return EvalSpec(
        created=run.created.isoformat(),
        task=str(card.task),
        task_id=digest,
        eval_id=digest,
        run_id=digest,
        task_args={} if card.prompt_threshold is None else {"confidence_target": card.prompt_threshold},
        dataset=EvalDataset(name=str(card.task), samples=len(ids), sample_ids=ids),
        model=str(card.model),
        model_generate_config=GenerateConfig(**settings),
        config=EvalConfig(epochs=max((sample.epoch for sample in samples), default=1)),
        packages={NAME: run.version},
        metadata={KEY: facts},
    )


def _results(card: Scorecard, samples: list[EvalSample]) -> EvalResults:
    """The card's numbers, under the names of evalkit's metrics in Inspect."""
    from inspect_ai.log import EvalMetric, EvalResults, EvalScore

    values: dict[str, float | None] = {
        ("threshold_score" if card.prompt_threshold is not None else f"t={score.threshold:g}"): score.value
        for score in card.scores
    }
    values |= {
        "accuracy": card.accuracy.value if card.accuracy else None,
        "coverage": card.coverage,
        "accuracy_given_attempted": card.accuracy_given_attempted,
        "idk_rate": None if card.coverage is None else 1.0 - card.coverage,
        "correct": card.correct,
        "error": card.error,
        "idk": card.idk,
        "missing": card.missing.total,
    }
    metrics = {name: EvalMetric(name=name, value=value) for name, value in values.items() if value is not None}
    stated = {} if card.prompt_threshold is None else {"t": card.prompt_threshold}
    score = EvalScore(
        name=SCORER,
        scorer=f"evalkit/{SCORER}",
        params=stated
        | ({"penalty": tidy(penalty(card.prompt_threshold))} if card.prompt_threshold is not None else {}),
        scored_samples=card.n,
        unscored_samples=card.missing.total,
        metrics=metrics,
    )
    return EvalResults(total_samples=len(samples), completed_samples=card.n + card.missing.total, scores=[score])


def _sample(record: Record) -> EvalSample:
    from inspect_ai.log import EvalSample

    prompt, output = _prompt(record), _output(record.model, record.completion)
    return EvalSample(
        id=record.sample_id,
        epoch=record.epoch,
        input=prompt,
        choices=record.choices,
        target=record.target,
        messages=[*prompt, output.message],
        output=output,
        scores={SCORER: _score(record.grade, record.prompt_threshold)},
        metadata=record.metadata,
        store={} if record.prompt_threshold is None else {STATED: record.prompt_threshold},
        model_usage={record.model: output.usage} if output.usage else {},
        total_time=record.completion.latency,
    )


def _failed(failure: Failure) -> EvalSample:
    """An answer that is missing; its prompt is not recorded."""
    from inspect_ai.log import EvalError, EvalSample

    output = _output(failure.model, failure.completion) if failure.completion else None
    return EvalSample(
        id=failure.sample_id,
        epoch=failure.epoch,
        input="",
        target="",
        **({"output": output, "messages": [output.message]} if output else {}),
        metadata={} if failure.answerable else {"answerable": False},
        store={} if failure.prompt_threshold is None else {STATED: failure.prompt_threshold},
        error=EvalError(message=failure.error, traceback=failure.error, traceback_ansi=failure.error),
    )


def _prompt(record: Record) -> list[ChatMessage]:
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

    kinds = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}
    return [kinds[message.role](content=message.content) for message in record.messages]


def _output(model: str, completion: Completion) -> ModelOutput:
    from inspect_ai.model import (
        ChatCompletionChoice,
        ChatMessageAssistant,
        ContentReasoning,
        ContentText,
        ModelOutput,
    )

    text = ContentText(text=completion.text, refusal=True if completion.refusal is not None else None)
    thought = [ContentReasoning(reasoning=completion.reasoning)] if completion.reasoning else []
    content = [*thought, text] if thought or completion.refusal is not None else completion.text
    message = ChatMessageAssistant(content=content, model=completion.served_model or model, source="generate")
    choice = ChatCompletionChoice(
        message=message, stop_reason=STOPS.get(completion.finish_reason, completion.finish_reason)
    )
    return ModelOutput(
        model=completion.served_model or model,
        choices=[choice],
        completion=completion.text,
        usage=_usage(completion),
        time=completion.latency,
        response_id=completion.request_id,
    )


def _usage(completion: Completion) -> ModelUsage | None:
    """Tokens as Inspect counts them: those from a cache are no input."""
    from inspect_ai.model import ModelUsage

    usage = completion.usage
    if usage.prompt_tokens is None or usage.completion_tokens is None:
        return None
    return ModelUsage(
        input_tokens=usage.prompt_tokens - (usage.cached_tokens or 0),
        output_tokens=usage.completion_tokens,
        total_tokens=usage.prompt_tokens + usage.completion_tokens,
        input_tokens_cache_read=usage.cached_tokens,
        reasoning_tokens=usage.reasoning_tokens,
    )


def _score(grade: Grade, threshold: float | None) -> Score:
    from inspect_ai.scorer import Score

    metadata = {KEY: {**outcome_metadata(grade, threshold), "grader": grade.grader}}
    if grade.outcome is Outcome.MISSING:
        return Score.unscored(answer=grade.answer, explanation=grade.reason, metadata=metadata)
    value = "P" if grade.non_answer is NonAnswer.PARTIAL else VALUES[grade.outcome]
    return Score(value=value, answer=grade.answer, explanation=grade.reason, metadata=metadata)
