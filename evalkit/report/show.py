"""`evalkit show`: transcripts and one-line summaries of records and failures."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from evalkit.display import one_line, visible
from evalkit.money.budget import dollars
from evalkit.records import Completion, Failure, Grade, Outcome, Record
from evalkit.report.palette import TERMINAL
from evalkit.report.table import make_console, target_label

STYLES = {outcome: TERMINAL.get(outcome.value, "dim") for outcome in Outcome}
LONGEST_ANSWER = 48


def print_transcript(record: Record, console: Console | None = None) -> None:
    """Print a whole transcript: prompt as sent, answer, what the grader read in it and why."""
    console = console or make_console()
    epoch = f" · epoch {record.epoch}" if record.epoch > 1 else ""
    model = f" · {record.model}" if record.source else ""
    head = f"{record.task}{model} · {record.sample_id} · target stated: {target_label(record.prompt_threshold)}{epoch}"
    line = " " + "─" * (console.width - len(head) - 1) if console.is_terminal else ""
    console.print(Text.assemble((visible(head), "bold"), (line, "dim")), soft_wrap=True)
    for message in record.messages:
        _print_part(console, message.role, message.content)
    if record.completion.reasoning:
        _print_part(console, "reasoning", record.completion.reasoning)
    _print_part(console, f"answer{_circumstances(record.completion)}", record.completion.text or "(no text)")
    console.print(Text.assemble(("grade", "dim")))
    console.print(Padding(_verdict(record), (0, 2)))
    console.print(Padding(Text(f"{visible(record.grade.reason)} (grader {visible(record.grade.grader)})"), (0, 2)))
    if record.source:
        console.print(Padding(Text(f"read from {visible(record.source)}", "dim"), (0, 2)))
    console.print()


def record_line(record: Record) -> str:
    """Summarize a record in a line: outcome, id, stated target, answer read, right answer, text."""
    grade = record.grade
    accepted = " or ".join(record.target) or "nothing"
    return (
        f"{grade.outcome.value:<8} {one_line(record.sample_id, 28):<28} {target_label(record.prompt_threshold):<9} "
        f"read {one_line(_read(grade), LONGEST_ANSWER)} · right: {one_line(accepted, LONGEST_ANSWER)}"
        f" · said: {one_line(record.completion.text, LONGEST_ANSWER)}"
    )


def failure_line(failure: Failure) -> str:
    """Summarize a failed attempt in a line."""
    stage = "no completion" if failure.stage == "completion" else "no verdict"
    where = f"{one_line(failure.sample_id, 28):<28} {target_label(failure.prompt_threshold):<9}"
    return f"failed   {where} {stage}: {one_line(failure.error, 200)}"


def _verdict(record: Record) -> Text:
    grade = record.grade
    kind = f" ({grade.non_answer.value})" if grade.non_answer else ""
    accepted = visible(" or ".join(record.target)) or "nothing: this question has no answer"
    return Text.assemble(
        (f"{grade.outcome.value}{kind}", STYLES[grade.outcome]),
        f"   read: {visible(_read(grade))}   right: {accepted}",
    )


def _read(grade: Grade) -> str:
    return "–" if grade.answer is None else grade.answer


def _print_part(console: Console, name: str, text: str) -> None:
    console.print(Text(visible(name), "dim"))
    console.print(Padding(Text(visible(text)), (0, 2)))


def _circumstances(completion: Completion) -> str:
    parts = [] if completion.finish_reason in ("stop", "unknown") else [f"stopped: {completion.finish_reason}"]
    if completion.usage.completion_tokens is not None:
        parts.append(f"{completion.usage.completion_tokens} tokens")
    if completion.latency is not None:
        parts.append(f"{completion.latency:.2f} s")
    if completion.usage.cost is not None:
        parts.append(dollars(completion.usage.cost))
    return f" ({', '.join(parts)})" if parts else ""
