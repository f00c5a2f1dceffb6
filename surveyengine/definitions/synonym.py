"""Names in other survey programs and query languages, and ours for the same things."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping


def _by_word(lines: Mapping[str, str]) -> dict[str, str]:
    return {word: ours for ours, words in lines.items() for word in words.split()}


def folded(word: str) -> str:
    """Return a word in the spelling of these tables: small letters, and _ between its parts."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word.strip())
    return re.sub(r"[\s/.-]+", "_", parted.lower())


KINDS = _by_word(
    {
        'kind = "choice"': "dropdown drop_down select radio radios radio_button radio_buttons single single_choice"
        " single_select one multiple_choice mcq option options pick combobox list enum",
        'kind = "choices"': "checkbox checkboxes check_box multi multiple multi_choice multi_select multiselect many"
        " select_multiple check tags",
        'kind = "rating" and look = "stars"': "star stars star_rating",
        'kind = "rating" and look = "smileys"': "smiley smileys emoji emojis faces smiley_rating",
        'kind = "rating", with its ends in `low` and `high`': "slider scale linear_scale range numeric numbers rate"
        " opinion_scale numeric_scale score grade points five_point",
        'kind = "ces", to agree from 1 to 7; or kind = "rating", with words of your own in `low` and `high`': "likert"
        " likert_scale agreement agree_disagree agree_scale semantic_differential",
        'kind = "text"': "textarea text_area textbox text_box comment comments open open_text open_ended free_text"
        " freetext free paragraph long_text short_text longtext shorttext string verbatim memo essay input feedback",
        'kind = "yes_no"': "boolean bool toggle yesno yes_or_no true_false binary thumbs switch ja_nein",
        'kind = "yes_partly_no"': "yes_no_partly yes_partially_no yesnopartly partly",
        'kind = "matrix"': "grid table matrix_table likert_matrix matrix_single multiple_grid",
        'kind = "ranking"': "rank order ordering sort drag_and_drop sorting",
        'kind = "email"': "mail e_mail email_address",
        'kind = "phone"': "tel telephone mobile cell phone_number msisdn",
        'kind = "number"': "int integer float decimal amount_of quantity digits",
        'kind = "date"': "datetime day calendar date_picker datepicker time",
        'kind = "note"': "info information statement heading html message description section label markdown static",
        'kind = "consent"': "agree terms gdpr privacy accept acceptance opt_in permission approval",
        'kind = "csat"': "satisfaction satisfied customer_satisfaction",
        'kind = "nps"': "net_promoter net_promoter_score recommend recommendation promoter",
        'kind = "ces" for "they made it easy", or kind = "ease" for "how easy was it?"': "effort customer_effort"
        " customer_effort_score",
        'kind = "likely"': "likelihood probability likely_unlikely",
        'kind = "expectation"': "expectations expected",
    }
)
"""Of a kind of question: what to write instead."""

