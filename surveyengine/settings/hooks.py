"""Webhooks of other systems: [hooks.NAME] in config.toml."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from ..definitions.fault import Fault
from ..definitions.model import Many, Model, nearest
from ..definitions.toml.document import Document, Node
from ..values.enumeration import HookKind
from ..values.name import is_survey
from ..values.signing import standard_key

LEAST_KEY = 24  # bytes in a secret of Standard Webhooks 1.0
SHORTEST = 16  # characters of a secret: 112 bits are hard to guess
READY = {
    HookKind.SHOPIFY: "shopify-webhooks",
    HookKind.WOOCOMMERCE: "woocommerce-webhooks",
    HookKind.SEGMENT: "segment-events",
    HookKind.ZENDESK: "zendesk-webhooks",
}
"""The import that reads the messages of a system, unless the hook names another."""


def _secrets(raw: object) -> object:
    given = [raw] if isinstance(raw, str) else raw
    for one in given if isinstance(given, list) else ():
        if isinstance(one, str) and len(one) < SHORTEST:  # which is not shown
            raise PydanticCustomError("secret", f"is shorter than {SHORTEST} characters; make a longer one there")
    return given


class HookSettings(Model):
    """A webhook: who sends to it, by which secrets that is known, and which import reads what it sends."""

    kind: Annotated[HookKind, Field(strict=False)]
    secret: Annotated[Many[str], BeforeValidator(_secrets), Field(min_length=1, max_length=5, repr=False)]
    import_: str | None = Field(None, alias="import")

    @property
    def reader(self) -> str | None:
        """The name of the import that reads the messages; None where none is named and none is ready."""
        return self.import_ or READY.get(self.kind)


def faults(written: Document, name: str, hook: HookSettings, imports: Collection[str]) -> Iterator[Fault]:
    """Yield what is wrong with a hook; `written` is the file before its variables were filled in."""
    node = written.at("hooks", name)
    if not is_survey(name):
        yield node.fault(f"`{name}` cannot be a part of an address", "use small letters a-z, digits and hyphens")
    if hook.reader is None:
        hint = 'write import = "…", with the name of an [import.…] in this file'
        yield node.fault(f"nothing says how messages of `{name}` are read", hint)
    elif hook.reader not in imports:
        yield node.below("import").fault(f"there is no [import.{hook.reader}]", nearest(hook.reader, imports))
    yield from _secret(node.below("secret"), hook)


def _secret(node: Node, hook: HookSettings) -> Iterator[Fault]:
    given = node.value if isinstance(node.value, list) else [node.value]
    if any("${" not in one for one in given):
        message = "a secret in this file is known to all who read it"
        yield node.fault(message, 'write secret = "${HOOK_SECRET}", and set that variable where the engine runs')
    if hook.kind is HookKind.SIGNED and any(len(standard_key(one)) < LEAST_KEY for one in hook.secret):
        message = f"a secret of Standard Webhooks is {LEAST_KEY} bytes or more, in base64"
        yield node.fault(message, 'it looks like "whsec_…"; copy all of it')
