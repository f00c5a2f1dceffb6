"""Days and periods on the command line: --from, --to and --since."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from ..values import period
from ..values.clean import unmarked


class DayType(click.ParamType[date]):
    """A day, such as 2026-11-20."""

    name = "yyyy-mm-dd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return period.day(unmarked(value).strip())
        except ValueError as error:
            self.fail(f"{value!r} {error}", param, ctx)


DAY = DayType()
