"""The words beside the answers of a scale, in English; translations/ holds them in the other languages."""

from __future__ import annotations

from collections.abc import Mapping

NOT_APPLICABLE = "Not applicable"
OTHER = "Other"

YES, PARTLY, NO = {"yes": "Yes"}, {"partly": "Partly"}, {"no": "No"}

ANCHORS: Mapping[str, Mapping[str, str]] = {
    "csat": {
        "1": "Very dissatisfied",
        "2": "Dissatisfied",
        "3": "Neither satisfied nor dissatisfied",
        "4": "Satisfied",
        "5": "Very satisfied",
    },
    "nps": {"0": "Not at all likely", "10": "Extremely likely"},
    "ease": {"1": "Very difficult", "4": "Neither easy nor difficult", "7": "Very easy"},
    "ces": {"1": "Strongly disagree", "4": "Neither agree nor disagree", "7": "Strongly agree"},
    "expectation": {
        "1": "Far below expectations",
        "2": "Below expectations",
        "3": "As expected",
        "4": "Above expectations",
        "5": "Far above expectations",
    },
    "amount": {"1": "Not at all", "2": "A little", "3": "Moderately", "4": "Very", "5": "Extremely"},
    "likely": {
        "1": "Very unlikely",
        "2": "Unlikely",
        "3": "Neither likely nor unlikely",
        "4": "Likely",
        "5": "Very likely",
    },
    "yes_no": {**YES, **NO},
    "yes_partly_no": {**YES, **PARTLY, **NO},
}
"""Kind of question → value → words; a value without words is shown by its number."""
