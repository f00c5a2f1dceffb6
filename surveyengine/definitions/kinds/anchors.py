"""The words beside the answers of a scale, in English; translations/ holds them in the other languages."""

from __future__ import annotations

from collections.abc import Mapping

from ...values.msgid import N_

NOT_APPLICABLE = N_("Not applicable")
OTHER = N_("Other")

YES, PARTLY, NO = {"yes": N_("Yes")}, {"partly": N_("Partly")}, {"no": N_("No")}

ANCHORS: Mapping[str, Mapping[str, str]] = {
    "csat": {
        "1": N_("Very dissatisfied"),
        "2": N_("Dissatisfied"),
        "3": N_("Neither satisfied nor dissatisfied"),
        "4": N_("Satisfied"),
        "5": N_("Very satisfied"),
    },
    "nps": {"0": N_("Not at all likely"), "10": N_("Extremely likely")},
    "ease": {"1": N_("Very difficult"), "4": N_("Neither easy nor difficult"), "7": N_("Very easy")},
    "ces": {"1": N_("Strongly disagree"), "4": N_("Neither agree nor disagree"), "7": N_("Strongly agree")},
    "expectation": {
        "1": N_("Far below expectations"),
        "2": N_("Below expectations"),
        "3": N_("As expected"),
        "4": N_("Above expectations"),
        "5": N_("Far above expectations"),
    },
    "amount": {
        "1": N_("Not at all"),
        "2": N_("A little"),
        "3": N_("Moderately"),
        "4": N_("Very"),
        "5": N_("Extremely"),
    },
    "likely": {
        "1": N_("Very unlikely"),
        "2": N_("Unlikely"),
        "3": N_("Neither likely nor unlikely"),
        "4": N_("Likely"),
        "5": N_("Very likely"),
    },
    "yes_no": {**YES, **NO},
    "yes_partly_no": {**YES, **PARTLY, **NO},
}
"""Kind of question → value → words; a value without words is shown by its number."""
