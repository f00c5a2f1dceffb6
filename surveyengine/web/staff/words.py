"""How roles, and what the audit log tells of, are called."""

from __future__ import annotations

from ...definitions.fault import visible
from ...i18n.speech import Speech
from ...values.enumeration import AuditAction, Role
from ...values.msgid import N_

ROLES = {Role.VIEWER: N_("Viewer"), Role.OPERATOR: N_("Operator"), Role.ADMIN: N_("Admin")}
MAY = {
    Role.VIEWER: N_("sees scores"),
    Role.OPERATOR: N_("also sees answers and customers"),
    Role.ADMIN: N_("also manages people and keys"),
}
ACTIONS = {
    AuditAction.SIGNED_IN: N_("Sign-in"),
    AuditAction.NOT_SIGNED_IN: N_("Wrong password"),
    AuditAction.THROTTLED: N_("Too many wrong passwords"),
    AuditAction.SIGNED_OUT: N_("Sign-out"),
    AuditAction.SIGNED_OUT_EVERYWHERE: N_("Sign-out everywhere"),
    AuditAction.SESSION_ENDED: N_("Session ended"),
    AuditAction.PASSWORD_SET: N_("Password changed"),
    AuditAction.REFUSED: N_("Page refused"),
    AuditAction.FORGED: N_("Form from elsewhere refused"),
    AuditAction.EXPORTED: N_("Export"),
    AuditAction.VIEWED: N_("Look at customers or their answers"),
    AuditAction.PERSON_ADDED: N_("Person added"),
    AuditAction.PERSON_REMOVED: N_("Person removed"),
    AuditAction.ROLE_CHANGED: N_("Role changed"),
    AuditAction.LINK_MADE: N_("Link for a password made"),
    AuditAction.LINK_USED: N_("Password chosen by a link"),
    AuditAction.KEY_ADDED: N_("API key added"),
    AuditAction.KEY_REVOKED: N_("API key revoked"),
    AuditAction.SECRET_ROTATED: N_("New secret for links"),
    AuditAction.SECRET_DROPPED: N_("Former secrets dropped"),
    AuditAction.SENT_AGAIN: N_("Messages sent again"),
    AuditAction.CUSTOMER_TOLD: N_("Customer's data handed out"),
    AuditAction.CUSTOMER_CORRECTED: N_("Customer's details corrected"),
    AuditAction.CUSTOMER_ERASED: N_("Customer erased"),
}
OF_PEOPLE = (AuditAction.PERSON_ADDED, AuditAction.PERSON_REMOVED, AuditAction.ROLE_CHANGED)


def role(value: Role, speech: Speech) -> str:
    """Return what a role is called."""
    return speech.gettext(ROLES[value])


def subject(action: AuditAction, told: str, speech: Speech) -> str:
    """Return what an entry of the audit log is about, a role in the reader's words."""
    email, _, of_role = visible(told).partition(" ")
    return f"{email} · {role(Role(of_role), speech)}" if action in OF_PEOPLE else visible(told)
