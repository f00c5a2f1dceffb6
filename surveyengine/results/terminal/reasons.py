"""The words of a table for why customers were not asked."""

from __future__ import annotations

from ...values.msgid import N_

REASONS = {
    "closed": N_("closed"),
    "no_longer_asked": N_("no longer asked"),
    "late": N_("late"),
    "no_open_time": N_("no open time"),
    "cancelled": N_("cancelled"),
    "same_occasion": N_("same occasion"),
    "no_customer": N_("no customer"),
    "opted_out": N_("opted out"),
    "declined": N_("declined"),
    "erased": N_("erased"),
    "unreachable": N_("unreachable"),
    "test": N_("test"),
    "test_only": N_("test only"),
    "not_sampled": N_("not sampled"),
    "not_drawn": N_("not drawn"),
    "cooldown": N_("cooldown"),
    "survey_cooldown": N_("survey cooldown"),
    "at_most": N_("at most"),
    "rarely": N_("less often"),
    "lot": N_("lot"),
}
