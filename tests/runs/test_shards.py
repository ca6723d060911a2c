"""A run in parts: which samples a part asks, who says which part it is, and the parts merged into one run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner
from loopback import ChatServer, error_response, lines_of

import evalkit
from evalkit.cli import cli
from evalkit.errors import InputError, SettingError, UsageError
from evalkit.runs.duplicates import Digests, digest
from evalkit.runs.shard import Shard, find_shard

TASK = """
from evalkit import Sample, Task, task


def kind(k):
    return {"stratum": "odd" if k % 2 else "even", "answerable": k % 5 != 0}


@task
def sums(n: int = 40):
    return Task(
        samples=[Sample(id=f"s{k}", input=f"What is {k} + 1?", target=str(k + 1), metadata=kind(k)) for k in range(n)],
        grader="exact",
    )
"""
SETTINGS: dict[str, Any] = {"model": "m", "thresholds": [None, 0.5, 0.9], "epochs": 2, "cache": "off"}


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A task of 40 sums, in the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(TASK, encoding="utf-8")
    return "mine.py::sums"


def sum_or_idk(body: dict[str, Any]) -> web.StreamResponse | str:
    """Right, wrong, unsure, or a server's error, depending on the question; never on the order of requests."""
    number = int("".join(c for c in body["messages"][-1]["content"].partition("What is ")[2].split(" +")[0]))
    kind = number % 7
    if kind == 6:
        return error_response(400, "this prompt is not allowed")
    return "I don't know." if kind == 5 else str(number + 1 + kind // 4)


def shards(task: str, server: ChatServer, of: int, **more: Any) -> list[Path]:
    """Run all shards, and return their folders."""
    parts = [f"{k}/{of}" for k in range(1, of + 1)]
    settings = {**SETTINGS, "base_url": server.url, "out": "parts", "name": "sums", **more}
    return [evalkit.run(task, shard=part, **settings).folder for part in parts]


def comparable(folder: Path) -> list[dict[str, Any]]:
    """The records of a run by their keys, without what differs between two runs of the same settings: the time."""
    records = lines_of(folder / "records.jsonl")
    for record in records:
        record["completion"].pop("latency")
    return sorted(records, key=lambda one: (one["sample_id"], one["prompt_threshold"] or -1, one["epoch"]))


def cards(folder: Path) -> str:
    """The scorecards of run.json as they are written."""
    text = (folder / "run.json").read_text(encoding="utf-8")
    return text[text.index('"scorecards"') :]


def ids(folder: Path) -> set[str]:
    """Ids of the samples that a run asked."""
    return {line["sample_id"] for line in lines_of(folder / "records.jsonl")}


def test_sixteen_shards_merge_to_the_undivided_run(server: ChatServer, task: str) -> None:
    """The same records and failures, and scorecards that are the same byte for byte."""
    server.answer = sum_or_idk
    folders = shards(task, server, 16)
    single = evalkit.run(task, base_url=server.url, name="whole", out="single", **SETTINGS)
    merged = evalkit.merge(folders, "merged/whole")
    assert comparable(merged.folder) == comparable(single.folder)
    assert cards(merged.folder).replace("merged/", "single/") == cards(single.folder)
    failed = [sorted(str(evalkit_key(line)) for line in lines_of(one / "failures.jsonl")) for one in (
        merged.folder, single.folder)]  # fmt: skip
    assert failed[0] == failed[1]
    assert merged.manifest.datasets == single.manifest.datasets
    assert merged.status == "finished"


def evalkit_key(line: dict[str, Any]) -> tuple[Any, ...]:
    """What a failure is the failure of."""
    return line["task"], line["sample_id"], line["epoch"], line["prompt_threshold"]


def test_credits_and_policies_survive_merging(server: ChatServer, task: str) -> None:
    """An abstention policy is applied to the merged records as to those of the undivided run."""
    server.answer = sum_or_idk
    more: dict[str, Any] = {"policy": "consistency", "count_as": {"empty": "error"}}
    folders = shards(task, server, 3, **more)
    single = evalkit.run(task, base_url=server.url, name="whole", out="single", **SETTINGS, **more)
    evalkit.merge(folders, "merged/whole")
    assert cards(Path("merged/whole")).replace("merged/", "single/") == cards(single.folder)


def test_shards_are_disjoint_equal_in_size_and_complete(server: ChatServer, task: str) -> None:
    """Every sample is in one shard, and two shards differ by one sample at most."""
    of = [ids(folder) for folder in shards(task, server, 7)]
    assert sum(map(len, of)) == len(set().union(*of)) == 40
    assert {len(one) for one in of} == {5, 6}


def test_a_sample_stays_in_its_shard_when_the_run_grows(server: ChatServer, task: str) -> None:
    """More samples, targets or epochs leave every sample in its shard, so a shard can be extended."""
    small = evalkit.run(task, shard="2/3", limit=9, base_url=server.url, out="a", model="m")
    before = ids(small.folder)
    grown = evalkit.run(extend=small.folder, limit=30, thresholds=[0.5], epochs=1)
    assert before < ids(grown.folder)
    assert ids(grown.folder) == {f"s{k}" for k in range(1, 30, 3)}


def test_a_shard_without_samples_finishes_and_merges(server: ChatServer, task: str) -> None:
    """More shards than samples: an array job does not fail on the rest."""
    folders = shards(task, server, 5, limit=3)
    assert [len(ids(folder)) for folder in folders] == [1, 1, 1, 0, 0]
    assert len(lines_of(evalkit.merge(folders, "merged").folder / "records.jsonl")) == 3 * 3 * 2


def test_a_missing_shard_is_named(server: ChatServer, task: str) -> None:
    """Nothing is made, and the text says which is missing."""
    folders = shards(task, server, 4, limit=8)
    with pytest.raises(InputError, match=r"shards 2, 4 are missing \(of 4\)"):
        evalkit.merge(folders[::2], "merged")
    assert not Path("merged").exists()


def test_a_shard_given_twice_is_refused(server: ChatServer, task: str) -> None:
    """Also as a copy under another name."""
    folders = shards(task, server, 2, limit=4)
    copy = Path(shutil.copytree(folders[0], "copied"))
    with pytest.raises(InputError, match="shard 1/2 is given twice"):
        evalkit.merge([*folders, copy], "merged")


def test_a_record_in_two_shards_is_refused(server: ChatServer, task: str) -> None:
    """Whatever their run.json says; the text names sample and folders."""
    first, second = shards(task, server, 2, limit=4)
    line = (first / "records.jsonl").read_bytes().splitlines(keepends=True)[0]
    path = second / "records.jsonl"
    path.write_bytes(line + b"".join(path.read_bytes().splitlines(keepends=True)[1:]))
    with pytest.raises(InputError, match=rf"sample '{json.loads(line)['sample_id']}' .* in both {first} and {second}"):
        evalkit.merge([first, second], "merged")


def test_a_shard_whose_records_were_cut_is_refused(server: ChatServer, task: str) -> None:
    """It holds fewer answers than its scorecards count."""
    folders = shards(task, server, 2, limit=4)
    path = folders[1] / "records.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-2]))
    with pytest.raises(InputError, match="holds 10 answers, but counted 12"):
        evalkit.merge(folders, "merged")


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"seed": 5}, "differ in seed: 0 and 5"),
        ({"thresholds": [0.25]}, "differ in thresholds"),
        ({"task_parameters": {"n": 39}}, "differ in task_parameters"),
    ],
)
def test_shards_of_other_settings_are_refused(other: dict[str, Any], said: str, server: ChatServer, task: str) -> None:
    """The text names the setting, both values and both folders."""
    one = shards(task, server, 2, limit=4)[0]
    another = evalkit.run(task, **{**SETTINGS, "limit": 4, "base_url": server.url, "out": "o", "shard": "2/2", **other})
    with pytest.raises(InputError, match=said):
        evalkit.merge([one, another.folder], "merged")