TESTS = _by_word(
    {
        "at_most": "lte le max maximum <= ≤ =< less_or_equal less_than_or_equal up_to not_above not_more_than most",
        "at_least": "gte ge min minimum >= ≥ => greater_or_equal greater_than_or_equal from not_below"
        " least not_less_than",
        "below": "lt < less less_than under smaller smaller_than lower fewer_than",
        "above": "gt > greater greater_than over more more_than larger bigger_than higher",
        "is": "eq equals equal = == === equal_to value same",
        "is_not": "ne neq not != <> ≠ not_equal not_equals isnt unequal",
        "in": "one_of any_of among oneof isin is_in either",
        "not_in": "nin none_of not_one_of notin is_not_in except",
        "contains": "like includes include has substring match matches contain regex",
        "answered": "exists exist is_set set present filled given is_answered not_null notnull empty is_null null"
        " defined",
    }
)
_KEYS = {
    one: frozenset(words.split())
    for one, words in {
        "text": "label question question_text wording prompt ask title caption content sentence",
        "title": "heading headline caption survey_title text",
        "kind": "type question_type format answer_type category",
        "hint": "help description help_text subtitle explanation placeholder note info",
        "required": "mandatory must obligatory is_required compulsory require",
        "required, with the opposite of that value": "optional skippable",
        "options": "choices answers values items alternatives responses option",
        "rows": "items statements subquestions questions lines",
        "show_if": "condition if when visible_if only_if depends_on display_if logic branch skip_if show_when visible",
        "look": "style display widget appearance icon",
        "low": "left min_label low_label start_label minimum_label lowest",
        "high": "right max_label high_label end_label maximum_label highest",
        "middle": "mid mid_label neutral center centre",
        "min": "minimum from lowest_value start",
        "max": "maximum to highest_value steps end",
        "shuffle": "random randomize randomise random_order randomized",
        "not_applicable": "na allow_na n_a no_answer dont_know not_relevant",
        "other": "allow_other has_other other_option",
        "limit": "max_length maxlength length max_chars",
        "question": "questions fields items pages elements",
        "goal": "purpose objective description aim notes comment",
        "closed": "disabled paused inactive archived status draft finished",
        "closed, with the opposite of that value": "enabled active open published live is_open",
        'mode = "anonymous"': "anonymous anonymity is_anonymous",
        'mode = "confidential"': "confidential confidentiality",
        'mode = "identified"': "identified personal",
        "mode": "privacy",
        "was": "formerly previous old_id renamed_from former_id aliases",
        "invite": "invitation trigger send distribution email mail when",
        "on": "event trigger event_type start after_event type",
        "every": "interval repeat schedule frequency recurring cron",
        "after": "delay wait send_after in later",
        "expires": "expire expiry expiration valid_for valid ttl timeout deadline lifetime",
        "cancel_on": "cancel cancelled_by stop_on unless cancel_if",
        "remind": "reminder reminders remind_after follow_up",
        "channels": "channel via by medium",
        "sample": "percent percentage share probability chance rate sampling",
        "body": "email_body mail_body message mail_text lead",
        "from_name": "from sender sender_name from_address",
        "subject": "email_subject mail_subject subject_line headline",
        "csat": "value percent score goal target satisfaction satisfied",
        "languages": "language lang langs locale locales",
        "timezone": "time_zone tz zone",
        "url": "address link website site domain host base_url server uri",
        "color": "colour accent brand_color primary_color theme",
        "name": "title company brand business label",
        "cooldown": "quiet_period pause rest min_gap gap",
        "at_most": "limit max max_per_customer frequency_cap cap",
        "quiet_hours": "do_not_disturb night silent_hours quiet quiet_time",
        "test_only": "test whitelist allowlist sandbox only_to",
        "from": "sender from_address mail_from reply_to",
        "embed_origins": "origins allowed_origins cors domains",
        "business": "company shop brand organization organisation",
        "journey": "stages stage phases",
        "events": "event event_types triggers",
        "database": "db storage sql",
        "sending": "send limits rules invitations throttle",
        "fields": "data columns attributes properties",
    }.items()
}
"""Keys with the words for them; a word can mean another key in another table."""


def kind(word: str, known: Collection[str]) -> str:
    """Return what to write for a kind of question by another program's name; "" for an unknown name."""
    return f'kind = "{folded(word)}"' if folded(word) in known else KINDS.get(folded(word), "")


def meant(word: str, known: Collection[str]) -> str:
    """Return the one kind of question that another program's name means; "" for an unknown or ambiguous name."""
    found = re.findall(r'kind = "(\w+)"', kind(word, known))
    return found[0] if len(found) == 1 else ""


def test(word: str, known: Collection[str]) -> str:
    """Return the test of a condition by another language's name; "" for an unknown name."""
    found = TESTS.get(folded(word), "")
    return found if found in known else ""


def key(word: str, known: Collection[str]) -> str:
    """Return a hint with the known key that another program's name means; "" for an unknown name."""
    ours = (one for one, words in _KEYS.items() if folded(word) in words)
    return next((f"write {_quoted(one)}" for one in ours if re.split(r"\W", one)[0] in known), "")


def _quoted(ours: str) -> str:
    name, comma, rest = ours.partition(",")
    return f"`{name}`{comma}{rest}"
