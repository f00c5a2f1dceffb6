"""Who may see which page below /staff, for every address that there is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.store.schema import metadata
from surveyengine.values.enumeration import Role
from surveyengine.web.staff import access
from tests.support import business, staff

ALL = None    # for everybody
VIEWER, OPERATOR, ADMIN = Role
# Every address below /staff, and the least role that it is for. One that is not in here is a fault.
TABLE: dict[str, Role | None] = {
    "GET /staff/": VIEWER,
    "GET /staff/journey.csv": VIEWER,
    "GET /staff/journey.json": VIEWER,
    "GET /staff/journey.svg": VIEWER,
    "GET /staff/journey/<stage>/<touchpoint>": VIEWER,
    "GET /staff/journey/<stage>/<touchpoint>.csv": VIEWER,
    "GET /staff/journey/<stage>/<touchpoint>.json": VIEWER,
    "GET /staff/journey/<stage>/<touchpoint>.svg": VIEWER,
    "GET /staff/journey/<stage>/<touchpoint>/comments": OPERATOR,
    "GET /staff/journey/<stage>/<touchpoint>/comments.csv": OPERATOR,
    "GET /staff/journey/<stage>/<touchpoint>/comments.json": OPERATOR,
    "GET /staff/responses/": OPERATOR,
    "GET /staff/responses.csv": OPERATOR,
    "GET /staff/responses.json": OPERATOR,
    "GET /staff/responses/<id>": OPERATOR,
    "GET /staff/surveys/": VIEWER,
    "GET /staff/surveys.csv": VIEWER,
    "GET /staff/surveys.json": VIEWER,
    "GET /staff/surveys/<id>": VIEWER,
    "GET /staff/surveys/<id>/code.svg": VIEWER,
    "GET /staff/surveys/<id>/poster.html": VIEWER,
    "GET /staff/surveys/<id>/poster.svg": VIEWER,
    "GET /staff/sending/": VIEWER,
    "GET /staff/sending.csv": VIEWER,
    "GET /staff/sending.json": VIEWER,
    "GET /staff/sending.svg": VIEWER,
    "GET /staff/sending/messages": OPERATOR,
    "POST /staff/sending/messages/again": OPERATOR,
    "POST /staff/sending/messages/<int(max=9223372036854775807):key>/again": OPERATOR,
    "GET /staff/invitations/": OPERATOR,
    "GET /staff/invitations/<id>": OPERATOR,
    "GET /staff/customers/<path:id>": OPERATOR,
    "POST /staff/customers/correct": OPERATOR,
    "POST /staff/customers/file": ADMIN,
    "POST /staff/customers/erase": ADMIN,
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
    "GET /staff/settings/audit.csv": ADMIN,
    "GET /staff/settings/audit.json": ADMIN,
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = start(business.write(tmp_path_factory.mktemp("access") / "shop"))
    yield engine
    engine.close()


@pytest.fixture
def stranger(shop: Engine) -> FlaskClient:
    return staff.stranger(shop)


def addresses(app: Flask) -> list[str]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/staff")]
    return [f"{how} {rule.rule}" for rule in rules for how in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})]


def test_every_address_is_in_the_table(shop: Engine) -> None:
    assert sorted(addresses(create_app(shop))) == sorted(TABLE)


@pytest.mark.parametrize("role", [None, *Role])
def test_an_address_is_for_its_role_and_those_above_it(shop: Engine, role: Role | None) -> None:
    browser = staff.client(shop, role) if role else staff.stranger(shop)
    for known, needed in TABLE.items():
        method, path = known.split()
        path = re.sub(r"<[^>]*>", "1", path)
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


# What the address of each page may say. One that is not said here is refused, because it would have no effect.
PERIOD = ("from", "to", "against", "by", "every")
FILTERS = ("survey", "from", "to", "score", "language")
TAKEN: dict[str, tuple[str, ...]] = {
    "/staff/": PERIOD, "/staff/journey.csv": PERIOD, "/staff/journey.json": PERIOD, "/staff/journey.svg": PERIOD,
    **{f"/staff/journey/<stage>/<touchpoint>{style}": PERIOD for style in ("", ".csv", ".json", ".svg")},
    "/staff/journey/<stage>/<touchpoint>/comments": ("from", "to", "score", "language", "after"),
    "/staff/journey/<stage>/<touchpoint>/comments.csv": ("from", "to", "score", "language"),
    "/staff/journey/<stage>/<touchpoint>/comments.json": ("from", "to", "score", "language"),
    "/staff/responses/": (*FILTERS, "after"), "/staff/responses.csv": FILTERS, "/staff/responses.json": FILTERS,
    "/staff/sending/messages": ("state", "survey", "since", "hour", "after", "again", "kept", "left"),
    "/staff/invitations/": ("touchpoint", "from", "to", "step", "reason", "after"),
    "/staff/sending/": ("day", "who"),
    "/staff/sending.csv": ("day",), "/staff/sending.json": ("day",), "/staff/sending.svg": ("day",),
    "/staff/surveys/<id>/poster.html": ("lang",), "/staff/surveys/<id>/poster.svg": ("lang",),
    "/staff/settings/audit": ("before",), "/staff/settings/audit.csv": ("before",),
    "/staff/settings/audit.json": ("before",),
    "/staff/account": ("done",), "/staff/customers/<path:id>": ("corrected",),
}    # fmt: skip
ANY = sorted({name for names in TAKEN.values() for name in names} | {"page", "FROM"})


def test_what_an_address_says_has_an_effect_or_is_refused(shop: Engine) -> None:
    browser = staff.client(shop, Role.ADMIN)
    signed_in = [known.split()[1] for known, needed in TABLE.items() if known.startswith("GET") and needed is not None]
    for path in signed_in:
        for name in ANY:
            page = browser.get(f"{re.sub(r'<[^>]*>', '1', path)}?{name}=")
            refused = "it would have no effect" in page.text
            assert refused == (name not in TAKEN.get(path, ())), (path, name)
            assert page.status_code == 400 or not refused
    twice = browser.get("/staff/?from=2026-10-01&by=courier&by=country")
    assert (twice.status_code, "twice, and only one of them" in twice.text) == (400, True)
    assert 'href="/staff/?from=2026-10-01"' in twice.text


def test_a_view_that_says_nothing_is_shown_to_nobody(shop: Engine) -> None:
    app, bp = create_app(shop), access.addresses("forgotten")
    bp.get("/forgotten")(lambda: "a secret")
    app.register_blueprint(bp)
    page = app.test_client().get("/staff/forgotten")
    assert (page.status_code, "a secret" in page.text) == (500, False)


def test_to_look_at_a_page_changes_nothing(shop: Engine) -> None:
    browser, before = staff.client(shop, Role.ADMIN), stored(shop)
    for known in TABLE:
        method, path = known.split()
        if method == "GET":
            browser.get(re.sub(r"<[^>]*>", "1", path))
            browser.head(re.sub(r"<[^>]*>", "1", path))
    assert stored(shop) == before


def stored(engine: Engine) -> dict[str, list[str]]:
    """All rows of all tables but the audit log."""
    with engine.database.read() as connection:
        tables = [table for table in metadata.sorted_tables if table.name != "audit"]
        return {table.name: sorted(map(str, connection.execute(select(table)))) for table in tables}


ALIASES = (
    "/staff/settings/people", "/staff/settings/people/", "/STAFF/settings/people", "//staff/settings/people",
    "/staff//settings/people", "/staff/./settings/people", "/s/../staff/settings/people", "/staff/settings/people;x",
    "/s/%2e%2e/staff/settings/people", "/s/%252e%252e%252fstaff/settings/people", "/%73taff/settings/people",
    "/staff%2fsettings%2fpeople", "/static/../staff/settings/people", "/staff/settings/people%00", "/staff",
)


@pytest.mark.parametrize("path", ALIASES)
def test_no_spelling_of_an_address_opens_it(stranger: FlaskClient, path: str) -> None:
    page = stranger.get(path)
    assert page.status_code in (303, 404), path
    assert page.headers.get("Location", "/staff/sign-in").startswith("/staff/sign-in")
    assert stranger.get(path, headers={"Accept": "application/json"}).status_code in (303, 404)


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("GET", "/staff/nowhere", 404, "אין עמוד כזה"), ("GET", "/staff/sign-out", 405, "לא ניתן לשלוח דבר"),
        ("POST", "/staff/account/language", 403, "הפעולה לא בוצעה"), ("GET", "/staff/settings/keys", 403, "לתפקיד שלך"),
    ],
)  # fmt: skip
def test_what_is_refused_is_said_on_a_page_of_the_reader(
    shop: Engine, method: str, path: str, status: int, said: str
) -> None:
    page = staff.client(shop, Role.VIEWER, language="he").open(path, method=method)
    assert (page.status_code, page.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert said in page.text
    assert 'dir="rtl"' in page.text
    assert "Dana" in page.text    # the frame, with the person's menu
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_without_the_database_a_page_says_so_in_the_language_of_the_browser(shop: Engine) -> None:
    browser, shop.database.lost = staff.client(shop, Role.ADMIN), "it is gone"
    try:
        page = browser.get("/staff/settings/people", headers={"Accept-Language": "fa"})
        signing_in = browser.post("/staff/sign-in", data={"email": "dana@example.com", "password": "x"})
    finally:
        shop.database.lost = None
    assert (page.status_code, page.headers["Retry-After"]) == (503, "5")
    assert "پایگاه داده در دسترس نیست" in page.text
    assert "מסד הנתונים אינו זמין" in signing_in.text
    assert browser.get("/staff/settings/people").status_code == 200
