"""From schemas to heads, on a small random model."""

from __future__ import annotations

import io
import json
import lzma
import tarfile
from pathlib import Path

import pytest
import torch

import structgen as sg
from structgen.decoding.speculation.drafters.heads import Heads, normalized
from structgen.decoding.speculation.options import TRAINED, USUAL
from structgen.decoding.speculation.training.fit import HEADS, fit, frequent_tokens
from structgen.decoding.speculation.training.schemas import read_schemas, split
from structgen.decoding.speculation.training.texts import (
    Text,
    load_texts,
    read_answers,
    save_texts,
)
from structgen.decoding.speculation.training.train import train_heads
from tests.decoding.speculation.small_models import small_generator, small_model
from tests.fakes import VOCABULARY, tree_generator

CASE = {"schema": {"type": "integer"}, "tests": [{"valid": True, "data": 1}]}


def test_schemas_of_folders_and_archives(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "in").mkdir(parents=True)
    (folder / "a.json").write_text(json.dumps(CASE))
    (folder / "in" / "b.json").write_text('{"type": "null"}')
    expected = {"a.json": {"type": "integer"}, "in/b.json": {"type": "null"}}
    assert read_schemas(folder) == expected
    for name in ("x.tar", "x.tar.xz"):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as archive:
            archive.add(folder, arcname=".")
        raw = data.getvalue()
        (tmp_path / name).write_bytes(lzma.compress(raw) if name.endswith("xz") else raw)
        assert read_schemas(tmp_path / name) == expected
    (tmp_path / "empty").mkdir()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.json").write_text("[" * 100_000)
    (tmp_path / "broken.tar").write_bytes(b"no archive")
    for bad in ("empty", "nowhere", "deep", "broken"):
        with pytest.raises(ValueError, match=bad):
            read_schemas(tmp_path / bad)


def test_the_sample_can_be_split() -> None:
    sample = read_schemas(None)
    training, held_out = split(list(sample))
    assert sorted([*training, *held_out]) == sorted(sample)
    assert len(training) > len(held_out) > 0
    fewer, _ = split(list(sample)[::2])
    assert set(fewer) <= set(training), "a schema stays on its side"
    for schema in list(sample.values())[:3]:
        sg.compile(schema, VOCABULARY)


def test_texts_come_back(tmp_path: Path) -> None:
    texts = [Text("a/b.json", [1, 2], torch.ones(2, 3).half()), Text("c", [3], torch.ones(1, 3))]
    save_texts(texts, tmp_path / "x.safetensors")
    found = load_texts(tmp_path / "x.safetensors")
    assert [(text.name, text.tokens) for text in found] == [("a/b.json", [1, 2]), ("c", [3])]
    assert torch.equal(found[0].states, texts[0].states)
    assert read_answers(tmp_path) == [[1, 2], [3]]


@pytest.mark.parametrize("sees_tokens", [False, True])
def test_heads_learn_what_can_be_learnt(sees_tokens: bool) -> None:
    """The state names the token that it chooses; the others count on from it, or at random."""
    model = small_model(hidden_size=32)
    codes = torch.randn(VOCABULARY.size, 32)

    def text(seed: int) -> Text:
        start = torch.randint(20, (1,), generator=torch.Generator().manual_seed(seed)).item()
        tokens = [int(start + place) % 20 for place in range(40)]
        return Text(str(seed), tokens, codes[tokens].half())

    training, held_out = [text(seed) for seed in range(30)], [text(seed) for seed in range(90, 96)]
    said = frequent_tokens(training)
    assert sorted(said) == list(range(20))
    words: list[str] = []
    found = fit(
        model, training, held_out, said, sees_tokens=sees_tokens, epochs=30, say=words.append
    )
    assert min(found.right) > 0.9
    assert found.heads.count == HEADS and len(words) == HEADS * 30


def test_hydra_reads_the_tokens_in_order() -> None:
    torch.manual_seed(0)
    heads = Heads({"2.down": torch.randn(3, 12), "2.up": torch.randn(4, 3)})
    state, after = torch.randn(4), normalized(torch.randn(2, 4))
    found = heads.state(2, state, after)
    assert not torch.allclose(found, heads.state(2, state, after.flip(0)))
    assert torch.allclose(found, heads.state(2, state[None], after[None])[0])


def test_trained_heads_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All from one call; the second one writes no answers again."""
    monkeypatch.setenv("STRUCTGEN_CACHE", str(tmp_path))
    made = small_generator(max_position_embeddings=1024)
    schemas = {
        name: {"type": "array", "items": {"enum": ["ab", 12, True]}, "minItems": number % 5}
        for number, name in enumerate(map(str, range(60)))
    }
    said: list[str] = []
    found = train_heads(made, schemas, tokens=10_000, epochs=2, say=said.append)
    assert sorted(found.fitted) == ["hydra", "medusa"]
    assert found.tokens > 100 and set(found.held_out) == set(split(list(schemas))[1])
    files = {path: path.stat().st_mtime_ns for path in found.folder.glob("*/*")}
    train_heads(made, schemas, tokens=10_000, epochs=1, say=said.append)
    assert files == {path: path.stat().st_mtime_ns for path in found.folder.glob("*/*")}
    for name in ("medusa", "hydra", "retrieval"):
        schema = schemas[found.held_out[0]]
        options = {"schema": schema, "fast_forward": False, "max_new_tokens": 20}
        plain = made.generate("p", at_limit="complete", **options)
        speculation = sg.Speculation(drafters=(name,), nodes=8)
        drafted = made.generate("p", at_limit="complete", speculation=speculation, **options)
        assert drafted.tokens == plain.tokens
        assert drafted.stats.drafts.drafted > 0


def test_auto_uses_what_was_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRUCTGEN_CACHE", str(tmp_path))
    made = small_generator(max_position_embeddings=1024)
    schemas = {str(n): {"enum": ["ab" * 9, "12" * 9], "title": str(n)} for n in range(40)}

    def drafters(generator: sg.Generator) -> set[str]:
        generator.generate("p", schema=True, max_new_tokens=4, at_limit="complete",
                           speculation="auto")  # fmt: skip
        ((options, _),) = generator._speculators
        return set(options.drafters) - set(USUAL)

    assert drafters(made) == set()
    train_heads(made, schemas, tokens=200, epochs=1, say=lambda _: None)
    assert drafters(small_generator(max_position_embeddings=1024)) == set(TRAINED)


def test_what_cannot_be_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRUCTGEN_CACHE", str(tmp_path))
    made, _ = tree_generator()
    with pytest.raises(sg.GenerationError, match="not a causal model"):
        train_heads(made, read_schemas(None), tokens=10, epochs=1, say=print)
    with pytest.raises(sg.GenerationError, match="too few schemas"):
        train_heads(small_generator(), {}, tokens=10, epochs=1, say=print)
    short = [Text("a", [1, 2], torch.ones(2, 16).half())]
    with pytest.raises(sg.GenerationError, match="larger ones"):
        fit(small_model(), short, short, [1, 2], sees_tokens=True, epochs=1, say=print)
