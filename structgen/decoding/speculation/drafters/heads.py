"""Trained heads: they read the state from which the model has chosen a token and say the next ones.

A head is a small residual block before the model's own output head. Medusa's see that state alone;
Hydra's see the tokens after it too, so that what they say of a token depends on those drafted
before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structgen.cache import cache_directory
from structgen.decoding.speculation.drafters.protocol import Guess, Point, Row
from structgen.decoding.speculation.drafters.trimmed import TrimmedHead
from structgen.errors import GenerationError
from structgen.models.inner import InnerModel, fingerprint

if TYPE_CHECKING:
    import torch

__all__ = ["Heads", "Hydra", "Medusa", "TrainedHeads", "has_heads", "heads_folder", "normalized"]


class Heads:
    """The residual blocks of K heads over states of d numbers, each through r numbers.

    Head k (from 1) says the token k places after the one that its state has chosen.

    Args:
        weights: By name: for head k `k.down` is floating[r, d] or, of Hydra, floating[r, (k + 1) d]
            and `k.up` floating[d, r].
    """

    def __init__(self, weights: dict[str, torch.Tensor]) -> None:
        self.weights = weights
        self.count = sum(name.endswith(".up") for name in weights)

    def state(self, number: int, state: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
        """What the output head is given in the model's stead.

        Args:
            number: Of the head, from 1.
            state: floating[..., d], the model's.
            after: floating[..., number, d], the normalized embeddings of the tokens since then.
        """
        import torch

        down, up = self.weights[f"{number}.down"], self.weights[f"{number}.up"]
        read = normalized(state)
        if down.shape[1] > state.shape[-1]:
            read = torch.cat([read, after.flatten(-2)], -1)
        inner = torch.nn.functional.silu(torch.nn.functional.linear(read, down))
        return state + torch.nn.functional.linear(inner, up)


def normalized(values: torch.Tensor) -> torch.Tensor:
    """Vectors with a mean square of 1.

    Args:
        values: floating[..., d].
    """
    return values * values.square().mean(-1, keepdim=True).clamp(min=1e-12).rsqrt()


def heads_folder(model: Any) -> Path:
    """Where the heads of a model are kept, and the texts that they were trained on.

    Args:
        model: A model of transformers.

    Raises:
        OSError: The cache folder cannot be made.
    """
    return cache_directory() / "heads" / fingerprint(model)


def has_heads(model: Any, name: str) -> bool:
    """Whether heads were trained for a model.

    Args:
        model: A model of transformers.
        name: Of their drafter.
    """
    try:
        return (heads_folder(model) / f"{name}.safetensors").exists()
    except OSError:  # nowhere to keep them
        return False


class TrainedHeads:
    """Drafts by the heads of one kind that were trained for the model (`structgen train-heads`).

    Args:
        heads: The heads and the tokens that they can say; None reads those in the cache folder for
            whatever model is used.
    """

    name: str
    costly = True

    def __init__(self, heads: tuple[Heads, Sequence[int]] | None = None) -> None:
        self._given = heads
        self._heads: Heads | None = None
        self._output: TrimmedHead | None = None

    def begin(self, prompt: Sequence[int]) -> None:
        """Nothing is remembered."""

    def propose(self, point: Point) -> Guess:
        """What the head for this place says.

        Raises:
            GenerationError: The model does not tell its states, or has no trained heads.
        """
        if point.inside is None:
            raise GenerationError(
                f"The drafter {self.name!r} needs a model that tells its hidden states"
            )
        heads, output = self._loaded(point.inside.session.inner)
        state = point.inside.session.last_hidden
        number = len(point.inside.pending) + point.depth
        if state is None or not 1 <= number <= heads.count or point.mask is None:
            return ()
        embedding = point.inside.session.inner.embedding.weight
        after = normalized(embedding[list(point.context[-number:])])
        return output.guess(heads.state(number, state, after), point.mask)

    def observe(self, rows: Sequence[Row], added: Sequence[int]) -> None:
        """Nothing is learnt."""

    def _loaded(self, inner: InnerModel) -> tuple[Heads, TrimmedHead]:
        if self._heads is None or self._output is None:
            heads, tokens = self._given or _read(inner.model, self.name)
            self._heads = heads
            self._output = TrimmedHead(
                inner.head.weight.detach(), tokens, getattr(inner.head, "bias", None)
            )
        return self._heads, self._output


class Medusa(TrainedHeads):
    """Heads that see the last state only.

    Source:
        Cai et al., 'Medusa: Simple LLM Inference Acceleration Framework with Multiple Decoding
        Heads', ICML 2024, section 2.1.1.
    """

    name = "medusa"


class Hydra(TrainedHeads):
    """Heads that see the last state and the tokens after it.

    Source:
        Ankner et al., 'Hydra: Sequentially-Dependent Draft Heads for Medusa Decoding', COLM 2024.
    """

    name = "hydra"


def _read(model: Any, name: str) -> tuple[Heads, list[int]]:
    from safetensors.torch import load_file

    file = heads_folder(model) / f"{name}.safetensors"
    if not file.exists():
        raise GenerationError(
            f"There are no trained heads {name!r} for this model: make them with "
            "`structgen train-heads` (for the default model) or with "
            "structgen.decoding.speculation.training"
        )
    weights = load_file(file)
    tokens = weights.pop("tokens").tolist()
    weights = {key: weight.to(model.dtype).to(model.device) for key, weight in weights.items()}
    return Heads(weights), tokens
