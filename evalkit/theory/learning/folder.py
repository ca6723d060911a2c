"""A folder of models: what is finished there, and how an interrupted training says that it resumes."""

from __future__ import annotations

from pathlib import Path

from evalkit.errors import RunInterruptedError, UsageError
from evalkit.theory.learning.checkpoint import PRETRAINED, SUFFIX, UNFINISHED, Checkpoint, load
from evalkit.theory.learning.settings import PosttrainSettings, TrainSettings


def find_model(
    folder: Path, name: str, settings: TrainSettings, posttrained: PosttrainSettings | None
) -> Checkpoint | None:
    """Return the finished model of a folder; None where there is none.

    Args:
        folder: of the model.
        name: of the model.
        settings: that it must have.
        posttrained: of its post-training, if it is to have one.

    Raises:
        UsageError: it was trained with other settings.
        InputError: its file is damaged.
    """
    path = folder / f"{name}{SUFFIX}"
    if not path.is_file():
        return None
    model = load(path)
    if (model.settings, model.posttrained) != (settings, posttrained):
        raise UsageError(f"{path} was trained with other settings; name another folder with --out, or remove it")
    return model


def find_posttrained(folder: Path, settings: TrainSettings) -> list[Checkpoint]:
    """Return the models of a folder that were post-trained from one text and network, by name.

    Args:
        folder: of the models.
        settings: of the text and the network.

    Raises:
        InputError: the file of a model is damaged.
    """
    files = sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.stem.endswith(UNFINISHED))
    models = [load(path) for path in files if path.stem != PRETRAINED]
    return [model for model in models if model.posttrained and model.settings == settings]


class Resumable:
    """Turns Ctrl-C into one line that says how to resume."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is KeyboardInterrupt:
            raise RunInterruptedError(
                "interrupted; the same command resumes from what is kept", str(self._folder)
            ) from None
