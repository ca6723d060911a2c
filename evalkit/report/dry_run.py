"""`evalkit run --dry-run`: what would be asked, without asking it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evalkit.display import json_text, visible
from evalkit.models.plain import plain_prompt
from evalkit.records import Sample
from evalkit.report.estimate import estimate, estimate_of_all, price_lines
from evalkit.report.table import target_label
from evalkit.runs.plan import Plan, PlannedTask, draw

CHARACTERS_A_TOKEN = 4
"""A rule of thumb for English."""


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return the plan as data: samples and calls a task, an example prompt, an estimate of tokens."""
    tasks = [_task(plan, planned) for planned in plan.tasks]
    calls = sum(task["calls"] for task in tasks)
    most = [task["most_completion_tokens"] for task in tasks]
    prompts = sum(task["estimated_prompt_tokens"] for task in tasks)
    return {
        "model": plan.model,
        "wording": plan.wording.label,
        "thresholds": list(plan.thresholds),
        "epochs": plan.epochs,
        "temperature": plan.temperature,
        "limit": _limit(plan, tasks),
        "tasks": tasks,
        "calls": calls,
        "estimated_prompt_tokens": prompts,
        "max_tokens": max((task["max_tokens"] or 0 for task in tasks), default=0) or None,
        "most_completion_tokens": None if None in most else sum(most),
        "price": estimate(plan, calls, prompts, None if None in most else sum(most)),
    }


def matrix_json(plans: Sequence[Plan]) -> str:
    """Return one plan, or those of a study, as one JSON document."""
    documents = [plan_document(plan) for plan in plans]
    whole: dict[str, Any] = documents[0] if len(documents) == 1 else {"runs": documents, **_sums(documents)}
    return json_text(whole)


def matrix_text(plans: Sequence[Plan]) -> str:
    """Return one plan, or those of a study, as text: what is asked how often, and a prompt of each condition."""
    documents = [plan_document(plan) for plan in plans]
    lines = ["nothing is sent", ""]
    for document in documents:
        lines += [*_head(document), ""]
    shown: set[str] = set()
    for document in documents:
        for task in document["tasks"]:
            lines += _prompts(task, shown)
    if len(documents) > 1:
        sums = _sums(documents)
        lines += [f"{len(documents)} runs: {_in_all(sums)}", *price_lines(sums["price"])]
    return "\n".join(lines).rstrip()


def _head(document: dict[str, Any]) -> Iterator[str]:
    stated = ", ".join(target_label(t) for t in document["thresholds"])
    settings = [f"target stated: {stated}", f"temperature {document['temperature']:g}"]
    if document["wording"] != "paper":
        settings.insert(1, f"wording {visible(document['wording'])}")
    yield f"{visible(document['model'])}: {'; '.join(settings)}"
    for task in document["tasks"]:
        epochs = f", {document['epochs']} epochs" if document["epochs"] > 1 else ""
        yield f"  {visible(task['task'])}: {task['samples']:,} samples{epochs}, {task['calls']:,} calls"
        yield from (f"    {visible(note)}" for note in task["notes"])
    yield f"  {_in_all(document)}"
    yield f"  {document['limit']}"
    yield from (f"  {line}" for line in price_lines(document["price"]))


def _in_all(document: dict[str, Any]) -> str:
    text = f"{document['calls']:,} calls in all, about {document['estimated_prompt_tokens']:,} prompt tokens"
    most = document["most_completion_tokens"]
    return f"{text} and at most {most:,} completion tokens" if most is not None else text


def _prompts(task: dict[str, Any], shown: set[str]) -> Iterator[str]:
    """The first prompt of each condition, once for models that get the same."""
    for prompt in task["prompts"]:
        text = "\n".join(f"  {turn['role']}: {visible(turn['content'])}" for turn in prompt["messages"])
        if text in shown:
            continue
        shown.add(text)
        yield f"{visible(task['task'])}, {_stated(prompt['prompt_threshold'])}:"
        yield text.replace("\n", "\n    ").replace("\n      ", "\n  ")
        yield ""


def _stated(threshold: float | None) -> str:
    return "no target stated" if threshold is None else f"target {target_label(threshold)} stated"


def _sums(documents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    most = [document["most_completion_tokens"] for document in documents]
    return {
        "calls": sum(document["calls"] for document in documents),
        "estimated_prompt_tokens": sum(document["estimated_prompt_tokens"] for document in documents),
        "most_completion_tokens": None if None in most else sum(most),
        "price": estimate_of_all([document["price"] for document in documents]),
    }


def _limit(plan: Plan, tasks: Sequence[dict[str, Any]]) -> str:
    """How long an answer may be, and who says so."""
    if plan.max_tokens is not None:
        return f"An answer may have {plan.max_tokens:,} tokens."
    limits = sorted({task["max_tokens"] for task in tasks if task["max_tokens"]})
    if not limits:
        return "No token limit is sent, so the provider's own applies; --max-tokens sets one."
    shown = " or ".join(f"{limit:,}" for limit in limits)
    by_task = " (by task)" if len(limits) > 1 else ""
    return f"An answer may have {shown} tokens by default{by_task}, or any number where the model reasons."


def _task(plan: Plan, planned: PlannedTask) -> dict[str, Any]:
    samples = characters = 0
    prompts: list[dict[str, Any]] = []
    for sample in draw(planned.task, plan.selection):
        samples += 1
        for threshold in plan.thresholds:
            turns = _turns(plan, planned, sample, threshold)
            characters += sum(len(turn["content"]) for turn in turns)
            if samples == 1:
                prompts.append({"prompt_threshold": threshold, "messages": turns})
    calls, limit = samples * len(plan.thresholds) * plan.epochs, plan.token_limit(planned.task)
    return {
        "task": planned.task.name,
        "grader": planned.grader,
        "samples": samples,
        "calls": calls,
        "max_tokens": limit,
        "most_completion_tokens": calls * limit if limit else None,
        "notes": list(planned.task.notes),
        "example": "\n".join(turn["content"] for turn in prompts[-1]["messages"]) if prompts else "",
        "prompts": prompts,
        "estimated_prompt_tokens": characters * plan.epochs // CHARACTERS_A_TOKEN,
    }


def _turns(plan: Plan, planned: PlannedTask, sample: Sample, threshold: float | None) -> list[dict[str, str]]:
    """The prompt as it is sent: turns with their roles, or one text in the plain form."""
    messages = plan.messages(planned, sample, threshold)
    if plan.form == "plain":
        return [{"role": "text", "content": plain_prompt(messages)}]
    return [{"role": message.role, "content": message.content} for message in messages]
