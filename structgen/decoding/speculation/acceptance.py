"""How often guesses came true, by drafter and by how sure it was."""

from __future__ import annotations

__all__ = ["Acceptance"]

_GRADES = 10
_WEIGHT = 4.0  # of a drafter's own word, in cases


class Acceptance:
    """Chances corrected by experience.

    Example:
        >>> acceptance = Acceptance()
        >>> acceptance.chance("prompt", 0.9)
        0.9
        >>> for _ in range(96):
        ...     acceptance.record("prompt", 0.9, came_true=False)
        >>> round(acceptance.chance("prompt", 0.9), 3)
        0.036
    """

    def __init__(self) -> None:
        self._cases: dict[tuple[str, int], tuple[int, int]] = {}

    def chance(self, name: str, said: float) -> float:
        """The chance of a guess, given what its drafter said."""
        cases, true = self._cases.get(_grade(name, said), (0, 0))
        return (true + _WEIGHT * said) / (cases + _WEIGHT)

    def record(self, name: str, said: float, *, came_true: bool) -> None:
        """One more case."""
        grade = _grade(name, said)
        cases, true = self._cases.get(grade, (0, 0))
        self._cases[grade] = cases + 1, true + came_true


def _grade(name: str, said: float) -> tuple[str, int]:
    return name, min(int(said * _GRADES), _GRADES - 1)
