"""One answer as HTML: what became of it and why, the prompt as sent, the reasoning and the answer."""

# ruff: noqa: E501 - markup is read better unbroken
from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from html import escape
from typing import Any

from evalkit.display import visible
from evalkit.records import Completion, Failure, Record
from evalkit.report.table import number, percent, target_label
from evalkit.web.html import facts, page, paragraphs, table, text, url
from evalkit.web.index import Filter
from evalkit.web.pages import address, chip, chips, outcome_of, outcome_words, question_of, right_answer
from evalkit.web.records_page import Listing

LONGEST = 200_000
"""Characters of one turn that a page shows."""
TOKENS = 5_000
"""Tokens that are shaded by their probability."""
SHADES = (0.1, 0.3, 0.6, 0.9)
"""Probabilities at which the shade changes."""
NAMES = {"user": "Prompt", "assistant": "Earlier answer of the model", "system": "System message"}


def answer_page(listing: Listing, position: int, matches: Sequence[int], sent: dict[str, Any]) -> str:
    """Show one transcript or failure, with links to the answers before and after it.

    Args:
        listing: the list that is read on within.
        position: which answer.
        matches: the positions of the list, sorted as it is.
        sent: parameters that the model was sent.
    """
    index = listing.index
    answer = index.answer(position)
    turns = _transcript(answer, question_of(answer, index)) if isinstance(answer, Record) else _failure(answer)
    if isinstance(answer, Record) and not answer.messages and (why := index.questions.problem(answer.source)):
        turns.insert(0, paragraphs([f"The question cannot be shown: {why}."], "soft"))
    outcome = outcome_of(answer)
    why = answer.error if isinstance(answer, Failure) else answer.grade.reason
    body = (
        f"{_reading_on(listing, position, matches)}"
        f'<p class="verdict {outcome}">{chip(outcome)} <strong>{_words(answer)}</strong>{f": {text(why, 500)}" if why else ""}</p>'
        f"{facts(_main_facts(answer))}{_other_answers(listing, position)}"
        '<p class="switch"><label><input type="checkbox" id="plain"> plain text, as written</label></p>'
        f'<div class="transcript">{"".join(turns)}</div>'
        f"{_votes(answer)}{_more(answer, sent)}{_raw(listing, position)}"
    )
    trail = [("Runs", "/"), (listing.run, url("/run", run=listing.run)), ("Records", listing.address())]
    return page(f"{answer.sample_id}, target stated: {target_label(answer.prompt_threshold)}", body, trail)


def _words(answer: Record | Failure) -> str:
    if isinstance(answer, Record):
        return outcome_words(answer)
    return f"missing (failed: {'no completion' if answer.stage == 'completion' else 'no verdict'})"


def _reading_on(listing: Listing, position: int, matches: Sequence[int]) -> str:
    place = matches.index(position) if listing.sort else bisect_left(matches, position)
    links = [
        f'<a rel="{rel}" href="{address(listing.run, listing.index, matches[k], listing.wanted, listing.sort)}">{name}</a>'
        for k, rel, name in ((place - 1, "prev", "previous"), (place + 1, "next", "next"))
        if 0 <= k < len(matches)
    ]
    matching = any(vars(listing.wanted).values())
    where = f"{place + 1:,} of {len(matches):,}{' matching records' if matching else ' records'}"
    return f'<p class="pager">{" · ".join([where, *links])}</p>'


def _main_facts(answer: Record | Failure) -> dict[str, object]:
    about: dict[str, object] = {
        "target stated": target_label(answer.prompt_threshold), "model": answer.model, "task": answer.task,
        "epoch": answer.epoch,
    }  # fmt: skip
    if isinstance(answer, Failure):
        return about
    grade = answer.grade
    read: dict[str, object] = {
        "answer read": grade.answer if grade.answer is not None else "–",
        "right answer": right_answer(answer),
    }
    if grade.confidence is not None:
        read["confidence"] = number(grade.confidence)
    if grade.credit is not None:
        read["credit"] = number(grade.credit)
    return {**read, **about, **_costs(answer.completion)}


def _costs(completion: Completion) -> dict[str, object]:
    """Tokens and seconds, as far as they are known."""
    usage = completion.usage
    tokens = {
        "in": usage.prompt_tokens, "from the provider's cache": usage.cached_tokens, "out": usage.completion_tokens,
        "of them thinking": usage.reasoning_tokens,
    }  # fmt: skip
    said = ", ".join(f"{count:,} {name}" for name, count in tokens.items() if count)
    known: dict[str, object] = {"tokens": said} if said else {}
    return known | ({"seconds": number(completion.latency)} if completion.latency is not None else {})


def _more(answer: Record | Failure, sent: dict[str, Any]) -> str:
    """What a debugger wants to know."""
    if isinstance(answer, Failure) or answer.source:
        source = answer.source if isinstance(answer, Record) else None
        return facts({"source": source}) if source else ""
    completion = answer.completion
    known = {
        "grader": answer.grade.grader,
        "finish reason": completion.finish_reason,
        "served model": completion.served_model,
        "served by": completion.provider,
        "fingerprint": completion.fingerprint,
        "request id": completion.request_id,
        "attempts": completion.attempts,
        "refusal": completion.refusal,
        **{f"sent: {name}": value for name, value in sent.items()},
    }
    shown = {name: value for name, value in known.items() if value not in (None, "")}
    return f"<details><summary>How it was asked and served</summary>{facts(shown)}</details>"


