"""The folder `batch` of a run: the lines that were submitted, what came of them, and how far each batch is.

What has to be known after a kill is on disk before the next step is taken: the lines before they are submitted, the
token of a submission before it is sent, the batch's id before anything else happens.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalkit.errors import InputError
from evalkit.files import open_regular
from evalkit.models.batches import BatchLimits
from evalkit.runs.folder import not_written

NAME = "batch"
"""Name of the folder."""
STATE = "state.json"
LARGEST_STATE = 64 << 20
Step = Literal["written", "sending", "submitted", "ended", "used", "dropped"]
"""written: its lines are on disk; sending: its submission may have arrived; submitted: its id is known; ended: its
results are on disk; used: they are records or failures; dropped: refused as a whole, or split."""


class Part(BaseModel):
    """One batch."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    number: int = Field(ge=1)
    requests: int
    step: Step = "written"
    token: str
    """Tells its submission from all others."""
    upload: str = ""
    """Id of the uploaded file."""
    sent: float = 0.0
    """When it was submitted, in seconds since the epoch."""
    id: str = ""
    """The provider's id."""
    is_guess: bool = False
    """Whether the id was found by its time and size alone."""
    status: str = ""
    """The provider's last word on it."""
    problem: str = ""
    """Why it was refused as a whole."""


class BatchState(BaseModel):
    """The contents of state.json."""

    salt: str
    """Makes the names of the requests those of this run."""
    by_hand: bool = False
    """Whether the lines were written for another program, which answers them."""
    parts: list[Part] = []
    strangers: list[str] = []
    """Ids of batches that turned out to be somebody else's."""


class BatchFolder:
    """The batches of one run.

    Args:
        run: the run's folder.

    Raises:
        InputError: the state cannot be read, or the folder cannot be written.
    """

    def __init__(self, run: Path) -> None:
        self._run = run
        self.path = run / NAME
        self.state = self._read() or BatchState(salt=secrets.token_hex(8))

    @property
    def parts(self) -> Sequence[Part]:
        """All batches, in the order written."""
        return self.state.parts

    @property
    def is_started(self) -> bool:
        """Whether a batch may have reached the provider."""
        return any(part.step in ("sending", "submitted", "ended", "used") for part in self.parts)

    def open_parts(self) -> list[Part]:
        """The batches whose results are still to come."""
        return [part for part in self.parts if part.step in ("written", "sending", "submitted")]

    def lines(self, part: Part) -> Path:
        """The file of a batch's lines."""
        return self.path / f"{part.number:03}.jsonl"

    def results(self, part: Part) -> Path:
        """The file of what came of them."""
        return self.path / f"{part.number:03}-results.jsonl"

    def save(self) -> None:
        """Write the state; from then on it survives a kill and a power cut."""
        try:
            self.path.mkdir(exist_ok=True)
            temporary = self.path / f".{STATE}.{os.getpid()}"
            with temporary.open("w", encoding="utf-8") as file:
                json.dump(self.state.model_dump(mode="json"), file, indent=1)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self.path / STATE)
            sync_folder(self.path)
        except OSError as error:
            raise not_written(self._run, error) from error

    def put(self, lines: Iterable[bytes], limits: BatchLimits) -> list[Part]:
        """Write lines, as many batches as the limits make of them.

        Args:
            lines: each with its line end.
            limits: of one batch.

        Returns:
            The new batches, which the state holds from now on.

        Raises:
            InputError: a line alone is larger than a batch may be, or the folder cannot be written.
        """
        made: list[Part] = []
        try:
            self.path.mkdir(exist_ok=True)
            with ExitStack() as files:
                size = 0
                for line in lines:
                    self._check_fits(line, limits)
                    if not made or made[-1].requests >= limits.requests or size + len(line) > limits.size:
                        made.append(self._new_part(made))
                        files.close()
                        file = files.enter_context(_lasting(self.lines(made[-1])))
                        size = 0
                    file.write(line)
                    made[-1].requests += 1
                    size += len(line)
        except OSError as error:
            raise not_written(self._run, error) from error
        self.state.parts += made
        self.save()
        return made

    def _new_part(self, made: Sequence[Part]) -> Part:
        number = max((part.number for part in (*self.parts, *made)), default=0) + 1
        part = Part(number=number, requests=0, token=self.new_token())
        self.results(part).unlink(missing_ok=True)
        return part

    def _check_fits(self, line: bytes, limits: BatchLimits) -> None:
        if len(line) > limits.size:
            raise InputError(f"a request has {len(line):,} bytes; a batch may have {limits.size:,}: leave out --batch")

    def new_token(self) -> str:
        """What tells one submission from all others."""
        return f"{self.state.salt}-{secrets.token_hex(8)}"

    def split(self, part: Part) -> list[Part]:
        """Put half of a batch's lines into a batch of its own, and the other half into another."""
        half = -(-part.requests // 2)
        with self.lines(part).open("rb") as file:
            made = self.put(file, BatchLimits(half, 1 << 62))
        part.step = "dropped"
        self.save()
        return made

    def _read(self) -> BatchState | None:
        path = self.path / STATE
        try:
            with open_regular(path) as file:
                return BatchState.model_validate_json(file.read(LARGEST_STATE))
        except FileNotFoundError:
            return None
        except (OSError, ValidationError, RecursionError) as error:
            raise InputError(f"{path} cannot be read ({str(error).splitlines()[0]}); start a new run") from error


@contextmanager
def _lasting(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, which is on disk afterwards."""
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