def test_shards_of_other_data_are_refused(server: ChatServer, task: str) -> None:
    """The fingerprint of a shard is that of all samples, so shards of different data are told apart."""
    one = shards(task, server, 2)[0]
    Path("mine.py").write_text(TASK.replace("What is", "Please: what is"), encoding="utf-8")
    settings = {**SETTINGS, "base_url": server.url, "out": "o", "shard": "2/2"}
    other = evalkit.run(task, **settings)
    with pytest.raises(InputError, match="asked different data"):
        evalkit.merge([one, other.folder], "merged")


def test_shards_may_ask_different_servers(server: ChatServer, task: str) -> None:
    """How a model is reached is no setting of what is asked."""
    one = shards(task, server, 2, limit=4)[0]
    settings = {**SETTINGS, "limit": 4, "base_url": server.url + "/", "max_connections": 3, "out": "o", "shard": "2/2"}
    assert evalkit.merge([one, evalkit.run(task, **settings).folder], "merged").status == "finished"


def test_gaps_that_are_allowed_are_asked_by_resuming(server: ChatServer, task: str) -> None:
    """The merged run is interrupted; resuming it asks what the missing shards would have asked, and nothing else."""
    folders = shards(task, server, 4, limit=8)
    merged = evalkit.merge([folders[0], folders[2]], "merged", allow_gaps=True)
    assert merged.status == "interrupted"
    server.requests.clear()
    whole = evalkit.run(resume=merged.folder)
    assert (whole.status, len(server.requests)) == ("finished", 4 * 3 * 2)
    assert ids(whole.folder) == {f"s{k}" for k in range(8)}


