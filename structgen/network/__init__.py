"""The recursive transition network: what a front end builds and the engine runs."""

from structgen.network.definitions import (
    Call,
    Capture,
    Choice,
    Definition,
    Key,
    Scan,
    TextKey,
)
from structgen.network.protocol import RETURN, UNKNOWN, Network

__all__ = [
    "RETURN",
    "UNKNOWN",
    "Call",
    "Capture",
    "Choice",
    "Definition",
    "Key",
    "Network",
    "Scan",
    "TextKey",
]
