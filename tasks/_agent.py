"""Let an agent, mini-swe-agent, work on an issue in the repository and submit a patch, with evalkit's model as its own.

The agent's prompts, limits and loop are those of mini-swe-agent's SWE-bench configuration with commands in text
(swebench_backticks.yaml). Where a confidence target is stated, the issue is followed by its words and by how to
abstain: submit nothing. An empty submission is an empty patch, which is IDK; an agent that reached its step limit was
cut off; one that never gave a command has said what its last turn says.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from evalkit import Completion, EvalkitError, Message, Sample, docker_runs, requires

Ask = Callable[[Sequence[Message]], Coroutine[Any, Any, Completion]]
"""From messages to the model's completion."""
IMAGE = "docker.io/swebench/sweb.eval.x86_64.{name}:latest"
TESTBED = "/testbed"
ABSTAIN = (
    'To abstain ("I don\'t know"), submit nothing: run exactly `echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT` as your'
    " only command."
)
EMPTY = "```diff\n```"
COMMAND = "evalkit run --task swe_bench --model MODEL"
NO_DOCKER = (
    f"the agent works in Docker, which does not run here; on a machine where it runs: {COMMAND}, or ask for a patch"
    " without an agent: -T agent=none"
)


async def solve(
    sample: Sample, messages: Sequence[Message], ask: Ask, *, repositories: str | None = None
) -> Completion:
    """Run the agent on one issue.

    Args:
        sample: the issue; its metadata name instance, repository and commit.
        messages: the prompt as evalkit would send it: the issue, and the words that state a target.
        ask: from messages to the model's completion.
        repositories: a folder with a git repository OWNER__NAME for each; the agent then works in a clone on this
            machine instead of in Docker.

    Raises:
        EvalkitError: Docker is not available, or a repository is missing.
    """
    if repositories is None and not docker_runs():
        raise EvalkitError(NO_DOCKER)
    task = messages[-1].content
    if task != sample.input:
        task = f"{task}\n\n{ABSTAIN}"
    loop = asyncio.get_running_loop()

    def query(turns: Sequence[Message]) -> Completion:
        return asyncio.run_coroutine_threadsafe(ask(turns), loop).result()

    return await asyncio.to_thread(_run, sample, task, query, repositories)


def _run(
    sample: Sample, task: str, query: Callable[[Sequence[Message]], Completion], repositories: str | None
) -> Completion:
    os.environ.setdefault("MSWEA_SILENT_STARTUP", "1")
    with requires("swe-agent", "swe_bench"):
        from minisweagent.agents.default import DefaultAgent
        from minisweagent.config import builtin_config_dir, get_config_from_spec
    config = get_config_from_spec(str(builtin_config_dir / "benchmarks" / "swebench_backticks.yaml"))
    with _environment(sample, config["environment"], repositories) as (environment, place):
        settings = {
            key: value.replace(TESTBED, place) if isinstance(value, str) else value
            for key, value in config["agent"].items()
        }
        agent = DefaultAgent(_Model(query, config["model"]), environment, **settings)
        ended = agent.run(task)
    return _completion(agent.messages, ended)


@contextmanager
def _environment(sample: Sample, settings: dict[str, Any], repositories: str | None) -> Iterator[tuple[Any, str]]:
    """The agent's shell, and the folder it works in."""
    if repositories is None:
        from minisweagent.environments.docker import DockerEnvironment

        name = str(sample.metadata["instance_id"]).replace("__", "_1776_").lower()
        known = {key: value for key, value in settings.items() if key != "environment_class"}
        shell = DockerEnvironment(image=IMAGE.format(name=name), **known)
        try:
            yield shell, TESTBED
        finally:
            shell.cleanup()
        return
    from minisweagent.environments.local import LocalEnvironment

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "testbed"
        _clone(
            Path(repositories) / str(sample.metadata["repo"]).replace("/", "__"), place, sample.metadata["base_commit"]
        )
        yield LocalEnvironment(cwd=str(place), env=settings["env"], timeout=settings["timeout"]), str(place)


def _clone(repository: Path, place: Path, commit: str) -> None:
    if not repository.is_dir():
        raise EvalkitError(f"repositories={repository.parent}: no folder {repository.name}")
    for command in (
        ["clone", "--quiet", str(repository), str(place)],
        ["-C", str(place), "checkout", "--quiet", commit],
    ):
        done = subprocess.run(["git", *command], capture_output=True, text=True, check=False)  # noqa: S603, S607
        if done.returncode:
            raise EvalkitError(f"{repository}: git {command[0]}: {done.stderr.strip()[-200:]}")


class _Model:
    """evalkit's model, as mini-swe-agent asks one: each answer holds one command."""

    def __init__(self, query: Callable[[Sequence[Message]], Completion], config: dict[str, Any]) -> None:
        self._query = query
        self._config = config
        self.finish_reason = "stop"

    def query(self, messages: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
        """Ask for the next turn; raises the agent's FormatError where it does not hold exactly one command."""
        from minisweagent.exceptions import FormatError
        from minisweagent.models.utils.actions_text import parse_regex_actions

        turns = [Message(role=turn["role"], content=str(turn["content"])) for turn in messages]
        completion = self._query(turns)
        said = {"role": "assistant", "content": completion.text}
        try:
            actions = parse_regex_actions(
                completion.text,
                action_regex=r"```mswea_bash_command\s*\n(.*?)\n```",
                format_error_template=self._config["format_error_template"],
                template_kwargs={"finish_reason": completion.finish_reason},
            )
        except FormatError as error:
            raise FormatError(said, *error.messages) from error
        return {**said, "extra": {"actions": actions, "cost": 0.0}}

    def format_message(self, **message: Any) -> dict[str, Any]:
        """A turn as it is."""
        return message

    def format_observation_messages(
        self, _: dict[str, Any], outputs: list[dict[str, Any]], template_vars: dict[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        """What the command printed, as the user's turn."""
        from minisweagent.models.utils.actions_text import format_observation_messages

        template = self._config["observation_template"]
        found: list[dict[str, Any]] = format_observation_messages(
            outputs, observation_template=template, template_vars=template_vars
        )
        return found

    def get_template_vars(self, **_: Any) -> dict[str, Any]:
        """Nothing that a template needs."""
        return {}

    def serialize(self) -> dict[str, Any]:
        """Nothing that evalkit does not keep itself."""
        return {}


def _completion(messages: list[dict[str, Any]], ended: dict[str, Any]) -> Completion:
    """What the agent submitted, with its turns as reasoning."""
    turns = [message for message in messages if message["role"] != "exit"]
    transcript = "\n\n".join(f"[{turn['role']}]\n{turn['content']}" for turn in turns[2:])
    status, submission = ended.get("exit_status", ""), str(ended.get("submission") or "")
    if status == "Submitted":
        text = f"```diff\n{submission.strip(chr(10))}\n```" if submission.strip() else EMPTY
        return Completion(text=text, reasoning=transcript, finish_reason="stop")
    if status == "RepeatedFormatError":
        last = next((turn["content"] for turn in reversed(turns) if turn["role"] == "assistant"), "")
        return Completion(text=last or EMPTY, reasoning=transcript, finish_reason="stop")
    return Completion(text="", reasoning=transcript, finish_reason="length")