def test_a_folder_that_exists_is_never_written(server: ChatServer, task: str) -> None:
    """Nor is a run that is no shard merged."""
    folders = shards(task, server, 2, limit=4)
    with pytest.raises(UsageError, match="exists"):
        evalkit.merge(folders, folders[0])
    undivided = evalkit.run(task, base_url=server.url, limit=2, model="m", out="o")
    with pytest.raises(InputError, match="is no shard"):
        evalkit.merge([undivided.folder], "merged")


def test_the_command_line_merges(server: ChatServer, task: str) -> None:
    """`--shard` names the folder after the shard, and `merge` prints the scores."""
    options = ["--task", task, "--model", "m", "--base-url", server.url, "--limit", "4", "--name", "x"]
    for part in ("1/2", "2/2"):
        assert CliRunner().invoke(cli, ["run", *options, "--shard", part]).exit_code == 0
    names = ["results/x-shard-1-of-2", "results/x-shard-2-of-2"]
    done = CliRunner().invoke(cli, ["merge", *names, "-o", "results/x"])
    assert done.exit_code == 0
    assert "4 answers" in done.output
    assert "merged 2 shards into results/x" in done.stderr


def test_a_schedulers_shard_is_said_on_screen(server: ChatServer, task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And `--shard none` asks everything all the same."""
    monkeypatch.setenv("EVALKIT_SHARD", "2/2")
    options = ["run", "--task", task, "--model", "m", "--base-url", server.url, "--limit", "4"]
    done = CliRunner().invoke(cli, [*options, "--name", "x"])
    assert "shard 2/2 of the samples, from EVALKIT_SHARD" in done.stderr
    assert ids(Path("results/x-shard-2-of-2")) == {"s1", "s3"}
    CliRunner().invoke(cli, [*options, "--name", "y", "--shard", "none"])
    assert len(ids(Path("results/y"))) == 4


@pytest.mark.parametrize("text", ["0/4", "5/4", "4", "a/b", "1/0", "-1/4", "1/4/2", "٣/٤", "", "1/1000001"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    """With an example of one."""
    with pytest.raises(ValueError, match="is no shard: write 3/16"):
        Shard.parse(text)


def test_a_setting_that_is_no_shard_names_the_setting(task: str) -> None:
    """In Python's words."""
    with pytest.raises(SettingError, match="shard= '9/4' is no shard"):
        evalkit.run(task, shard="9/4", model="baseline/idk")


SLURM = "SLURM_ARRAY_TASK_"


def slurm(task: int, first: int, last: int, count: int, step: int = 1) -> dict[str, str]:
    """The variables of an array's task."""
    values = {"ID": task, "MIN": first, "MAX": last, "COUNT": count, "STEP": step}
    return {SLURM + name: str(value) for name, value in values.items()}


@pytest.mark.parametrize(
    ("environment", "shard"),
    [
        ({}, None),
        ({"EVALKIT_SHARD": "3/16"}, "3/16"),
        ({"EVALKIT_SHARD": "none", **slurm(3, 0, 15, 16)}, None),
        ({"EVALKIT_SHARD": " 3 / 16 "}, "3/16"),
        (slurm(0, 0, 15, 16), "1/16"),
        (slurm(15, 0, 15, 16), "16/16"),
        (slurm(1, 1, 16, 16), "1/16"),
        (slurm(16, 1, 16, 16), "16/16"),
        (slurm(14, 10, 18, 5, step=2), "3/5"),
        ({"EVALKIT_SHARD": "1/2", **slurm(3, 0, 15, 16)}, "1/2"),
        ({"JOB_COMPLETION_INDEX": "0", "EVALKIT_SHARDS": "4"}, "1/4"),
        ({"JOB_COMPLETION_INDEX": "3", "EVALKIT_SHARDS": "4"}, "4/4"),
    ],
)
def test_schedulers_say_which_shard_this_is(environment: dict[str, str], shard: str | None) -> None:
    """SLURM arrays from any start in any step, Kubernetes indexed jobs, and evalkit's own variable before both."""
    found = find_shard(environment)
    assert (None if found is None else str(found.shard)) == shard


@pytest.mark.parametrize("start", [0, 1])
def test_an_array_that_does_not_tell_its_start_is_still_divided(start: int) -> None:
    """Whether it counts from 0 or from 1, its tasks are all shards."""
    ids = range(start, start + 5)
    found = [find_shard({SLURM + "ID": str(k), SLURM + "COUNT": "5"}) for k in ids]
    assert {one.shard.number for one in found if one} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("environment", "remedy"),
    [
        ({"EVALKIT_SHARD": "17/16"}, "write 3/16"),
        (slurm(7, 3, 7, 2), "EVALKIT_SHARD="),
        (slurm(3, 3, 3, 1) | {"EVALKIT_SHARDS": "16"}, "EVALKIT_SHARD="),
        ({SLURM + "ID": "3"}, "EVALKIT_SHARD=3/16"),
        ({SLURM + "ID": "x", SLURM + "COUNT": "4"}, "not a whole number"),
        ({"JOB_COMPLETION_INDEX": "3"}, "set EVALKIT_SHARDS"),
        ({"JOB_COMPLETION_INDEX": "4", "EVALKIT_SHARDS": "4"}, "counts from 0"),
    ],
)
def test_a_scheduler_that_says_too_little_is_not_guessed_at(environment: dict[str, str], remedy: str) -> None:
    """An array with gaps is a resubmission of some tasks: its count is not the number of shards."""
    with pytest.raises(UsageError, match=remedy):
        find_shard(environment)


def test_values_added_twice_are_found() -> None:
    """Among any number of others, and however often; parts do not run into each other."""
    digests = Digests()
    for k in range(1000):
        digests.add("task", k)
    assert digests.twice() == set()
    digests.add("task", 7)
    digests.add("task", 7)
    digests.add("tas", "k7")
    assert digests.twice() == {digest("task", 7)}
    assert len(digests) == 1003
