"""Models that transformers runs in this process: a tiny one, built here with random weights."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from loopback import lines_of

import evalkit
from evalkit.errors import BadResponseError, InputError, UsageError
from evalkit.models.base import Model, ModelOptions, Request, open_model
from evalkit.records import Completion, Message

transformers = pytest.importorskip("transformers", reason="the transformers extra is not installed")
torch = pytest.importorskip("torch", reason="the transformers extra is not installed")

pytestmark = pytest.mark.filterwarnings("default")  # those of torch and transformers are not ours
TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}"
    "{% if reasoning_effort is defined %}<|{{ reasoning_effort }}|>{% endif %}<|assistant|>"
)
CONTEXT = 256


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of two layers, whose tokens are characters."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    characters = [chr(code) for code in range(32, 127)] + ["\n"]
    vocabulary = {token: number for number, token in enumerate(["<pad>", "<end>", "<unk>", *characters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<end>", unk_token="<unk>"
    )
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        max_position_embeddings=CONTEXT, eos_token_id=1, pad_token_id=0, bos_token_id=None,
    )  # fmt: skip
    path = tmp_path_factory.mktemp("weights") / "tiny"
    fast.chat_template = TEMPLATE
    fast.save_pretrained(path)
    transformers.LlamaForCausalLM(config).save_pretrained(path)
    return path


@pytest.fixture
def base(folder: Path, tmp_path: Path) -> Path:
    """The same weights without a chat template."""
    import shutil

    path = tmp_path / "base"
    shutil.copytree(folder, path, ignore=shutil.ignore_patterns("chat_template*"))
    return path


def ask(path: Path, *requests: Request, **options: Any) -> tuple[list[Completion], Model]:
    """The answers to requests made at once."""

    async def call() -> tuple[list[Completion], Model]:
        async with open_model(f"hf/{path}", ModelOptions(**options)) as model:
            return await asyncio.gather(*(model.complete(request) for request in requests)), model

    return asyncio.run(call())


def request(text: str = "How many?", **more: Any) -> Request:
    """A request of one turn."""
    return Request(messages=[Message(role="user", content=text)], **{"max_tokens": 12, **more})


def test_an_answer_with_its_counts(folder: Path) -> None:
    """As many tokens as allowed: cut off; the model's description is kept."""
    (found,), model = ask(folder, request())
    assert found.finish_reason == "length"
    assert (found.usage.prompt_tokens, found.usage.completion_tokens) == (len("<|user|>How many?<|assistant|>"), 12)
    assert len(found.text) <= 12
    assert {"transformers", "torch", "dtype", "device"} <= model.info.keys()


def test_an_answer_is_what_the_model_itself_continues(folder: Path) -> None:
    """Token for token, at temperature 0."""
    (found,), _ = ask(folder, request())
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = tokenizer("<|user|>How many?<|assistant|>", return_tensors="pt")["input_ids"]
    for _ in range(12):
        with torch.no_grad():
            ids = torch.cat([ids, model(ids).logits[:, -1:].argmax(-1)], dim=1)
    assert found.text == tokenizer.decode(ids[0, -12:], skip_special_tokens=True).strip()


def test_a_batch_answers_as_one_by_one(folder: Path) -> None:
    """Prompts of several lengths together are padded, which changes nothing."""
    asked = [request("a" * n) for n in (1, 9, 40)]
    together, _ = ask(folder, *asked)
    alone = [ask(folder, one)[0][0] for one in asked]
    assert [one.text for one in together] == [one.text for one in alone]


def test_sampling_repeats_by_its_seed(folder: Path) -> None:
    """Whatever else is asked at once."""
    one, _ = ask(folder, request(temperature=1.0, seed=7))
    again, _ = ask(folder, request("other", temperature=1.0, seed=1), request(temperature=1.0, seed=7))
    other, _ = ask(folder, request(temperature=1.0, seed=8))
    assert one[0].text == again[1].text
    assert one[0].text != other[0].text


def test_log_probabilities_are_the_models(folder: Path) -> None:
    """One for each token written, none above 0, the alternatives from the most probable on."""
    (found,), _ = ask(folder, request(logprobs=3, responses=["A", "B"]))
    assert found.logprobs is not None
    assert len(found.logprobs) == 12
    assert all(token["logprob"] <= 0 for token in found.logprobs)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    ids = tokenizer("<|user|>How many?<|assistant|>", return_tensors="pt")["input_ids"]
    with torch.no_grad():
        best = torch.log_softmax(model(ids).logits[0, -1], -1).max().item()
    assert found.logprobs[0]["logprob"] == pytest.approx(best, abs=1e-4)


def test_a_base_model_is_put_into_no_template(base: Path) -> None:
    """It asks for the plain form, in which the prompt is the text alone."""
    with pytest.raises(UsageError, match=r"no chat template, .* --form plain"):
        ask(base, request())
    (found,), model = ask(base, request(), form="plain")
    assert found.usage.prompt_tokens == len("Question: How many?\nAnswer:")
    assert model.info["form"] == "plain"


def test_an_effort_goes_into_a_template_that_knows_it(folder: Path, base: Path) -> None:
    """And is an error for one that does not."""
    (found,), _ = ask(folder, request(), reasoning_effort="high")
    assert found.usage.prompt_tokens == len("<|user|>How many?<|high|><|assistant|>")
    with pytest.raises(UsageError, match="has no place for one"):
        ask(base, request(), form="plain", reasoning_effort="high")


def test_a_prompt_that_is_too_long_is_a_failure_of_its_own(folder: Path) -> None:
    """The others of its batch are answered; an answer ends with the context."""

    async def call() -> list[Any]:
        async with open_model(f"hf/{folder}") as model:
            asked = [request("a" * CONTEXT), request(), request("a" * (CONTEXT - 30))]
            return await asyncio.gather(*map(model.complete, asked), return_exceptions=True)

    long, short, nearly = asyncio.run(call())
    assert isinstance(long, BadResponseError)
    assert "context of 256" in str(long)
    assert short.usage.completion_tokens == 12
    assert (nearly.finish_reason, nearly.usage.completion_tokens) == ("length", 30 - len("<|user|><|assistant|>"))


def test_what_cannot_be_opened_is_one_line(folder: Path, tmp_path: Path) -> None:
    """No weights, no such option or device."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"transformers cannot load .*empty"):
        ask(tmp_path / "empty", request())
    with pytest.raises(UsageError, match="no such parameter"):
        ask(folder, request(), extra={"top_p": "0.5"})
    with pytest.raises(UsageError, match="device=abacus"):
        ask(folder, request(), extra={"device": "abacus"})
    with pytest.raises(UsageError, match="hf-router/"):
        ask(folder, request(), base_url="http://x/v1")


def test_a_run_with_examples(base: Path, tmp_path: Path) -> None:
    """Recorded like any other, in the plain form."""
    result = evalkit.run("letters", model=f"hf/{base}", form="plain", limit=3, max_tokens=5, out=tmp_path / "out")
    records = lines_of(result.folder / "records.jsonl")
    assert len(records) == 3
    assert all(record["completion"]["usage"]["completion_tokens"] <= 5 for record in records)
    assert result.manifest.model["torch"] == torch.__version__
