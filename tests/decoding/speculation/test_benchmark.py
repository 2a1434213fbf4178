"""The benchmark of speculation, on a toy model; its report, on records made up."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

import structgen as sg
from structgen.decoding.speculation.benchmark import (
    MODES,
    NONE,
    Blind,
    kinds,
    measure,
    read_records,
)
from structgen.decoding.speculation.benchmark_report import draw, summarize, table
from structgen.decoding.speculation.drafters.protocol import Guess
from structgen.decoding.speculation.peers import PEERS
from tests.decoding.speculation.test_equality import PERSON, some_logits
from tests.fakes import tree_generator

SCHEMAS: dict[str, Any] = {
    "person": PERSON,
    "flag": {"enum": ["name", "na"]},
    "refused": {"type": "string", "minLength": 2, "maxLength": 1},
}


def test_every_kind_gives_the_text_of_one_by_one_decoding() -> None:
    made, _ = tree_generator(some_logits(1))
    rows = kinds(["trigrams"])
    records = list(measure(made, SCHEMAS, rows, list(MODES), 9))
    refused = [record for record in records if "refused" in record]
    assert [record["schema"] for record in refused] == ["refused"]
    assert len(records) == 1 + 2 * len(rows) * len(MODES)
    found = summarize(records)
    assert [(row.mode, row.kind) for row in found] == [(m, k) for m in MODES for k in rows]
    for row in found:
        assert row.different == 0 and row.schemas == 2
        assert row.accepted <= row.drafted
    assert list(rows)[-1] == "+ trigrams"
    assert table(found).count("\n| none |") == len(MODES)


def test_a_run_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    made, _ = tree_generator(some_logits(1))
    rows = kinds()
    whole = list(measure(made, SCHEMAS, rows, ["greedy"], 9))
    file = tmp_path / "raw.jsonl"
    lines = [json.dumps(record) + "\n" for record in whole]
    file.write_text("".join(lines[:4]) + lines[4][:20])
    done = read_records(file)
    assert done == whole[:4] and file.read_text() == "".join(lines[:4])
    rest = list(measure(made, SCHEMAS, rows, ["greedy"], 9, done))
    keys = [(record["schema"], record.get("kind")) for record in done + rest]
    assert keys == [(record["schema"], record.get("kind")) for record in whole]
    assert list(measure(made, SCHEMAS, rows, ["greedy"], 9, whole)) == []


@pytest.mark.parametrize("line", ["[1]", "{}", "", "{"])
def test_files_of_something_else(tmp_path: Path, line: str) -> None:
    (tmp_path / "raw.jsonl").write_text(f"{line}\n")
    with pytest.raises(ValueError):
        read_records(tmp_path / "raw.jsonl")


def record(schema: str, kind: str, passes: int, seconds: float, tokens: int = 4) -> dict[str, Any]:
    return {
        "schema": schema,
        "mode": "greedy",
        "kind": kind,
        "tokens": [1] * tokens,
        "passes": passes,
        "seconds": seconds,
        "processor_seconds": 2 * seconds,
        "model_seconds": seconds / 2,
        "mask_seconds": seconds / 4,
        "draft_seconds": 0.0,
        "drafted": 6,
        "accepted": 4 - passes,
    }


def test_ratios_and_the_worst_schema(tmp_path: Path) -> None:
    records = [
        record("a", "tree", 1, 1.0),
        record("a", NONE, 4, 4.0),
        record("b", NONE, 4, 4.0),
        record("b", "tree", 3, 5.0, tokens=3),
        record("c", NONE, 4, 4.0),  # the other has no answer: not counted
        {"schema": "d", "refused": "why"},
    ]
    plain, tree = summarize(records)
    assert (plain.kind, plain.ratio, plain.worst[0]) == (NONE, 1.0, 1.0)
    assert (tree.schemas, tree.tokens_per_pass) == (2, 7 / 4)
    assert tree.ratio == pytest.approx(7 / 6)  # tokens a second
    assert tree.worst == (pytest.approx(0.6), "b") and tree.different == 1
    assert (tree.model, tree.masks, tree.drafting) == (0.5, 0.25, 0.0)
    assert (
        "| tree | 4 | 1.75 | 4 of 12 | 6.0 | 1.17 | 0.60 | 12.0 | 50% | 25.0% | 0.0% | 1 |"
        in table([plain, tree])
    )
    pytest.importorskip("matplotlib", reason="plots need matplotlib")
    draw([plain, tree], tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").read_text().startswith("<?xml")


def test_nothing_in_common() -> None:
    assert summarize([record("a", NONE, 1, 1.0), record("b", "tree", 1, 1.0)]) == []
    assert table([]) == ""


class _Says:
    name = "says"

    def __init__(self, guess: Guess) -> None:
        self.guess = guess

    def begin(self, prompt: Any) -> None: ...

    def propose(self, point: Any) -> Guess:
        return self.guess

    def observe(self, rows: Any, added: Any) -> None: ...


def test_blind_says_one_token() -> None:
    point: Any = SimpleNamespace()
    assert Blind([_Says([(1, 0.2), (2, 0.3)]), _Says([(3, 0.4)])]).propose(point) == [(3, 0.4)]
    assert Blind([_Says([])]).propose(point) == []


# --- Other engines' masks -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def letters() -> sg.Generator:
    """A random model over the tokens of a tokenizer that the other engines can read."""
    tokens = ["<end>", *sorted(ByteLevel.alphabet())]
    tokenizer = Tokenizer(BPE({token: number for number, token in enumerate(tokens)}, []))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(fast), hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, eos_token_id=0,
    )  # fmt: skip
    return sg.Generator(LlamaForCausalLM(config), fast)


@pytest.mark.parametrize("peer", list(PEERS))
def test_other_engines_masks(peer: str, letters: sg.Generator) -> None:
    pytest.importorskip(peer, reason="other engines are in the extra 'bench'")
    schema = {"enum": ["abc", "abd", "xyz"]}
    rows: dict[str, Any] = {NONE: None}
    records = list(measure(letters, {"s": schema}, rows, list(MODES), 9, peers=[peer]))
    kinds_by_mode = {(record["mode"], record["kind"]) for record in records}
    plain = {(mode, NONE) for mode in MODES}
    assert kinds_by_mode == plain | {("greedy", peer), ("sampled", peer)}
    texts = {"".join(letters.vocabulary.tokens[t].decode() for t in r["tokens"]) for r in records}
    assert texts <= {'"abc"', '"abd"', '"xyz"'}
    for record in records:
        if record["kind"] == peer:
            assert len(record["tokens"]) == 5 and 5 <= record["passes"] <= 6
    refusals = list(measure(letters, {"s": {"type": "nonsense"}}, rows, ["greedy"], 9))
    assert [record.get("refused") is not None for record in refusals] == [True]


def test_a_schema_that_another_engine_refuses(letters: sg.Generator) -> None:
    pytest.importorskip("llguidance", reason="other engines are in the extra 'bench'")
    schema = {"type": "string", "pattern": "(a)\\1"}
    with pytest.raises(sg.GenerationError, match="llguidance"):
        PEERS["llguidance"](letters)(schema)


def test_a_drafter_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="no drafter 'oracle'"):
        kinds(["oracle"])
    assert isinstance(kinds()["+ state"], sg.Speculation)
