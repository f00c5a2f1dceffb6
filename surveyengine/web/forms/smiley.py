"""Faces from sad to glad, each unlike its neighbours at the size of a finger."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Smiley:
    """SVG paths in a box of 24 × 24; the mouth of a face at either end is `open`, which fills it."""

    eyes: str  # and brows
    mouth: str
    open: bool


def smiley(gladness: float) -> Smiley:
    """Return the face of a step, from 0, the saddest, to 1, the gladdest."""
    if gladness <= 0:
        return Smiley(f"M6.9 8.3l3-1.5M17.1 8.3l-3-1.5{_eyes(9.9)}", "M8.2 17.2a3.8 3.5 0 0 1 7.6 0z", True)
    if gladness >= 1:
        return Smiley("M7.4 10q1.5-2.4 3 0M13.6 10q1.5-2.4 3 0", "M7.3 12.9h9.4a4.7 4.9 0 0 1-9.4 0z", True)
    corner, middle = 16.6 - 2.2 * gladness, 11.6 + 8 * gladness
    return Smiley(_eyes(9.4), f"M7.6 {corner:.1f}Q12 {middle:.1f} 16.4 {corner:.1f}", False)


def _eyes(y: float) -> str:
    return f"M9 {y}v.6M15 {y}v.6"
