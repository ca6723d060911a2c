"""`evalkit run --dry-run`: what would be asked, without asking it."""

from __future__ import annotations

import json
from typing import Any

from evalkit.display import visible
from evalkit.models.plain import plain_prompt
from evalkit.report.table import target_label
from evalkit.runs.plan import Plan, PlannedTask, draw

CHARACTERS_A_TOKEN = 4
"""A rule of thumb for English."""


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return the plan as data: samples and calls a task, an example prompt, an estimate of tokens."""
    tasks = [_task(plan, planned) for planned in plan.tasks]
    calls = sum(task["calls"] for task in tasks)
    return {
        "model": plan.model,
        "thresholds": list(plan.thresholds),
        "epochs": plan.epochs,
        "tasks": tasks,
        "calls": calls,
        "estimated_prompt_tokens": sum(task["estimated_prompt_tokens"] for task in tasks),
        "max_tokens": plan.longest_answer,
        "most_completion_tokens": calls * plan.longest_answer if plan.longest_answer else None,
    }


def plan_json(plan: Plan) -> str:
    """Return the plan as one JSON document."""
    return json.dumps(plan_document(plan), ensure_ascii=False, indent=1)


def plan_text(plan: Plan) -> str:
    """Return the plan as text."""
    data = plan_document(plan)
    stated = ", ".join(target_label(t) for t in plan.thresholds)
    lines = [f"{visible(plan.model)}, target stated: {stated}; nothing is sent", ""]
    for task in data["tasks"]:
        lines.append(
            f"{visible(task['task'])}: {task['samples']:,} samples, {task['calls']:,} calls; the first prompt:"
        )
        lines += [f"  {line}" for line in visible(task["example"]).splitlines()]
        lines.append("")
    lines.append(
        f"{data['calls']:,} calls in all, about {data['estimated_prompt_tokens']:,} prompt tokens{_most(data)}"
    )
    lines.append(_limit(plan))
    return "\n".join(lines)


def _most(data: dict[str, Any]) -> str:
    most = data["most_completion_tokens"]
    return "" if most is None else f" and at most {most:,} completion tokens"


def _limit(plan: Plan) -> str:
    """How long an answer may be, and who says so."""
    if plan.longest_answer is None:
        return "No token limit is sent, so the provider's own applies; --max-tokens sets one."
    if plan.max_tokens is not None:
        return f"An answer may have {plan.max_tokens:,} tokens."
    return f"An answer may have {plan.longest_answer:,} tokens by default, or any number where the model reasons."


def _task(plan: Plan, planned: PlannedTask) -> dict[str, Any]:
    samples = characters = 0
    example = ""
    for sample in draw(planned.task, plan.selection):
        samples += 1
        for threshold in plan.thresholds:
            messages = plan.messages(planned, sample, threshold)
            prompt = plain_prompt(messages) if plan.form == "plain" else "\n".join(m.content for m in messages)
            characters += len(prompt)
            if samples == 1:
                example = prompt
    return {
        "task": planned.task.name,
        "grader": planned.grader,
        "samples": samples,
        "calls": samples * len(plan.thresholds) * plan.epochs,
        "example": example,
        "estimated_prompt_tokens": characters * plan.epochs // CHARACTERS_A_TOKEN,
    }