def _other_answers(listing: Listing, position: int) -> str:
    """What else the model answered to this sample: a column a stated target."""
    index = listing.index
    group = index.same_sample(position)
    if len(group) < 2:  # noqa: PLR2004 - nothing beside it
        return ""
    targets = dict.fromkeys(sorted((index.value("threshold", k) for k in group), key=lambda one: (one != "none", one)))
    heads = ["no target" if target == "none" else f"t = {text(target)}" for target in targets]
    cells = [
        chips(
            chip(
                index.value("outcome", k),
                address(listing.run, index, k, Filter()) if k != position else "",
                f"epoch {index.epochs[k]}" + (" (this one)" if k == position else ""),
            )
            for k in group
            if index.value("threshold", k) == target
        )
        for target in targets
    ]
    return f"<h2>All answers to this sample</h2>{table(heads, [cells], 'samples', 'Answers to this sample')}"


def _votes(answer: Record | Failure) -> str:
    """What each judge said."""
    if isinstance(answer, Failure) or not answer.grade.votes:
        return ""
    rows = [[text(judge), text(vote, 1000)] for judge, vote in answer.grade.votes.items()]
    return f"<h2>Votes of the judges</h2>{table(('judge', 'verdict'), rows, label='Votes')}"


def _raw(listing: Listing, position: int) -> str:
    k = str(position) if position < listing.index.records else f"f{position - listing.index.records}"
    here = url("/record", run=listing.run, k=k)
    return (
        f'<p class="links"><a href="{url("/record.json", run=listing.run, k=k)}">Raw JSON</a>'
        f' · <a href="{here}" data-copy-link>Link to this record</a></p>'
    )


def _transcript(record: Record, question: str) -> list[str]:
    """Prompt as sent, or the question alone where only that is known; reasoning and answer."""
    turns = [_turn(NAMES.get(one.role, one.role), one.content, one.role) for one in record.messages]
    if not turns and question:
        turns.append(_turn("Question, from the file", question, "user"))
    if record.choices and not record.messages:
        turns.append(_turn("Options", "\n".join(f"- {choice}" for choice in record.choices), "user"))
    completion = record.completion
    if completion.reasoning:
        thought = _turn("Thinking", completion.reasoning, "thinking", heading=False)
        turns.append(
            f"<details class=thinking><summary>Thinking ({len(completion.reasoning):,} characters)</summary>{thought}</details>"
        )
    turns.append(_turn("Answer", completion.text or "(no text)", "answer"))
    return [*turns, _shaded(completion)]


def _failure(failure: Failure) -> list[str]:
    """The error, and the answer where there is one."""
    turns = [_turn("Error", failure.error, "answer", render=False)]
    if failure.completion is not None:
        turns.insert(0, _turn("Answer", failure.completion.text or "(no text)", "answer"))
    return turns


def _turn(name: str, content: str, role: str, *, heading: bool = True, render: bool = True) -> str:
    """One turn, rendered and as written; a switch of the page shows the one or the other."""
    shown = escape(visible(content[:LONGEST]))
    cut = ""
    if len(content) > LONGEST:
        cut = f"<p class=warn>The first {LONGEST:,} of {len(content):,} characters; the raw JSON has all.</p>"
    from evalkit.web.rendering import rendered  # takes a while, and the first page has no transcript

    formatted = rendered(content) if render else ""
    kind = " has-rendered" if formatted else ""
    inside = f'<div class="rendered" dir="auto">{formatted}</div>' if formatted else ""
    head = f"<h2>{text(name)}</h2>" if heading else ""
    return f'<section class="turn {text(role)}{kind}" data-copy>{head}{inside}<pre class="written" dir="auto">{shown}</pre>{cut}</section>'


def _shaded(completion: Completion) -> str:
    """The answer's tokens, each shaded by its probability; "" where none are kept."""
    tokens = [one for one in completion.logprobs or [] if isinstance(one.get("logprob"), (int, float))]
    if not tokens:
        return ""
    spans = "".join(_token(one) for one in tokens[:TOKENS])
    legend = " ".join(
        f'<span class="p{k}">{name}</span>'
        for k, name in enumerate((*(f"below {percent(p)}" for p in SHADES), "above"))
    )
    return (
        f"<details><summary>Tokens by probability ({len(tokens):,})</summary><p>{legend}</p>"
        f'<pre class="tokens" dir="auto">{spans}</pre></details>'
    )


def _token(one: dict[str, Any]) -> str:
    p = math.exp(min(float(one["logprob"]), 0.0))
    shade = sum(p >= edge for edge in SHADES)
    return f'<span class="p{shade}" title="{percent(p)}">{escape(visible(str(one.get("token", ""))))}</span>'
