"""A small canvas for charts, as SVG: whoever draws counts from where reading starts, and knows no left or right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from markupsafe import Markup, escape

from ..values.bidi import without
from ..values.enumeration import Direction

Point = tuple[float, float]
"""How far from where reading starts, and how far from the top."""
Anchor = Literal["start", "middle", "end"]


@dataclass
class Canvas:
    """A drawing of that size, whose `direction` alone decides where it starts. Kinds are classes of the style sheet."""

    width: float
    height: float
    direction: Direction
    parts: list[Markup] = field(default_factory=list)

    def x(self, at: float) -> float:
        """Return the distance from the left edge."""
        return at if self.direction == Direction.LTR else self.width - at

    def line(self, start: Point, end: Point, kind: str) -> None:
        """Draw a straight line."""
        self._add('<path class="{}" d="{}"/>', kind, self._path((start, end)))

    def path(self, points: Sequence[Point], kind: str) -> None:
        """Draw a line from point to point."""
        if len(points) > 1:
            self._add('<path class="{}" d="{}"/>', kind, self._path(points))

    def area(self, points: Sequence[Point], kind: str) -> None:
        """Fill what lies within these points."""
        if len(points) > 2:
            self._add('<path class="{}" d="{}z"/>', kind, self._path(points))

    def bar(self, start: Point, end: Point, kind: str, round: float = 0) -> None:
        """Fill the rectangle between two corners, the first nearer to the start and the top."""
        left = min(self.x(start[0]), self.x(end[0]))
        size = (_short(left), _short(start[1]), _short(abs(end[0] - start[0])), _short(end[1] - start[1]))
        corner = Markup(' rx="{}"').format(_short(round)) if round else ""
        self._add('<rect class="{}" x="{}" y="{}" width="{}" height="{}"{}/>', kind, *size, corner)

    def dot(self, at: Point, kind: str, radius: float, words: str = "") -> None:
        """Draw a disc or a ring; its words are for the mouse."""
        named = Markup("><title>{}</title></circle>").format(without(words)) if words else Markup("/>")
        place = (_short(self.x(at[0])), _short(at[1]), _short(radius))
        self._add('<circle class="{}" cx="{}" cy="{}" r="{}"{}', kind, *place, named)

    def text(self, at: Point, words: str, kind: str = "", anchor: Anchor = "start") -> None:
        """Write words that start, end, or have their middle there."""
        place = (_short(self.x(at[0])), _short(at[1]))
        shown = Markup(' text-anchor="{}"').format(anchor) if anchor != "start" else ""
        known = Markup(' class="{}"').format(kind) if kind else ""
        self._add('<text x="{}" y="{}"{}{}>{}</text>', *place, known, shown, words)

    def svg(self, kind: str, words: str = "") -> Markup:
        """Return the drawing; without words it is a decoration, of which a screen reader says nothing."""
        said = Markup('role="img" aria-label="{}"').format(words) if words else Markup('aria-hidden="true"')
        turned = Markup(' direction="rtl"') if self.direction == Direction.RTL else ""
        size = (_short(self.width), _short(self.height))
        head = Markup('<svg class="{}" viewBox="0 0 {} {}" {}{}>').format(kind, *size, said, turned)
        return head + Markup("").join(self.parts) + Markup("</svg>")

    def _add(self, template: str, *values: object) -> None:
        self.parts.append(Markup(template).format(*map(escape, values)))  # noqa: S704  # our own templates

    def _path(self, points: Sequence[Point]) -> str:
        return "M" + "L".join(f"{_short(self.x(across))} {_short(down)}" for across, down in points)


def _short(number: float) -> str:
    """Return a length to a tenth, which is less than anybody sees."""
    return f"{number:.1f}".removesuffix(".0")
