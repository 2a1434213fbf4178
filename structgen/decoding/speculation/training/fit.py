"""Fitting heads to texts: each learns to say, before the model's own frozen head, what came."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structgen.decoding.speculation.drafters.heads import Heads, normalized
from structgen.decoding.speculation.training.texts import Text
from structgen.errors import GenerationError

if TYPE_CHECKING:
    import torch

__all__ = ["HEADS", "Fitted", "fit", "frequent_tokens", "save_heads"]

HEADS = 4
RANK = 192
MAX_TOKENS = 3072  # that heads can say
_BATCH = 512
_RATE = 2e-3
_SEED = 0


@dataclass(frozen=True)
class Fitted:
    """Heads after training.

    Attributes:
        heads: The heads.
        right: For each head, the share of held-out tokens that it finds the most probable, of
            those that it can say.
        seconds: How long it took.
    """

    heads: Heads
    right: list[float]
    seconds: float


def frequent_tokens(texts: Sequence[Text]) -> list[int]:
    """The tokens that occur most often, most frequent first.

    Args:
        texts: Answers.
    """
    counts: Counter[int] = Counter()
    for text in texts:
        counts.update(text.tokens)
    return [token for token, _ in counts.most_common(MAX_TOKENS)]


def fit(
    model: Any,
    training: Sequence[Text],
    held_out: Sequence[Text],
    tokens: Sequence[int],
    *,
    sees_tokens: bool,
    epochs: int,
    say: Callable[[str], None],
) -> Fitted:
    """Train heads.

    Args:
        model: A causal model of transformers whose states the texts have.
        training: Texts to learn from.
        held_out: Texts of other schemas.
        tokens: Those that heads can say.
        sees_tokens: Hydra's heads, which see the tokens since the state; otherwise Medusa's.
        epochs: How often each text is seen.
        say: Told how far it is.

    Raises:
        GenerationError: Texts are too short for all heads.
    """
    import torch

    start = time.perf_counter()
    torch.manual_seed(_SEED)
    embedding = normalized(model.get_input_embeddings().weight.detach().float())
    output = model.get_output_embeddings().weight.detach().float()[list(tokens)]
    place = torch.full((len(embedding),), -1)
    place[list(tokens)] = torch.arange(len(tokens))
    width = embedding.shape[1]
    weights = {}
    for number in range(1, HEADS + 1):
        seen = (number + 1 if sees_tokens else 1) * width
        weights[f"{number}.down"] = torch.nn.Parameter(torch.randn(RANK, seen) / seen**0.5)
        weights[f"{number}.up"] = torch.nn.Parameter(torch.zeros(width, RANK))
    heads = Heads(weights)
    right = []
    for number in range(1, HEADS + 1):
        cases = _cases(training, number, place)
        parameters = [weights[f"{number}.down"], weights[f"{number}.up"]]
        optimizer = torch.optim.AdamW(parameters, lr=_RATE, weight_decay=0.01)
        steps = epochs * -(-len(cases.labels) // _BATCH)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps)
        for epoch in range(epochs):
            total = 0.0
            for batch in torch.randperm(len(cases.labels)).split(_BATCH):
                loss = _loss(heads, number, cases.at(batch), embedding, output)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                total += float(loss.detach()) * len(batch)
            say(f"head {number}, epoch {epoch + 1}: loss {total / len(cases.labels):.3f}")
        with torch.no_grad():
            right.append(_right(heads, number, _cases(held_out, number, place), embedding, output))
    weights = {name: weight.detach() for name, weight in weights.items()}
    return Fitted(Heads(weights), right, time.perf_counter() - start)


def save_heads(heads: Heads, tokens: Sequence[int], file: Path) -> None:
    """Write heads where `TrainedHeads` looks for them, in half precision.

    Args:
        heads: The heads.
        tokens: Those that they can say.
        file: Where.
    """
    import torch
    from safetensors.torch import save_file

    contents = {name: weight.half().contiguous() for name, weight in heads.weights.items()}
    contents["tokens"] = torch.tensor(list(tokens), dtype=torch.int32)
    partial = file.with_suffix(".partial")
    save_file(contents, partial)
    partial.rename(file)


@dataclass(frozen=True)
class _Cases:
    """States, the tokens since them, and what came.

    Attributes:
        states: float16[n, d].
        after: int64[n, k].
        labels: int64[n], places among the tokens that heads can say.
    """

    states: torch.Tensor
    after: torch.Tensor
    labels: torch.Tensor

    def at(self, index: torch.Tensor) -> _Cases:
        return _Cases(self.states[index], self.after[index], self.labels[index])


def _cases(texts: Sequence[Text], number: int, place: torch.Tensor) -> _Cases:
    """Those of one head: state i has chosen token i, and token i + k is to be said."""
    import torch

    states, after, labels = [], [], []
    for text in texts:
        tokens = torch.tensor(text.tokens)
        count = min(len(text.states), len(tokens) - number)
        if count > 0:
            states.append(text.states[:count])
            after.append(tokens.unfold(0, number, 1)[:count])
            labels.append(place[tokens[number : number + count]])
    if not labels:
        raise GenerationError(
            f"No answer has {number + 1} tokens, so head {number} cannot be trained or measured: "
            "give more schemas, or larger ones"
        )
    known = torch.cat(labels) >= 0
    return _Cases(torch.cat(states)[known], torch.cat(after)[known], torch.cat(labels)[known])


def _logits(
    heads: Heads, number: int, cases: _Cases, embedding: torch.Tensor, output: torch.Tensor
) -> torch.Tensor:
    return heads.state(number, cases.states.float(), embedding[cases.after]) @ output.T


def _loss(
    heads: Heads, number: int, cases: _Cases, embedding: torch.Tensor, output: torch.Tensor
) -> torch.Tensor:
    import torch

    logits = _logits(heads, number, cases, embedding, output)
    return torch.nn.functional.cross_entropy(logits, cases.labels)


def _right(
    heads: Heads, number: int, cases: _Cases, embedding: torch.Tensor, output: torch.Tensor
) -> float:
    """The share of cases in which the most probable token is the one that came."""
    import torch

    hits = 0
    for batch in torch.arange(len(cases.labels)).split(_BATCH):
        some = cases.at(batch)
        best = _logits(heads, number, some, embedding, output).argmax(-1)
        hits += int((best == some.labels).sum())
    return hits / max(1, len(cases.labels))
