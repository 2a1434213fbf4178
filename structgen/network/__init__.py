"""The recursive transition network: what a front end builds and the engine runs."""

from structgen.network.definitions import Call, Choice, Definition, Key, Scan
from structgen.network.protocol import RETURN, Network

__all__ = ["RETURN", "Call", "Choice", "Definition", "Key", "Network", "Scan"]
