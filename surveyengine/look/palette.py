"""One colour of a business, made readable on light and on dark paper."""

from __future__ import annotations

import colorsys

CARD, GROUND = "#ffffff", "#f6f4ef"
DARK_CARD, DARK_GROUND, DARK_INK = "#1a2326", "#11181a", "#11181a"
READABLE = 4.5  # WCAG 2.2, 1.4.3
CLEAR = 7.0  # on dark paper thin strokes glow less than they should; more contrast brings them back
CALM = 0.47  # the most saturation on dark paper
STEP = 1 / 256


def palette(color: str) -> dict[str, str]:
    """Return the roles that the colour "#rrggbb" plays, each as "#rrggbb", for light paper and (`dark-…`) for dark.

    `accent` is readable on paper and cards, `on-accent` is readable on it, and `tint` lies under ink.
    """
    light, dark = _light(color), _dark(color)
    return {
        "accent": light,
        "on-accent": "#ffffff",
        "tint": _mixed(light, CARD, 0.09),
        "dark-accent": dark,
        "dark-on-accent": DARK_INK,
        "dark-tint": _mixed(dark, DARK_CARD, 0.16),
    }


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def css(color: str) -> str:
    """Return the palette as CSS custom properties; dark paper is for screens only."""
    roles = palette(color)
    light = ";".join(f"--{role}:{value}" for role, value in roles.items() if not role.startswith("dark-"))
    dark = ";".join(f"--{role[5:]}:{value}" for role, value in roles.items() if role.startswith("dark-"))
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _light(color: str) -> str:
    """Return the colour, darkened until it is readable on GROUND, the darker paper, and white is readable on it."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(color))
    while contrast(found := _hex(hue, lightness, saturation), GROUND) < READABLE:
        lightness -= STEP
    return found


def _dark(color: str) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(color))
    while contrast(found := _hex(hue, lightness, min(saturation, CALM)), DARK_CARD) < CLEAR:
        lightness += STEP
    return found


def _channels(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[start : start + 2], 16) / 255 for start in (1, 3, 5))
    return red, green, blue


def _hex(hue: float, lightness: float, saturation: float) -> str:
    rgb = colorsys.hls_to_rgb(hue, min(max(lightness, 0), 1), saturation)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in rgb)


def _mixed(color: str, paper: str, share: float) -> str:
    pairs = zip(_channels(color), _channels(paper), strict=True)
    return "#" + "".join(f"{round(255 * (share * one + (1 - share) * other)):02x}" for one, other in pairs)


def _luminance(color: str) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
