"""Mamba-2: trees of drafts in one forward pass of a model whose layers remember a state.

A layer's state after a token is its state before, decayed, and what the token adds; so the state
after a node of a tree is the text's, decayed along the path to the node, and what its ancestors
add, each decayed by the path from it to the node. The decay of a path is a product, so its
logarithm is a sum over ancestors, and all nodes' outputs are two multiplications of matrices. The
short convolution before reads the node's last ancestors, and the text's last tokens before those.

Nothing can be cut off a state. What each layer adds is kept until the path is known, and the state
at its end is made from it.

Source: Dao and Gu, 'Transformers are SSMs', ICML 2024, for the layer; Wu et al., 'STree:
Speculative Tree Decoding for Hybrid State-Space Models', 2025, for sums over ancestors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from structgen.models.described import describe
from structgen.models.separate import SeparateSessions
from structgen.models.tree import tree_equals_paths
from structgen.models.tree_mask import ancestors

if TYPE_CHECKING:
    import torch

__all__ = ["StateSpaceBackend", "StateSpaceTreeSession", "is_state_space"]

_CHUNK = 64  # tokens of a long text that are fed at once: what nodes see grows by the square
_UNKNOWN = "not tried yet"


def is_state_space(model: Any) -> bool:
    """Whether this is a model whose layers are all those of Mamba-2.

    Args:
        model: A model of transformers.
    """
    return bool(model.config.model_type == "mamba2" and hasattr(model, "backbone"))


class StateSpaceBackend:
    """A Mamba-2 model of transformers (`Backend`, `TreeBackend`).

    Args:
        model: The model; it is used as it is and put into evaluation mode.

    Raises:
        ValueError: It is none (`is_state_space`).
    """

    def __init__(self, model: Any) -> None:
        if not is_state_space(model):
            raise ValueError("The model is not a Mamba-2 model")
        self.model = model.eval()
        self.vocabulary_size = int(model.get_output_embeddings().weight.shape[0])
        self.window: int | None = None
        self._obstacle: str | None = _UNKNOWN

    def start(self) -> SeparateSessions:
        """A session whose batch is fixed by its first `forward`."""
        return SeparateSessions(lambda: StateSpaceTreeSession(self.model))

    def tree_obstacle(self) -> str | None:
        """Why trees of drafts cannot be looked at in one forward pass; None if they can."""
        import torch

        def alone(path: Sequence[int]) -> torch.Tensor:
            tokens = torch.tensor([path], device=self.model.device)
            logits: torch.Tensor = self.model(input_ids=tokens, use_cache=False).logits[0, -1]
            return logits

        if self._obstacle is _UNKNOWN:
            same = tree_equals_paths(self.model, self.start_tree, alone)
            self._obstacle = None if same else "its logits for a tree are not those of its paths"
        return self._obstacle

    def describe(self) -> str:
        """The model's shape and where it runs: passes cost the same where these are the same."""
        return describe(self.model)

    def start_tree(self) -> StateSpaceTreeSession:
        """A session of one text that looks at trees."""
        return StateSpaceTreeSession(self.model)


@dataclass
class _Shape:
    """What is fed in a pass: some tokens of the text, each the child of the one before, and a tree.

    Attributes:
        above: bool[n, n], whether token j is token i or above it.
        before: int64[n, k], for each token the last k - 1 before it on its path and the token
            itself: rows of the layer's last k - 1 inputs followed by the n new ones.
    """

    above: torch.Tensor
    before: torch.Tensor


@dataclass
class _Memory:
    """What a layer remembers of the text.

    Attributes:
        inputs: floating[k - 1, c], the convolution's last inputs.
        state: float32[h, p, s], of each head.
    """

    inputs: torch.Tensor
    state: torch.Tensor


@dataclass
class _Added:
    """What the tokens of a pass would add to a layer's memory.

    Attributes:
        inputs: floating[k - 1 + n, c], the convolution's, those of the text before first.
        decays: float32[n, h], logarithms of decays from the text's state on.
        values: float32[n, h, p], what each token adds, times
        keys: float32[n, h, s], where it adds it.
    """

    inputs: torch.Tensor
    decays: torch.Tensor
    values: torch.Tensor
    keys: torch.Tensor


