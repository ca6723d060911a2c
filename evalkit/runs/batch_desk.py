"""Submits the batches of a run, looks how far they are, and fetches what came of them, with patience.

Nothing is submitted twice. A submission is announced on disk before it is sent, and its id is on disk before anything
else happens. One whose answer was lost is looked for at the provider, and sent again only if it is not there.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from evalkit.errors import InputError, ModelError, ModelStoppedError, ModelUnavailableError, TransientError
from evalkit.models import retry
from evalkit.models.batches import EXPIRED, UNANSWERED, BatchClient, BatchLines, BatchState, UnsureError
from evalkit.runs.batch_folder import BatchFolder, Part

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds between two looks, which grow while nothing changes."""
FULL_WAIT = 60.0
"""Seconds until a batch is submitted again that the provider's queue had no room for."""
LOST_AFTER = 90.0
"""Seconds after which a submission that cannot be found has not arrived."""


class Desk:
    """The batches of a run on their way.

    Args:
        folder: where they are kept.
        client: of the provider.
        lines: how the lines are written and read.
        notify: receives a sentence for each step.
    """

    def __init__(
        self, folder: BatchFolder, client: BatchClient, lines: BatchLines, notify: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._client = client
        self._lines = lines
        self._notify = notify
        self._trouble = ""
        self._states: dict[int, BatchState] = {}
        self._held: dict[int, float] = {}
        """Batch → when it may be submitted again."""

    def waiting(self) -> str:
        """How far the batches are, for the progress display."""
        if self._trouble:
            return self._trouble
        parts = [part for part in self._folder.parts if part.step not in ("used", "dropped")]
        under_way = [part for part in parts if part.step == "submitted"]
        if not under_way:
            held = next((part.problem for part in self._folder.open_parts() if part.problem), "")
            return f"the provider's queue is full: {held}" if held else "submitting the batch"
        states = [self._states.get(part.number) for part in under_way]
        answered = sum(state.answered for state in states if state)
        total = sum(part.requests for part in under_way)
        words = ", ".join(dict.fromkeys(state.status.replace("_", " ") for state in states if state))
        since = f"{datetime.fromtimestamp(min(part.sent for part in under_way)).astimezone():%H:%M}"
        name = under_way[0].id if len(under_way) == 1 else f"{len(under_way)} batches"
        return f"{name}: {words or 'submitted'}, {answered:,} of {total:,} answered; since {since}"

    async def settle(self) -> None:
        """Work until the results of every batch are on disk.

        Raises:
            ModelError, ModelStoppedError: the provider refuses a batch; what is under way stays so.
            InputError: the folder cannot be written.
        """
        wait = FIRST_WAIT
        while parts := self._folder.open_parts():
            before = [(part.number, part.step) for part in parts]
            self._trouble = ""
            for part in parts:
                await self._tried(part)
            parts = self._folder.open_parts()
            if not parts:
                break
            changed = before != [(part.number, part.step) for part in parts]
            wait = FIRST_WAIT if changed else min(wait * 1.5, LONGEST_WAIT)
            await asyncio.sleep(0.001 if retry.is_testing() else wait)

    async def _tried(self, part: Part) -> None:
        """Take the next step with a batch; what may pass is shown, and tried again later."""
        try:
            await self._advance(part)
        except UnsureError as error:
            self._trouble = f"{error}; trying again"
        except TransientError as error:
            self._trouble = f"{error}; trying again"
            self._held[part.number] = time.monotonic() + (0 if retry.is_testing() else error.retry_after or 0)

    async def _advance(self, part: Part) -> None:
        if part.step == "sending" and not await self._recover(part):
            return
        if part.step == "written":
            await self._submit(part)
        elif part.step == "submitted":
            await self._look(part)

    async def _submit(self, part: Part) -> None:
        """Submit a batch, unless it is held back."""
        if self._held.get(part.number, 0.0) > time.monotonic():
            return
        if part.problem and any(other.step == "submitted" for other in self._folder.parts):
            return  # the queue was full; there is room when another batch has ended
        lines = self._folder.lines(part)
        if not part.upload:
            part.upload = await self._client.upload(lines)
            self._folder.save()
        part.step, part.sent = "sending", time.time()
        self._folder.save()
        try:
            name = await self._client.create(part.upload, lines, part.token)
        except UnsureError:
            raise
        except (ModelError, ModelStoppedError) as error:
            part.step = "written"
            part.upload = part.upload if isinstance(error, TransientError) else ""
            self._folder.save()
            raise
        self._is_submitted(part, name)

    def _is_submitted(self, part: Part, name: str, *, is_guess: bool = False) -> None:
        part.step, part.id, part.is_guess, part.problem = "submitted", name, is_guess, ""
        self._folder.save()
        several = len(self._folder.parts) > 1
        which = f"batch {part.number} of {len(self._folder.parts)}" if several else "the batch"
        verb = "is taken up again as" if is_guess else "is submitted as"
        self._notify(f"{which} {verb} {name}: {part.requests:,} requests; Ctrl-C leaves it, --resume picks it up")

    async def _recover(self, part: Part) -> bool:
        """Find a submission that was not answered; return whether it is known what became of it."""
        known = [other.id for other in self._folder.parts if other.id] + self._folder.state.strangers
        found = await self._client.find(part.token, part.requests, part.sent, known)
        if found is not None:
            self._is_submitted(part, found, is_guess=True)
            return True
        if not retry.is_testing() and time.time() - part.sent < LOST_AFTER:
            self._trouble = "the submission was not answered; looking for the batch"
            return False
        part.step = "written"
        self._folder.save()
        return True

    async def _look(self, part: Part) -> None:
        """Look how far a batch is, and fetch its results once it has ended."""
        state = await self._found(part)
        self._states[part.number] = state
        part.status = state.status
        if not state.ended:
            return
        if state.problem and not state.files:
            self._refused(part, state)
            return
        results = self._folder.results(part)
        results.unlink(missing_ok=True)
        for file in state.files:
            await self._client.fetch(part.id, file, results)
        answered = set(self._names(part, results=True))
        if part.is_guess and answered and not answered & set(self._names(part)):
            self._is_a_strangers(part)
            return
        missing = [name for name in self._names(part) if name not in answered]
        self._complete(part, missing, state)

    async def _found(self, part: Part) -> BatchState:
        """Look at a batch.

        Raises:
            ModelUnavailableError: it is not there any more, or not for this key; the text has the remedy.
        """
        try:
            return await self._client.look(part.id)
        except ModelUnavailableError as error:
            remedy = f"to submit everything again, delete {self._folder.path} and resume"
            raise ModelUnavailableError(f"{error}; {remedy}") from error

    def _complete(self, part: Part, missing: list[str], state: BatchState) -> None:
        """Note what has no result, so that every line of the batch has one."""
        stopped = state.status in ("cancelled", "canceled", "canceling")
        why = "canceled" if stopped else EXPIRED if state.status == "expired" else UNANSWERED
        reason = f"{part.id} is {state.status}, without a line for it"
        with self._folder.results(part).open("ab") as file:
            file.writelines(self._lines.lost(name, why, reason) for name in missing)
        part.step = "ended"
        self._folder.save()
        lost = f"; {len(missing):,} have no answer" if missing else ""
        self._notify(f"{part.id}: {state.status}, {part.requests - len(missing):,} results{lost}")

    def _refused(self, part: Part, state: BatchState) -> None:
        """Deal with a batch that the provider refused as a whole.

        Raises:
            ModelStoppedError: unless there was only no room for it.
        """
        part.problem, part.id, part.upload = state.problem, "", ""
        part.token = self._folder.new_token()
        if not state.is_full:
            part.step = "dropped"
            self._folder.save()
            raise ModelStoppedError(f"the batch was refused: {state.problem}")
        part.step = "written"
        others = any(other.step == "submitted" for other in self._folder.parts)
        if not others and part.requests > 1:
            made = self._folder.split(part)
            self._notify(f"too much for the provider's queue ({state.problem}); submitting {made[0].requests:,} first")
            made[1].problem = state.problem
        for one in self._folder.open_parts():
            if one.step == "written":
                self._held[one.number] = time.monotonic() + (0 if retry.is_testing() else FULL_WAIT)
        self._folder.save()

    def _is_a_strangers(self, part: Part) -> None:
        """Note that a batch taken for ours is none."""
        self._folder.state.strangers.append(part.id)
        self._folder.results(part).unlink(missing_ok=True)
        part.step, part.id = "sending", ""
        self._folder.save()

    def _names(self, part: Part, *, results: bool = False) -> Iterator[str]:
        """Names of a batch's requests, or of those that have results."""
        path = self._folder.results(part) if results else self._folder.lines(part)
        if not path.exists():
            return
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    name = json.loads(line).get("custom_id")
                except (ValueError, AttributeError, RecursionError) as error:
                    raise InputError(f"{path}, line {number}: not a line of a batch; delete it") from error
                if isinstance(name, str):
                    yield name
