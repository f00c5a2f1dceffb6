"""Who may see which page below /staff, for every address that there is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.values.enumeration import Role
from tests.support import business, staff

ALL = None    # for everybody
VIEWER, OPERATOR, ADMIN = Role
# Every address below /staff, and the least role that it is for. One that is not in here is a fault.
TABLE: dict[str, Role | None] = {
    "GET /staff/": VIEWER,
    "GET /staff/journey.csv": VIEWER,
    "GET /staff/journey.json": VIEWER,
    "GET /staff/sign-in": ALL,
    "POST /staff/sign-in": ALL,
    "POST /staff/sign-out": VIEWER,
    "GET /staff/first/<token>": ALL,
    "POST /staff/first/<token>": ALL,
    "GET /staff/account": VIEWER,
    "POST /staff/account/language": VIEWER,
    "POST /staff/account/password": VIEWER,
    "POST /staff/account/sessions/<int(max=9223372036854775807):key>/end": VIEWER,
    "POST /staff/account/sessions/end": VIEWER,
    "GET /staff/settings/people": ADMIN,
    "POST /staff/settings/people": ADMIN,
    "POST /staff/settings/people/<id>/link": ADMIN,
    "POST /staff/settings/people/<id>/role": ADMIN,
    "POST /staff/settings/people/<id>/remove": ADMIN,
    "GET /staff/settings/keys": ADMIN,
    "POST /staff/settings/keys": ADMIN,
    "POST /staff/settings/keys/revoke": ADMIN,
    "GET /staff/settings/audit": ADMIN,
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = start(business.write(tmp_path_factory.mktemp("access") / "shop"))
    yield engine
    engine.close()


def addresses(app: Flask) -> list[str]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/staff")]
    return [f"{how} {rule.rule}" for rule in rules for how in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]


def test_every_address_is_in_the_table(shop: Engine) -> None:
    assert sorted(addresses(create_app(shop))) == sorted(TABLE)


@pytest.mark.parametrize("role", [None, *Role])
def test_an_address_is_for_its_role_and_those_above_it(shop: Engine, role: Role | None) -> None:
    for known, needed in TABLE.items():
        method, path = known.split()
        path = re.sub(r"<[^>]*>", "1", path)
        browser = staff.client(shop, role) if role else staff.stranger(shop)
        page = browser.open(path, method=method)
        led_to_sign_in = page.status_code == 303 and "/sign-in" in page.headers["Location"]
        if needed is None:
            assert not led_to_sign_in, known
        elif role is None:
            assert led_to_sign_in, known
        elif not role.covers(needed):
            assert page.status_code == 403, known
        else:
            forged = "was not done" in page.text and page.status_code == 403
            assert forged == (method == "POST"), known    # it carried no token
            assert not led_to_sign_in, known
