"""What tells where passes of a model cost the same."""

from __future__ import annotations

import platform
from typing import Any

__all__ = ["describe"]


def describe(model: Any) -> str:
    """A model's shape and where it runs: passes cost the same where these are the same.

    Args:
        model: A model of transformers.
    """
    import torch

    where = [platform.node(), platform.processor(), torch.__version__, torch.get_num_threads()]
    if model.device.type == "cuda":
        where.append(torch.cuda.get_device_name(model.device))
    config = model.config.to_json_string(use_diff=False)
    return "\n".join(map(str, [*where, model.device, model.dtype, config]))
