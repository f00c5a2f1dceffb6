"""The closed lists of words in files, tables, the API and the command line."""

from __future__ import annotations

from enum import StrEnum


class JourneyStage(StrEnum):
    """A stage of the customer's journey, in its order."""

    PRE_PURCHASE = "pre-purchase"
    PURCHASE = "purchase"
    POST_PURCHASE = "post-purchase"
    RELATIONSHIP = "relationship"


STAGES = tuple(JourneyStage)

CUSTOMER_DETAILS = ("id", "email", "phone", "name", "language", "timezone", "role", "account")
"""What an event may tell of its customer."""


class HookKind(StrEnum):
    """Whose webhooks are taken; `signed` are those of Standard Webhooks, whoever sends them."""

    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"
    SEGMENT = "segment"
    ZENDESK = "zendesk"
    SIGNED = "signed"


class SurveyMode(StrEnum):
    """Who knows whose an answer is: the business, the engine alone, or nobody."""

    IDENTIFIED = "identified"
    CONFIDENTIAL = "confidential"
    ANONYMOUS = "anonymous"


DEFAULT_MODE = SurveyMode.IDENTIFIED
"""The mode of a version that names none."""


class InvitationState(StrEnum):
    """What became of an invitation; it is uncertain where nobody knows whether its message arrived."""

    PLANNED = "planned"
    SENT = "sent"
    REFUSED = "refused"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class SendingState(StrEnum):
    """The state of a message's delivery; it is claimed by one worker from the attempt until its outcome."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    HANDED_OVER = "handed_over"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class ReminderEnd(StrEnum):
    """Why a customer is not reminded, beside the reasons for which nobody is invited."""

    ANSWERED = "answered"
    BEGUN = "begun"
    EXPIRED = "expired"


class Reason(StrEnum):
    """Why a customer is not invited."""

    CLOSED = "closed"
    NO_LONGER_ASKED = "no_longer_asked"
    LATE = "late"
    NO_OPEN_TIME = "no_open_time"
    CANCELLED = "cancelled"
    SAME_OCCASION = "same_occasion"
    NO_CUSTOMER = "no_customer"
    OPTED_OUT = "opted_out"
    DECLINED = "declined"
    ERASED = "erased"
    UNREACHABLE = "unreachable"
    TEST = "test"
    TEST_ONLY = "test_only"
    NOT_SAMPLED = "not_sampled"
    NOT_DRAWN = "not_drawn"
    COOLDOWN = "cooldown"
    SURVEY_COOLDOWN = "survey_cooldown"
    AT_MOST = "at_most"
    RARELY = "rarely"
    LOT = "lot"


LESS_OFTEN = "*"
"""What stands in place of a touchpoint for a customer who wants to be invited less often, whatever about."""

BY_LOT = (Reason.NOT_SAMPLED, Reason.NOT_DRAWN)
BY_LIMIT = (Reason.COOLDOWN, Reason.SURVEY_COOLDOWN, Reason.AT_MOST)
BEFORE_LOT = (
    Reason.CLOSED, Reason.NO_LONGER_ASKED, Reason.LATE, Reason.NO_OPEN_TIME, Reason.CANCELLED, Reason.SAME_OCCASION,
    Reason.NO_CUSTOMER, Reason.OPTED_OUT, Reason.DECLINED, Reason.ERASED, Reason.UNREACHABLE, Reason.TEST,
    Reason.TEST_ONLY, Reason.RARELY,
)  # fmt: skip
"""What was never for a lot or a limit to decide, or the customer decided afterwards."""
ABOUT_OCCASION = (Reason.CANCELLED, Reason.SAME_OCCASION)
"""What may be otherwise when an event comes to light that was earlier."""


class KeyScope(StrEnum):
    """What an API key is for."""

    EVENTS = "events"
    READ = "read"
    ADMIN = "admin"


class Role(StrEnum):
    """What somebody of the business may do below /staff: each role may all that those before it may.

    A viewer sees scores, an operator answers and customers too, an admin manages people and keys. The scopes of API
    keys have nothing to do with it.
    """

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def covers(self, needed: Role) -> bool:
        """Whether this role may what is for that one."""
        ranks = [*Role]
        return ranks.index(self) >= ranks.index(needed)


class AuditAction(StrEnum):
    """What the audit log tells of."""

    SIGNED_IN = "signed_in"
    NOT_SIGNED_IN = "not_signed_in"
    THROTTLED = "throttled"
    SIGNED_OUT = "signed_out"
    SIGNED_OUT_EVERYWHERE = "everywhere_out"
    SESSION_ENDED = "session_ended"
    PASSWORD_SET = "password_set"  # noqa: S105  # a word for the log
    REFUSED = "refused"
    FORGED = "forged"
    EXPORTED = "exported"
    VIEWED = "viewed"
    PERSON_ADDED = "person_added"
    PERSON_REMOVED = "person_removed"
    ROLE_CHANGED = "role_changed"
    LINK_MADE = "link_made"
    LINK_USED = "link_used"
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"
    SECRET_ROTATED = "secret_rotated"  # noqa: S105  # a word for the log
    SECRET_DROPPED = "secret_dropped"  # noqa: S105  # a word for the log
    SENT_AGAIN = "sent_again"
    CUSTOMER_TOLD = "customer_told"
    CUSTOMER_CORRECTED = "corrected"
    CUSTOMER_ERASED = "erased"


class FormLayout(StrEnum):
    """How a form is shown: as a page of its own, in a frame of another page, or on a tablet in a shop."""

    PAGE = "page"
    EMBED = "embed"
    KIOSK = "kiosk"


class Against(StrEnum):
    """What a period is compared with: the one before, the same days a year before, or nothing."""

    PREVIOUS = "previous"
    YEAR = "year"
    NONE = "none"


class ScoreBand(StrEnum):
    """The customer satisfaction of one answer: 4 or 5, 3, or 1 or 2 of 5; or any of them."""

    SATISFIED = "satisfied"
    NEITHER = "neither"
    DISSATISFIED = "dissatisfied"
    RATED = "rated"


class SurveyStanding(StrEnum):
    """How a served survey stands: it asks, its file closes it, it was ended, or its file is missing."""

    LIVE = "live"
    CLOSED = "closed"
    RETIRED = "retired"
    GONE = "gone"


class TrendUnit(StrEnum):
    """What a trend has a point for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class MailScheme(StrEnum):
    """The schemes of the e-mail URL: by which way mails leave."""

    FILE = "file"
    CONSOLE = "console"
    SMTP = "smtp"
    SMTPS = "smtps"


class Direction(StrEnum):
    """The direction in which a language is written."""

    LTR = "ltr"
    RTL = "rtl"
