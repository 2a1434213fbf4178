"""The engines, each in one module that is imported only in the engine's own process."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from jsonschemabench.engines.protocol import Engine, Session, Source, Unsatisfiable

__all__ = ["ENGINES", "Engine", "Session", "Source", "Unsatisfiable", "open_engine"]

# Name: (module:class, the distribution whose version is reported)
ENGINES: dict[str, tuple[str, str]] = {
    "structgen": ("jsonschemabench.engines.structgen:Structgen", "structgen"),
    "llguidance": ("jsonschemabench.engines.llguidance:LLGuidance", "llguidance"),
    "xgrammar": ("jsonschemabench.engines.xgrammar:XGrammar", "xgrammar"),
    "outlines-core": ("jsonschemabench.engines.outlines_core:OutlinesCore", "outlines-core"),
    "lm-format-enforcer": (
        "jsonschemabench.engines.lm_format_enforcer:LMFormatEnforcer",
        "lm-format-enforcer",
    ),
}


def open_engine(target: str, ranks: Path) -> Engine:
    """Make the engine at `module:class` over the vocabulary of a file of ranks."""
    module, _, name = target.partition(":")
    engine: Engine = getattr(import_module(module), name)(ranks)
    return engine
