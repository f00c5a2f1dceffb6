"""Answers as the engine stores them: read by its forms, with what it keeps beside them."""

from __future__ import annotations

from dataclasses import replace

from ..definitions.survey import Survey
from ..engine import Engine
from ..responses import form
from ..responses.partial_answers import given
from ..responses.storing import CompleteForm, circumstances, moment_kept, response_row
from ..responses.ticket import FormToken, opened
from ..store.invitations import Invitation
from .reaction import Reaction
from .records import InvitationRecord, ResponseRecord, Row
from .visit import Visitor


class Fields(dict[str, str]):
    """The fields of a form, as the engine's forms read them."""

    def getlist(self, key: str) -> list[str]:
        """Return all that was given to a field."""
        return [self[key]] if key in self else []


class Answering:
    """Makes responses and drafts of what customers fill in."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def answered(self, asked: InvitationRecord, reaction: Reaction, language: str) -> ResponseRecord | None:
        """Return the response to an invitation, and note in it that it was answered; None for an unusable form."""
        survey, row = asked.survey, asked.row
        ticket = opened(survey.id, survey.digest, reaction.at, row["id"])
        response = self._response(survey, ticket, reaction, language)
        if response is None:
            return None
        row["answered_at"] = moment_kept(reaction.at, survey.is_anonymous)
        response.row |= {"invited": True, "test": False}
        if not survey.is_anonymous:
            known = Invitation._make(0 if name == "key" else row.get(name) for name in Invitation._fields)
            facts = {} if asked.cause is None else asked.event.data
            response.row |= circumstances(known, facts)
            response.invitation = asked
        return response

    def visited(self, survey: Survey, reaction: Reaction, visitor: Visitor) -> ResponseRecord | None:
        """Return the response of somebody who came by an open link; None for an unusable form."""
        ticket = opened(survey.id, survey.digest, reaction.at)
        said = replace(ticket, context=visitor.context, layout=visitor.layout, claimed=visitor.is_claimed)
        return self._response(survey, said, reaction, visitor.language)

    def draft(self, asked: InvitationRecord, reaction: Reaction) -> Row:
        """Return what is kept of a form that is not finished yet."""
        fields = given(asked.survey, reaction.fields.items())
        return {"digest": asked.survey.digest, "given": fields, "page": 1, "saved_at": reaction.at}

    def _response(self, survey: Survey, ticket: FormToken, reaction: Reaction, language: str) -> ResponseRecord | None:
        parsed = form.read(survey, Fields(reaction.fields), self._engine.config.business.country)
        if parsed.errors:
            return None
        row = response_row(self._engine, CompleteForm(ticket, survey, parsed, language), reaction.at)
        return ResponseRecord(row, [vars(answer) for answer in parsed.answers])
