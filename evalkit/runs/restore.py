"""After a kill, the response cache lacks the answers of the last second, which the journal has."""

from __future__ import annotations

from pathlib import Path

from evalkit.runs import journal
from evalkit.runs.cache import Cache
from evalkit.runs.plan import Plan


def restore(plan: Plan, folder: Path, cache: Cache) -> None:
    """Put the completions of a run's records into the cache where it lacks them, so that no other run asks again.

    Args:
        plan: of the run.
        folder: of the run.
        cache: the response cache of its results folder.
    """
    tasks = {planned.task.name: planned.task for planned in plan.tasks}
    for record in journal.read_records(folder):
        if record.task in tasks and not record.completion.reused:
            request = plan.request_for(tasks[record.task], record.messages, record.epoch)
            key = cache.key(request)
            if cache.get(key) is None:
                cache.put(key, record.completion)
