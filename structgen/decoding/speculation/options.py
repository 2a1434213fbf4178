"""What a user can say about speculation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from structgen.decoding.speculation.drafters.early_exit import EarlyExit
from structgen.decoding.speculation.drafters.heads import Hydra, Medusa
from structgen.decoding.speculation.drafters.lookup import AnswerLookup, PromptLookup
from structgen.decoding.speculation.drafters.ngrams import Ngrams, Trigrams
from structgen.decoding.speculation.drafters.protocol import Drafter
from structgen.decoding.speculation.drafters.recycling import Recycling, StateRecycling
from structgen.decoding.speculation.drafters.retrieval import Retrieval
from structgen.decoding.speculation.verifiers import VERIFIERS, VerifierName

__all__ = ["DRAFTERS", "FORCED", "INNER", "MAX_NODES", "TRAINED", "USUAL", "Speculation"]

FORCED = "forced"  # needs the tokenizer, so the generator makes it
DRAFTERS: dict[str, Callable[[], Drafter]] = {
    drafter.name: drafter
    for drafter in (PromptLookup, AnswerLookup, Recycling, StateRecycling, Ngrams, Trigrams)
}
INNER: dict[str, Callable[[], Drafter]] = {  # look inside the model
    drafter.name: drafter for drafter in (Medusa, Hydra, EarlyExit, Retrieval)
}
MAX_NODES = 63
USUAL = (FORCED, *(name for name in DRAFTERS if name != Trigrams.name))  # n-grams know as much
TRAINED = (Hydra.name, Retrieval.name)  # used as well where `structgen train-heads` has run


@dataclass(frozen=True)
class Speculation:
    """How to speculate.

    Args:
        drafters: Names (`"forced"`, those of `DRAFTERS` and of `INNER`) and objects (`Drafter`);
            their guesses are merged into one tree.
        verifier: "match": the text is that of one-by-one decoding, token for token; "rejection":
            another draw from the same distribution; "typical": the distribution changes.
        nodes: How many drafts a forward pass looks at: a number (0 is one), or "auto", which finds
            what pays from what passes cost here.
        most_children: Of a node: 1 makes chains; None leaves it to chances.

    Raises:
        ValueError: A drafter or a verifier is not known, two drafters have one name, or a number is
            out of its range.

    Example:
        >>> Speculation(drafters=("forced", "prompt"), nodes=16).verifier
        'match'
    """

    drafters: tuple[str | Drafter, ...] = USUAL
    verifier: VerifierName = "match"
    nodes: int | Literal["auto"] = "auto"
    most_children: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "drafters", tuple(self.drafters))
        for drafter in self.drafters:
            known = (FORCED, *DRAFTERS, *INNER)
            if isinstance(drafter, str) and drafter not in known:
                raise ValueError(
                    f"There is no drafter {drafter!r}: the drafters are {', '.join(known)}"
                )
        names = [one if isinstance(one, str) else one.name for one in self.drafters]
        if len(set(names)) < len(names):
            raise ValueError(f"Drafters are told apart by their names: {', '.join(names)}")
        if self.verifier not in VERIFIERS:
            raise ValueError(
                f"There is no verifier {self.verifier!r}: the verifiers are {', '.join(VERIFIERS)}"
            )
        if self.nodes != "auto" and (
            type(self.nodes) is not int or not 0 <= self.nodes <= MAX_NODES
        ):
            raise ValueError(f'nodes must be "auto" or in 0..{MAX_NODES}, not {self.nodes!r}')
        if self.most_children is not None and self.most_children < 1:
            raise ValueError(f"most_children must be at least 1, not {self.most_children}")
