"""Boards: who scores how much at each threshold on one set of items, how sure each rank is, and where ranks change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from evalkit.analysis.collection import Measured
from evalkit.analysis.entries import Board, Counts, Entry, Items, Kind, Mode
from evalkit.analysis.ranking import add_rank_sets, base_ranks, competition_ranks, find_crossings
from evalkit.metrics.measurement import normalized
from evalkit.metrics.threshold import penalty
from evalkit.runs.condition import differing
from evalkit.runs.scorecard import NonAnswers, Score, Scorecard, tidy

NEVER, GUESS = "never answering", "uniform guess"


def make_boards(measured: Iterable[Measured], thresholds: Sequence[float]) -> list[Board]:
    """Boards of everything measured: one for each task, mode and set of items that have any in common.

    Args:
        measured: answers, put together by condition.
        thresholds: where answers to plain prompts are scored.
    """
    entries: dict[tuple[str, Mode, str, str], Entry] = {}
    parts: dict[tuple[str, Mode, str, str], list[Measured]] = {}
    for one in measured:
        mode: Mode = "closed" if one.key.threshold is None else "open"
        key = (one.key.task, mode, one.key.model, one.key.condition)
        entry = entries.setdefault(key, Entry(task=key[0], model=key[2], mode=mode))
        parts.setdefault(key, []).append(one)
        add_measured(entry, one, thresholds)
    boards = []
    for task, mode in sorted({key[:2] for key in entries}):
        keys = [key for key in entries if key[:2] == (task, mode)]
        groups = _item_groups(keys, entries)
        for number, group in enumerate(groups, start=1):
            name = task if len(groups) == 1 else f"{task}, item set {number} of {len(groups)}"
            boards.append(_board(name, mode, group, entries, parts))
    return boards


def make_board(task: str, mode: Mode, entries: list[Entry]) -> Board:
    """Rank the entries of one task in one mode, best first.

    Args:
        task: what the board is called.
        mode: of all entries.
        entries: a row each.
    """
    ts = sorted({t for entry in entries for t in entry.thresholds})
    base = base_ranks(entries, mode)
    models = [entry for entry in entries if entry.kind == "model"]
    sets = [frozenset(item for items in entry.items.values() for item in items.counts) for entry in models]
    common = frozenset.intersection(*sets) if sets else frozenset()
    everything = frozenset.union(*sets) if sets else frozenset()
    for t in ts:
        placed = [(k, entry) for k, entry in enumerate(entries) if t in entry.thresholds]
        ranks = competition_ranks([entry.pessimistic(t) for _, entry in placed])
        for (k, entry), place in zip(placed, ranks, strict=True):
            entry.ranks[t] = place
            if base and len(placed) == len(entries):
                entry.rank_changes[t] = base[k] - place
        add_rank_sets([entry for _, entry in placed], t, mode, common)
    ordered = sorted(entries, key=lambda entry: (-entry.mean_normalized, entry.kind != "model", entry.name))
    crossings = find_crossings([entry for entry in ordered if entry.kind == "model"]) if mode == "closed" else []
    return Board(
        task=task,
        mode=mode,
        thresholds=ts,
        entries=ordered,
        common=len(common),
        uncommon=len(everything) - len(common),
        crossings=crossings,
    )


def add_measured(entry: Entry, one: Measured, thresholds: Sequence[float]) -> None:
    """Add the answers under one stated target, or under none, to a row."""
    told = one.key.threshold
    card = one.card(thresholds)
    entry.cards.append(card)
    entry.measured[told] = one.builder.measurement
    unanswerable = frozenset(item for item in one.builder.items if not one.builder.is_answerable(item))
    entry.items[told] = Items(one.builder.items, unanswerable)
    entry.runs += [run for run in one.runs if run not in entry.runs]
    if told is None and card.accuracy is not None:
        entry.accuracy = (card.accuracy.value, *card.accuracy.ci95)
    entry.scores |= {score.threshold: score for score in card.scores}
    entry.ranges |= {one_range.threshold: one_range for one_range in card.range}
    counts = _counts(card)
    entry.counted |= dict.fromkeys([*(s.threshold for s in card.scores), *(r.threshold for r in card.range)], counts)


def reference_entry(kind: Kind, board: Board, chance: float | None = None) -> Entry:
    """A row that needs no model: never answering, or guessing uniformly.

    Args:
        kind: which.
        board: where it will stand.
        chance: of a right guess, for the latter.
    """
    right = 0.0 if kind == "never" else float(chance or 0.0)
    wrong = 0.0 if kind == "never" else 1 - right
    entry = Entry(task=board.task, model=NEVER if kind == "never" else GUESS, mode=board.mode, kind=kind)
    zeros = Counts(
        n=0, items=0, correct=0, error=0, idk=0, failed=0, truncated=0, undecided=0, missing=0,
        non_answers=NonAnswers(), correct_rate=right, error_rate=wrong, coverage=right + wrong,
    )  # fmt: skip
    for t in board.thresholds:
        value = right - penalty(t) * wrong
        entry.scores[t] = Score(
            threshold=t, penalty=tidy(penalty(t)), mode=board.mode, value=value, se=0.0, ci95=(value, value),
            normalized=normalized(value, t),
        )  # fmt: skip
        entry.counted[t] = zeros
    entry.accuracy = (right, right, right) if board.mode == "closed" else None
    return entry


def _board(
    name: str,
    mode: Mode,
    group: list[tuple[str, Mode, str, str]],
    entries: Mapping[tuple[str, Mode, str, str], Entry],
    parts: Mapping[tuple[str, Mode, str, str], list[Measured]],
) -> Board:
    _label(group, entries, parts)
    rows = [entries[key] for key in group if entries[key].thresholds]
    board = make_board(name, mode, rows)
    references = [reference_entry("never", board)]
    chances = {one.chance for key in group for one in parts[key]}
    if len(chances) == 1 and (chance := chances.pop()) is not None:
        references.append(reference_entry("guess", board, chance))
    replaced = {"never": "baseline/idk", "guess": "baseline/guess"}
    kept = [row for row in rows if row.model not in {replaced[one.kind] for one in references}]
    board = make_board(name, mode, [*kept, *references]) if kept else board
    board.notes = [note for key in group for one in parts[key] for note in _merged(one, entries[key])]
    return board


def _label(
    group: Sequence[tuple[str, Mode, str, str]],
    entries: Mapping[tuple[str, Mode, str, str], Entry],
    parts: Mapping[tuple[str, Mode, str, str], list[Measured]],
) -> None:
    """Tell the conditions of each model apart by what differs between them."""
    by_model: dict[str, list[tuple[str, Mode, str, str]]] = {}
    for key in group:
        by_model.setdefault(key[2], []).append(key)
    for keys in by_model.values():
        conditions = [parts[key][0].condition for key in keys]
        for key, label in zip(keys, differing(conditions), strict=True):
            entries[key].label = label


def _merged(one: Measured, entry: Entry) -> list[str]:
    told = "" if one.key.threshold is None else f" at t = {one.key.threshold:g}"
    notes = []
    if one.repeated:
        notes.append(
            f"{entry.name}{told}: {len(one.runs)} runs of one condition; {one.repeated:,} answers count as further"
            " epochs of items that another run had asked."
        )
    if one.identical:
        notes.append(f"{entry.name}{told}: {one.identical:,} records that two runs hold identically count once.")
    return notes


def _item_groups(
    keys: Sequence[tuple[str, Mode, str, str]], entries: Mapping[tuple[str, Mode, str, str], Entry]
) -> list[list[tuple[str, Mode, str, str]]]:
    """Rows that share items, directly or through others; rows without a common item get no common rank."""
    groups: list[tuple[set[str], list[tuple[str, Mode, str, str]]]] = []
    for key in keys:
        items = {item for part in entries[key].items.values() for item in part.counts}
        touching = [group for group in groups if not items.isdisjoint(group[0])]
        groups = [group for group in groups if group not in touching]
        groups.append((items.union(*(g[0] for g in touching)), [k for g in touching for k in g[1]] + [key]))
    return sorted((group[1] for group in groups), key=lambda group: keys.index(group[0]))


def _counts(card: Scorecard) -> Counts:
    rates = (card.accuracy.value if card.accuracy else 0.0, card.error_rate or 0.0)
    return Counts(
        n=card.n, items=card.items, correct=card.correct, error=card.error, idk=card.idk, failed=card.failed,
        truncated=card.missing.truncated, undecided=card.missing.undecided, missing=card.missing.total,
        cut=card.truncated, non_answers=card.non_answers, correct_rate=rates[0], error_rate=rates[1],
        coverage=card.coverage or 0.0,
    )  # fmt: skip