class StateSpaceTreeSession:
    """One text, and what each layer remembers of it (`TreeSession`).

    Args:
        model: A Mamba-2 model of transformers.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._memories = [_empty(block.mixer) for block in model.backbone.layers]
        self._added: list[_Added] = []
        self._shape: _Shape | None = None
        self._known = 0  # tokens of the text in the last pass
        self._drafted = False

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

        Raises:
            ValueError: No token is added, or the last tree's path has not been kept.
        """
        import torch

        if not text:
            raise ValueError("The text needs at least one new token")
        if self._drafted:
            raise ValueError("Say which nodes of the last tree to keep first")
        with torch.inference_mode():
            self._settle([])
            rest = list(text)
            while len(rest) > _CHUNK:
                self._feed(rest[:_CHUNK], [], [], 1)
                self._settle([])
                rest = rest[_CHUNK:]
            logits = self._feed(rest, tokens, parents, len(tokens) + 1)
        self._drafted = bool(tokens)
        return logits.clone()  # a tensor of inference mode cannot be masked in place

    def keep_path(self, nodes: Sequence[int]) -> None:
        """Make a path of the last tree part of the text, and forget its other nodes."""
        import torch

        with torch.inference_mode():
            self._settle(nodes)
        self._drafted = False

    def _feed(
        self, text: Sequence[int], tokens: Sequence[int], parents: Sequence[int], kept: int
    ) -> torch.Tensor:
        """floating[kept, V], the logits after the last tokens that are fed."""
        import torch

        model = self._model
        known = self._known = len(text)
        whole = [*range(-1, known - 1), *(known + parent for parent in parents)]
        self._shape = _shape(whole, model.config.conv_kernel, model.device)
        states = model.backbone.embeddings(
            torch.tensor([*text, *tokens], dtype=torch.int64, device=model.device)
        )
        self._added = []
        for block, memory in zip(model.backbone.layers, self._memories, strict=True):
            inner = block.norm(states.to(block.norm.weight.dtype))
            output, added = _mix(block.mixer, inner, memory, self._shape)
            residual = states.float() if block.residual_in_fp32 else states
            states = residual + output
            self._added.append(added)
        hidden = model.backbone.norm_f(states[-kept:])
        head = model.get_output_embeddings()
        logits: torch.Tensor = head(hidden.to(head.weight.dtype)).float()
        return logits

    def _settle(self, nodes: Sequence[int]) -> None:
        """Remember the text of the last pass and a path after it."""
        if self._shape is None:
            return
        end = self._known + nodes[-1] if nodes else self._known - 1
        shape, self._shape = self._shape, None
        for memory, added in zip(self._memories, self._added, strict=True):
            memory.state = _state_at(end, memory.state, added, shape.above)
            memory.inputs = added.inputs[shape.before[end, 1:]]
        self._added = []


def _empty(mixer: Any) -> _Memory:
    import torch

    weight = mixer.conv1d.weight
    shape = (mixer.num_heads, mixer.head_dim, mixer.ssm_state_size)
    return _Memory(
        weight.new_zeros(mixer.conv_kernel_size - 1, mixer.conv_dim),
        torch.zeros(shape, dtype=torch.float32, device=weight.device),
    )


def _shape(parents: Sequence[int], kernel: int, device: Any) -> _Shape:
    """The shape of n tokens; the parent -1 is the text that is known already."""
    import torch

    above, _ = ancestors(parents)
    lines: list[list[int]] = []  # for each token, the last inputs up to it
    for node, parent in enumerate(parents):
        line = list(range(kernel - 1)) if parent < 0 else lines[parent][1:]
        lines.append([*line, kernel - 1 + node])
    return _Shape(above.to(device), torch.tensor(lines, device=device))


def _mix(
    mixer: Any, hidden: torch.Tensor, memory: _Memory, shape: _Shape
) -> tuple[torch.Tensor, _Added]:
    """What a layer's mixer makes of the tokens: floating[n, d]; and what they add to its memory.

    Args:
        mixer: A `Mamba2Mixer`.
        hidden: floating[n, d].
        memory: Of the text before.
        shape: Of the n tokens.
    """
    import torch
    from torch.nn import functional

    count = len(hidden)
    heads, width, size = mixer.num_heads, mixer.head_dim, mixer.ssm_state_size
    gate, mixed, steps = mixer.in_proj(hidden).split(
        [mixer.intermediate_size, mixer.conv_dim, heads], dim=-1
    )
    inputs = torch.cat([memory.inputs, mixed])
    around = inputs[shape.before]  # [n, k, c]
    mixed = torch.einsum("nkc,ck->nc", around, mixer.conv1d.weight.squeeze(1))
    if mixer.conv1d.bias is not None:
        mixed = mixed + mixer.conv1d.bias
    groups = mixer.n_groups * size
    values, keys, queries = (
        mixer.act(mixed).float().split([mixer.intermediate_size, groups, groups], dim=-1)
    )
    values = values.view(count, heads, width)
    keys, queries = (
        part.view(count, mixer.n_groups, size).repeat_interleave(heads // mixer.n_groups, dim=1)
        for part in (keys, queries)
    )
    steps = functional.softplus(steps + mixer.dt_bias).clamp(*mixer.time_step_limit).float()
    logs = steps * -torch.exp(mixer.A_log.float())  # [n, h]
    added = _Added(inputs, shape.above.float() @ logs, steps[..., None] * values, keys)
    paths = added.decays[:, None] - added.decays[None]  # [n, m, h], where m is above n
    paths = paths.masked_fill(~shape.above[..., None], -torch.inf).exp()
    scores = torch.einsum("nhs,mhs->nmh", queries, keys) * paths
    output = torch.einsum("nmh,mhp->nhp", scores, added.values)
    before = torch.einsum("nhs,hps->nhp", queries, memory.state)
    output = output + before * added.decays.exp()[..., None] + values * mixer.D[:, None]
    normed = mixer.norm(output.reshape(count, -1), gate)
    return mixer.out_proj(normed.to(hidden.dtype)), added


def _state_at(node: int, state: torch.Tensor, added: _Added, above: torch.Tensor) -> torch.Tensor:
    """float32[h, p, s], the state after a token of the last pass."""
    import torch

    path = above[node].nonzero()[:, 0]
    decays = (added.decays[node] - added.decays[path]).exp()  # [m, h]
    gained = torch.einsum("mh,mhp,mhs->hps", decays, added.values[path], added.keys[path])
    return state * added.decays[node].exp()[:, None, None] + gained
