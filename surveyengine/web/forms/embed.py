"""The script with which other sites show our forms: one file for all of them, with the words and colours it needs."""

from __future__ import annotations

import json
import re
from hashlib import sha256

from flask import Blueprint, Response, request

from ...i18n.speech import Catalogs
from ...look import palette
from ...responses.place import spelled
from ...settings.config import Config
from ..services import services
from ..wsgi.gzip import served
from .script import source

bp = Blueprint("embed", __name__)
FOR_EVER, FOR_A_WHILE = "public, max-age=31536000, immutable", "public, max-age=600"
PLACE = re.compile(r"/\*[^*]*\*/ null")  # where the script says what the server knows
COMMENTS, SPACE = re.compile(r"/\*.*?\*/", re.DOTALL), re.compile(r"\s+")
REMARKS = re.compile(r"(?m)^\s*//.*\n|^ +")  # lines of comment, and what sets a line in


@bp.get("/embed.js")
def embed() -> Response:
    """The script; under the address with its version, browsers may keep it for ever."""
    engine = services().engine
    content = script(engine.config, engine.catalogs)
    version = sha256(content).hexdigest()[:16]
    cache = FOR_EVER if request.args.get("v") == version else FOR_A_WHILE
    response = served(content, "text/javascript; charset=utf-8", version, cache)
    response.headers["Access-Control-Allow-Origin"] = "*"  # so that a site can pin what it loads (`integrity`)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def script(config: Config, catalogs: Catalogs) -> bytes:
    """Return the script as it is served to the sites of this business."""
    known = {"words": words(config, catalogs), "origins": origins(config), "style": style(config.business.color)}
    told = json.dumps(known, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    return PLACE.sub(lambda _: told, REMARKS.sub("", source("embed.js")), count=1).encode()


def words(config: Config, catalogs: Catalogs) -> dict[str, dict[str, str]]:
    """Return what the script says by itself, in each language of the business; the form says the rest."""
    spoken = {language: catalogs.speech(language) for language in config.languages}
    return {
        language: {
            "dir": speech.direction,
            "close": speech.gettext("Close"),
            # Translators: names the frame with a survey, and the tab at the edge of a page that opens it.
            "title": speech.gettext("Survey"),
            "label": speech.gettext("Your opinion"),
        }
        for language, speech in spoken.items()
    }


def origins(config: Config) -> list[str]:
    """Return the origins that may frame a form, as browsers spell them."""
    return sorted({spelled(origin) for origin in config.web.embed_origins})


def style(color: str) -> str:
    """Return the style of what the script puts into a page."""
    roles = palette.css(color).replace(":root", ":host")
    return roles + SPACE.sub(" ", COMMENTS.sub("", source("embed.css"))).strip()
