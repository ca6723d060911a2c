"""Files of models: weights with their settings, and the state from which training resumes."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import InputError, UsageError
from evalkit.files import is_file
from evalkit.theory.learning.corpus import Corpus, name_codes, write_corpus
from evalkit.theory.learning.optimizer import State
from evalkit.theory.learning.settings import PosttrainSettings, TrainSettings

SUFFIX = ".npz"
UNFINISHED = ".unfinished"
"""Stands before `SUFFIX` in the name of a state from which training resumes."""
PRETRAINED = "pretrained"
"""Name of the model that is trained on the text alone."""
_SETTINGS = "settings"
_STEP = "step"


@dataclass(frozen=True)
class Checkpoint:
    """A trained model."""

    name: str
    """`pretrained`, or the reward of its post-training."""
    settings: TrainSettings
    posttrained: PosttrainSettings | None
    """None for a model that has only read the text."""
    parameters: dict[str, NDArray[np.float32]]

    @cached_property
    def corpus(self) -> Corpus:
        """The text that the model has read."""
        return write_corpus(self.settings)

    @cached_property
    def codes(self) -> NDArray[np.float32]:
        """The vector of each person's name."""
        return name_codes(self.settings)

    @cached_property
    def exact(self) -> dict[str, NDArray[np.float64]]:
        """The parameters as they are used for asking."""
        return {key: value.astype(float) for key, value in self.parameters.items()}

    @property
    def digest(self) -> str:
        """SHA-256 of the parameters, in hexadecimal digits: equal models have equal digests."""
        content = hashlib.sha256()
        for key in sorted(self.parameters):
            content.update(key.encode() + self.parameters[key].tobytes())
        return content.hexdigest()

    def save(self, folder: Path) -> Path:
        """Write the model to a folder and return the file.

        Raises:
            UsageError: the folder cannot be written.
        """
        path = folder / f"{self.name}{SUFFIX}"
        _write(path, self.parameters, _settings(self.settings, self.posttrained))
        return path


def load(path: Path) -> Checkpoint:
    """Read a model.

    Args:
        path: its file, with or without `.npz`.

    Raises:
        UsageError: there is no such file.
        InputError: the file is damaged.
    """
    file = path if path.suffix == SUFFIX else path.with_name(f"{path.name}{SUFFIX}")
    if not is_file(file):
        raise UsageError(f"no model {file}; train one: evalkit theory train --out {file.parent}")
    arrays, given = _read(file)
    try:
        settings = TrainSettings(**given["train"])
        posttrained = PosttrainSettings(**given["posttrain"]) if given["posttrain"] else None
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{file}: not a model of evalkit theory train ({error}); remove it and train again") from error
    return Checkpoint(file.stem, settings, posttrained, arrays)


class Progress:
    """The state of an unfinished training, in a file beside the model's; removed when training has finished.

    Args:
        folder: of the model.
        name: of the model.
        settings: of the training.
        posttrained: of the post-training, if it is one.
        origin: digest of the model from which post-training starts.
    """

    def __init__(
        self, folder: Path, name: str, settings: TrainSettings, posttrained: PosttrainSettings | None, origin: str = ""
    ) -> None:  # fmt: skip
        self._path = folder / f"{name}{UNFINISHED}{SUFFIX}"
        self._settings = {**_settings(settings, posttrained), "origin": origin}

    def save(self, state: State) -> None:
        """Write the state.

        Raises:
            UsageError: the folder cannot be written.
        """
        arrays = {
            f"{part}/{key}": np.asarray(value)
            for part in ("parameters", "mean", "square")
            for key, value in getattr(state, part).items()
        }
        _write(self._path, arrays, {**self._settings, _STEP: int(state.step)})

    def load(self, xp: Any) -> State | None:
        """Read the state; None where there is none of these settings.

        Args:
            xp: `jax.numpy`.

        Raises:
            InputError: the file is damaged.
        """
        if not self._path.is_file():
            return None
        arrays, given = _read(self._path)
        step = given.pop(_STEP, None)
        if given != self._settings or step is None:
            return None
        parts: dict[str, dict[str, Any]] = {"parameters": {}, "mean": {}, "square": {}}
        for name, value in arrays.items():
            part, _, key = name.partition("/")
            parts[part][key] = xp.asarray(value)
        return State(step, **parts)

    def remove(self) -> None:
        """Remove the file, if there is one."""
        self._path.unlink(missing_ok=True)


def _settings(settings: TrainSettings, posttrained: PosttrainSettings | None) -> dict[str, Any]:
    return {
        "train": dataclasses.asdict(settings),
        "posttrain": dataclasses.asdict(posttrained) if posttrained else None,
    }


def _write(path: Path, arrays: dict[str, Any], settings: dict[str, Any]) -> None:
    """Write arrays and settings, in one step: a file is whole or not there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".tmp")
        with unfinished.open("wb") as file:
            np.savez(file, allow_pickle=False, **{_SETTINGS: np.array(json.dumps(settings))}, **arrays)
        unfinished.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror})") from error


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
            arrays = {key: found[key] for key in found.files}
        settings = json.loads(str(arrays.pop(_SETTINGS)))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: not a model of evalkit theory train ({error}); remove it and train again") from error
    return arrays, settings
