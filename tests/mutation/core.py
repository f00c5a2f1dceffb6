"""The modules that most of what is promised hangs on, each with the test files that are its own, the fastest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

CORE: Mapping[str, Sequence[str]] = {
    "values/clean.py": ["values/test_clean.py", "values/test_bidi.py"],
    "definitions/condition.py": ["definitions/test_condition.py"],
    "events/event.py": ["events/test_event.py"],
    "results/score.py": ["results/test_score.py"],
    "results/interval.py": ["results/test_interval.py"],
    "results/assembly.py": ["results/test_report.py", "results/test_anonymity.py", "results/test_funnel.py"],
    "store/tallies.py": ["store/test_tallies.py", "results/test_questions.py", "results/test_scores_live.py"],
    "invitations/decision.py": ["invitations/test_decision.py"],
    "invitations/round.py": [
        "invitations/test_totals.py", "invitations/test_intake.py", "invitations/test_old_events.py",
        "invitations/test_occasion.py",
    ],
    "invitations/delivery.py": ["invitations/test_delivery.py", "invitations/test_test_mode.py"],
    "responses/paging.py": ["responses/test_step.py"],
    "responses/form.py": ["responses/test_form.py", "responses/test_unchosen.py", "responses/test_kinds.py"],
    "responses/ticket.py": ["responses/test_ticket.py", "values/test_context.py", "values/test_signing.py"],
    "responses/submit.py": [
        "responses/test_posting.py", "responses/test_repeat.py", "responses/test_unchosen.py",
        "responses/test_allowance.py", "responses/test_place.py",
    ],
    "responses/storing.py": [
        "responses/test_storing.py", "responses/test_posting.py", "responses/test_repeat.py", "responses/test_kinds.py",
    ],
}  # fmt: skip
