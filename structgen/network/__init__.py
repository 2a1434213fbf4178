"""The recursive transition network: what a front end builds and the engine runs."""

from structgen.network.definitions import (
    Call,
    Capture,
    Choice,
    Definition,
    Key,
    Measured,
    Scan,
    TextKey,
)
from structgen.network.names import NO_NAMES, Names
from structgen.network.protocol import RETURN, UNKNOWN, Network

__all__ = [
    "NO_NAMES",
    "RETURN",
    "UNKNOWN",
    "Call",
    "Capture",
    "Choice",
    "Definition",
    "Key",
    "Measured",
    "Names",
    "Network",
    "Scan",
    "TextKey",
]
