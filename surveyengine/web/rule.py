"""The rules that lead from an address to a view."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from werkzeug import routing


class Rule(routing.Rule):
    """A rule that compiles how its address is built when one is first asked for: nearly none ever is."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = cache(super()._compile_builder)

        def build(rule: Rule, /, **values: object) -> tuple[str, str]:
            return compiled(append_unknown)(rule, **values)

        return build
