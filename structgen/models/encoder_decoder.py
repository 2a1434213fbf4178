"""T5 and its like: the encoder reads the prompt once, the decoder writes the answer.

Trees are in the decoder's attention to itself; what it sees of the prompt is the same for all
nodes. Positions enter as a bias on the scores of attention, by how far apart two tokens are. The
model counts that in places of the cache; for a tree the difference between the bias of the tokens'
depths and the bias of their places is added with the mask, so the model itself is not touched.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from structgen.models.described import describe
from structgen.models.room import DynamicRoom
from structgen.models.separate import SeparateSessions
from structgen.models.tree import ATTENTION, tree_equals_paths
from structgen.models.tree_mask import TreeView, additive, tree_view

if TYPE_CHECKING:
    import torch

__all__ = ["EncoderDecoderBackend", "EncoderDecoderSession", "EncoderDecoderSessions"]

_UNKNOWN = "not tried yet"


class EncoderDecoderBackend:
    """An encoder-decoder model of transformers (`Backend`, `TreeBackend`).

    Args:
        model: The model; it is used as it is and put into evaluation mode.

    Raises:
        ValueError: It does not say what its answers begin with.
    """

    def __init__(self, model: Any) -> None:
        if first_token(model) is None:
            raise ValueError("The model's configuration has no decoder_start_token_id")
        self.model = model.eval()
        self.vocabulary_size = int(model.get_output_embeddings().weight.shape[0])
        window = getattr(model.config, "max_position_embeddings", None)
        self.window: int | None = None if window is None else int(window)
        self._obstacle: str | None = _UNKNOWN

    def start(self) -> EncoderDecoderSessions:
        """A session whose batch is fixed by its prompts."""
        return EncoderDecoderSessions(self.model)

    def tree_obstacle(self) -> str | None:
        """Why trees of drafts cannot be looked at in one forward pass; None if they can."""
        if self._obstacle is _UNKNOWN:
            self._obstacle = _tree_obstacle(self.model)
        return self._obstacle

    def describe(self) -> str:
        """The model's shape and where it runs: passes cost the same where these are the same."""
        return describe(self.model)

    def start_tree(self) -> EncoderDecoderSession:
        """A session of one text that looks at trees.

        Raises:
            ValueError: There is an obstacle.
        """
        obstacle = self.tree_obstacle()
        if obstacle is not None:
            raise ValueError(f"The model cannot look at trees: {obstacle}")
        return EncoderDecoderSession(self.model)


