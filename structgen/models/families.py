"""Which backend a model of transformers gets."""

from __future__ import annotations

import inspect
from typing import Any

from structgen.errors import GenerationError
from structgen.models.causal import CausalBackend
from structgen.models.encoder_decoder import EncoderDecoderBackend, first_token
from structgen.models.protocol import Backend
from structgen.models.state_space import StateSpaceBackend, is_state_space

__all__ = ["backend_of"]


def backend_of(model: Any) -> Backend:
    """The backend of a model.

    Args:
        model: A model of transformers that writes text: causal, encoder-decoder or Mamba-2.

    Raises:
        GenerationError: What it remembers between passes cannot be given to it, or it does not say
            what its answers begin with.
    """
    if model.config.is_encoder_decoder:
        if first_token(model) is None:
            raise GenerationError(
                "The model's configuration has no decoder_start_token_id: set it, so that the "
                "decoder knows what its text begins with"
            )
        return EncoderDecoderBackend(model)
    if is_state_space(model):
        return StateSpaceBackend(model)
    if "past_key_values" not in inspect.signature(model.forward).parameters:
        raise GenerationError(
            f"{type(model).__name__} keeps no cache of keys and values, and is no Mamba-2: "
            "structgen cannot go on from one token to the next with it"
        )
    return CausalBackend(model)