class EncoderDecoderSession:
    """One prompt, and the text that the decoder writes (`TreeSession`, `PromptSession`).

    Args:
        model: An encoder-decoder model of transformers; trees only where there is no obstacle.
    """

    def __init__(self, model: Any) -> None:
        from transformers import DynamicCache, EncoderDecoderCache

        self._model = model
        self._room = DynamicRoom()
        self._cache = EncoderDecoderCache(self._room.cache, DynamicCache())
        self._encoded: Any = None
        self._length = 0  # tokens of the decoder's text that are in the cache
        self._drafted = 0  # nodes that are in the cache after them

    def read(self, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
        """Encode the prompt; see `PromptSession.read`.

        Raises:
            ValueError: There is not one prompt.
        """
        import torch

        if len(prompts) != 1:
            raise ValueError(f"The session has one text, not {len(prompts)}")
        tokens = torch.tensor([list(prompts[0])], device=self._model.device)
        with torch.inference_mode():
            self._encoded = self._model.get_encoder()(input_ids=tokens)
        first = first_token(self._model)
        assert first is not None, "the backend has looked"
        return [[first]]

    def forward(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """Add tokens to the text; see `Session.forward`.

        Raises:
            ValueError: There is not one row, or it is empty; or as `forward_tree`.
        """
        (row,) = rows
        return self.forward_tree(row, [], [])

    def forward_tree(
        self, text: Sequence[int], tokens: Sequence[int], parents: Sequence[int]
    ) -> torch.Tensor:
        """Add tokens to the text and look at a tree after it; see `TreeSession.forward_tree`.

        Where nothing has been read, the tokens are those of a prompt of one token, the text's
        first: costs are measured so.

        Raises:
            ValueError: No token is added, or the last tree's path has not been kept.
        """
        import torch

        if not text:
            raise ValueError("The text needs at least one new token")
        if self._drafted:
            raise ValueError("Say which nodes of the last tree to keep first")
        if self._encoded is None:
            self.read([text[:1]])
        device = self._model.device
        view = tree_view(self._length, len(text), parents)
        with torch.inference_mode():
            output = self._model(
                encoder_outputs=self._encoded,
                decoder_input_ids=torch.tensor([[*text, *tokens]], device=device),
                decoder_attention_mask=self._mask(view) if tokens else None,
                past_key_values=self._cache,
                use_cache=True,
            )
        self._length += len(text)
        self._drafted = len(tokens)
        return output.logits[0, -len(tokens) - 1 :].clone()  # may be masked in place

    def keep_path(self, nodes: Sequence[int]) -> None:
        """Make a path of the last tree part of the text, and forget its other nodes."""
        if self._drafted:
            self._room.keep(self._length, self._drafted, nodes)
            self._length += len(nodes)
        self._drafted = 0

    def _mask(self, view: TreeView) -> torch.Tensor:
        """floating[1, heads, n, m], what is seen, and the bias of depths less that of places."""
        import torch

        model = self._model
        attention = _biased_attention(model)
        places = torch.arange(len(view.seen))
        here = places[-len(view.positions) :]
        difference = _bias(attention, view.positions, view.seen) - _bias(attention, here, places)
        mask = additive(view.allowed, model.dtype, len(view.seen)).to(model.device)
        return torch.where(mask < 0, mask, difference)


class EncoderDecoderSessions(SeparateSessions):
    """A batch of prompts and the texts written for them (`Session`, `PromptSession`).

    Args:
        model: An encoder-decoder model of transformers.
    """

    def __init__(self, model: Any) -> None:
        super().__init__(lambda: EncoderDecoderSession(model))
        self._model = model

    def read(self, prompts: Sequence[Sequence[int]]) -> list[list[int]]:
        """Encode the prompts; see `PromptSession.read`."""
        sessions = [EncoderDecoderSession(self._model) for _ in prompts]
        begun = [
            session.read([prompt])[0] for session, prompt in zip(sessions, prompts, strict=True)
        ]
        self._sessions = list(sessions)
        return begun


def first_token(model: Any) -> int | None:
    """What the decoder's text begins with, or None where the model does not say."""
    for config in (getattr(model, "generation_config", None), model.config):
        token = getattr(config, "decoder_start_token_id", None)
        if token is not None:
            return int(token)
    return None


def _biased_attention(model: Any) -> Any:
    """The first layer's attention of the decoder to itself, whose bias is that of all layers."""
    return model.get_decoder().block[0].layer[0].SelfAttention


def _bias(attention: Any, positions: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
    """floating[1, heads, n, m], the bias of tokens at some positions for tokens at others."""
    weight = attention.relative_attention_bias.weight
    buckets = attention._relative_position_bucket(
        (seen[None] - positions[:, None]).to(weight.device),
        bidirectional=False,
        num_buckets=attention.relative_attention_num_buckets,
        max_distance=attention.relative_attention_max_distance,
    )
    bias: torch.Tensor = weight[buckets].permute(2, 0, 1)[None]
    return bias


def _has_bias(block: Any) -> bool:
    attention = getattr(block.layer[0], "SelfAttention", None)
    return bool(getattr(attention, "has_relative_attention_bias", False))


def _tree_obstacle(model: Any) -> str | None:
    import torch

    attention = getattr(model.config, "_attn_implementation", None)
    if attention not in ATTENTION:
        return f"its attention ({attention}) takes no mask of a tree"
    decoder = model.get_decoder()
    blocks: Any = getattr(decoder, "block", ())
    biased = [_has_bias(block) for block in blocks]
    if not biased or not biased[0] or any(biased[1:]):
        return "its decoder's positions are not those of T5, a bias of the first layer"
    if "past_key_values" not in inspect.signature(model.forward).parameters:
        return "its cache cannot be given"

    def alone(path: Sequence[int]) -> torch.Tensor:
        logits: torch.Tensor = model(
            input_ids=torch.tensor([path[:1]], device=model.device),
            decoder_input_ids=torch.tensor([path], device=model.device),
            use_cache=False,
        ).logits[0, -1]
        return logits

    if tree_equals_paths(model, lambda: EncoderDecoderSession(model), alone):
        return None
    return "its logits for a tree are not those of its paths"
