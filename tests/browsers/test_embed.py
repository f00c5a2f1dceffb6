"""Our forms in other sites' pages, in a real browser: a strict host, a host that is not listed, and one that lies."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, FrameLocator, Page, expect
from sqlalchemy import select

from surveyengine.app import create_app
from surveyengine.store.schema import response
from tests.support import business
from tests.support.business import CONFIG, DELIVERY
from tests.support.running import until
from tests.support.site import Site, send, served

TITLES = {"en": "Your delivery", "he": "המשלוח שלך", "fa": "تحویل سفارش شما"}
CLOSE = {"en": "Close", "he": "סגירה", "fa": "بستن"}
LANGUAGES = pytest.mark.parametrize("language", TITLES)
LISTEN = """
    window.heard = [];
    for (const name of ["ready", "answered", "submitted", "closed"])
      document.addEventListener("surveyengine:" + name, event => heard.push([name, event.detail.survey]));
    document.addEventListener("securitypolicyviolation", event => heard.push(["violation", event.violatedDirective]));
"""


class Host:
    """Another site's server; `pages` maps paths to pages, each under the strictest policy that can work."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.policy = ""
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = host.pages.get(self.path.partition("?")[0])
                self.send_response(200 if page is not None else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", host.policy)
                self.end_headers()
                self.wfile.write((page or "").encode())

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.origin = f"http://localhost:{self.port}"    # another site for browsers, not only another origin
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Shop:
    """The business's own site, beside the engine."""

    def __init__(self, host: Host, site: Site) -> None:
        self.host, self.site = host, site
        engine = f"http://127.0.0.1:{site.server.port}"
        host.policy = f"default-src 'none'; script-src {engine}; frame-src {engine}"
        self.script = f"{engine}/embed.js"

    def tag(self, **data: str) -> str:
        given = {"survey": "delivery", **data}
        told = "".join(f' data-{name.replace("_", "-")}="{value}"' for name, value in given.items())
        return f'<script src="{self.script}"{told}></script>'

    def page(self, *tags: str, body: str = "", lang: str = "en") -> None:
        around = f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>Shop</title><body>{body}'
        self.host.pages["/"] = f"{around}{''.join(tags)}"

    def responses(self) -> list[Any]:
        with self.site.engine.database.read() as connection:
            return list(connection.execute(select(response)))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    host = Host()
    config = CONFIG + f'[web]\nembed_origins = ["{host.origin}"]\nmin_fill = "0 seconds"\n'
    surveys = {"purchase/delivery": DELIVERY, "purchase/over": business.asking(closed=True)}
    with served(business.write(tmp_path_factory.mktemp("shop") / "project", surveys, config)) as site:
        yield Shop(host, site)
    host.stop()


@pytest.fixture
def shop(running: Shop) -> Shop:
    running.site.clear()
    return running


def hear_out(page: Page, *frames: Frame) -> None:
    """Wait until the page has heard a last message of each frame, and so all that came before it."""
    page.evaluate("""count => { window.heardOut = new Promise(done => addEventListener("message", event => {
        count -= event.data === "the last"
        if (count === 0) done()
    })) }""", len(frames))
    for frame in frames:
        frame.evaluate("() => parent.postMessage('the last', '*')")
    page.evaluate("heardOut")


def looking(browser: Browser) -> Iterator[Page]:
    """A page that writes down what it is told."""
    with browser.new_context(viewport={"width": 900, "height": 700}, locale="en-US") as context:
        context.set_default_timeout(10_000)
        context.add_init_script(LISTEN)
        yield context.new_page()


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[Page]:
    """Somebody who was here before."""
    yield from looking(browser)


@pytest.fixture
def stranger(browser: Browser) -> Iterator[Page]:
    """Somebody who is here for the first time."""
    yield from looking(browser)


def visit(page: Page, shop: Shop, path: str = "/") -> None:
    page.goto(f"{shop.host.origin}{path}")


def heard(page: Page) -> list[str]:
    return [name for name, _ in page.evaluate("heard")]


def wait_for(page: Page, name: str) -> None:
    page.wait_for_function("name => heard.some(one => one[0] === name)", arg=name)


def answer(form: FrameLocator, value: int = 5) -> None:
    form.locator(f"label:has(#satisfaction-{value})").click()
    send(form)
    expect(form.locator(".said h1")).to_be_visible()


# The script itself


def test_the_script_is_small_and_kept(shop: Shop) -> None:
    client = create_app(shop.site.engine).test_client()
    reply = client.get("/embed.js", headers={"Accept-Encoding": "gzip"})
    assert len(reply.data) <= 4096
    assert reply.headers["Content-Encoding"] == "gzip"
    plain = client.get("/embed.js")
    assert gzip.decompress(reply.data) == plain.data
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert "max-age=600" in plain.headers["Cache-Control"]
    tag = plain.headers["ETag"]
    assert client.get("/embed.js", headers={"If-None-Match": tag}).status_code == 304
    version = tag.strip('"')
    assert "immutable" in client.get(f"/embed.js?v={version}").headers["Cache-Control"]
    assert [word for word in ("eval(", "innerHTML", "cookie", 'setAttribute("style', "'*'") if word in plain.text] == []


# Inline


@LANGUAGES
def test_a_form_stands_in_the_page_as_high_as_it_is(shop: Shop, visitor: Page, language: str) -> None:
    shop.page(shop.tag(mode="inline", lang=language, order="A-1", order_total="9"), body="<p>Above</p>")
    shop.host.pages["/bare"] = ""
    visit(visitor, shop, "/bare")
    before = set(visitor.evaluate("Object.keys(window)"))
    visit(visitor, shop)
    wait_for(visitor, "ready")
    frame = visitor.locator("iframe")
    expect(frame).to_have_attribute("title", f"{TITLES[language]} – {business_name(language)}")
    form = visitor.frame_locator("iframe")
    expect(form.locator("html")).to_have_attribute("lang", language)
    inside = form.locator("html").evaluate("element => element.scrollHeight - innerHeight")
    assert inside <= 1
    form.locator("label:has(#satisfaction-2)").click()
    expect(form.locator("#reason")).to_be_visible()
    hidden = "element => element.scrollHeight - innerHeight"
    until(lambda: form.locator("html").evaluate(hidden) <= 1, "the frame did not grow with its form")
    answer(form)
    wait_for(visitor, "submitted")
    assert heard(visitor) == ["ready", "answered", "submitted"]
    [row] = shop.responses()
    assert (row.layout, row.language, row.claimed) == ("embed", language, True)
    assert row.context == {"order": "A-1", "order_total": "9"}
    added = set(visitor.evaluate("Object.keys(window)")) - before
    assert added <= {"0", "length"}    # the frame itself
    assert visitor.context.cookies() == []


def business_name(language: str) -> str:
    return {"en": "Nava Home", "he": "נאווה הום", "fa": "ناوا هوم"}[language]


def test_several_forms_stand_on_one_page_and_each_speaks_for_itself(shop: Shop, visitor: Page) -> None:
    shop.page(shop.tag(lang="en", place="first"), "<hr>", shop.tag(lang="fa", place="second"))
    visit(visitor, shop)
    visitor.wait_for_function("heard.filter(one => one[0] === 'ready').length === 2")
    answer(visitor.frame_locator("iframe >> nth=1"), 3)
    wait_for(visitor, "submitted")
    [row] = shop.responses()
    assert (row.context, row.language) == ({"place": "second"}, "fa")
    expect(visitor.frame_locator("iframe >> nth=0").locator("form")).to_be_visible()


def test_the_language_is_that_of_the_page_around_it(shop: Shop, visitor: Page) -> None:
    shop.page(shop.tag(), lang="he-IL")
    visit(visitor, shop)
    expect(visitor.frame_locator("iframe").locator("html")).to_have_attribute("lang", "he")


# Popup and tab


@LANGUAGES
def test_a_popup_takes_the_focus_and_gives_it_back(shop: Shop, visitor: Page, language: str) -> None:
    shop.page(shop.tag(mode="popup", lang=language))
    visit(visitor, shop)
    wait_for(visitor, "ready")
    dialog = visitor.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog).to_have_accessible_name(f"{TITLES[language]} – {business_name(language)}")
    expect(visitor.get_by_role("button", name=CLOSE[language])).to_be_visible()
    form = visitor.frame_locator("iframe")
    form.locator("#satisfaction-5").focus()
    visitor.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    wait_for(visitor, "closed")
    assert heard(visitor) == ["ready", "closed"]
    assert shop.responses() == []


def test_a_popup_is_answered_and_closed_by_its_button(shop: Shop, visitor: Page) -> None:
    shop.page(shop.tag(mode="popup", lang="en"))
    visit(visitor, shop)
    wait_for(visitor, "ready")
    answer(visitor.frame_locator("iframe"))
    visitor.get_by_role("button", name="Close").click()
    wait_for(visitor, "closed")
    assert heard(visitor) == ["ready", "answered", "submitted", "closed"]
    assert len(shop.responses()) == 1


@LANGUAGES
def test_a_tab_stands_at_the_reading_end_and_opens_the_form(shop: Shop, visitor: Page, language: str) -> None:
    shop.page(shop.tag(mode="tab", lang=language))
    visit(visitor, shop)
    tab = visitor.get_by_role("button")
    box = tab.bounding_box()
    assert box
    assert (box["x"] + box["width"] == 900) if language == "en" else (box["x"] == 0)
    assert visitor.locator("iframe").count() == 0
    tab.click()
    expect(visitor.get_by_role("dialog")).to_be_visible()
    answer(visitor.frame_locator("iframe"))
    assert [row.layout for row in shop.responses()] == ["embed"]


# When it opens


@pytest.mark.parametrize(
    ("when", "does"),
    [
        ("exit", "document.dispatchEvent(new MouseEvent('mouseout', {clientY: -1, relatedTarget: null}))"),
        ("scroll:50", "scrollTo(0, 1200)"),
        ("after:1", "0"),
        ("call", "document.dispatchEvent(new CustomEvent('surveyengine:open', {detail: 'delivery'}))"),
        ("call", "document.querySelector('script').dispatchEvent(new Event('surveyengine:open'))"),
    ],
)
def test_a_popup_opens_when_it_is_told_to(shop: Shop, visitor: Page, when: str, does: str) -> None:
    shop.page(shop.tag(mode="popup", open=when, lang="en"), body="<br>" * 120)
    visit(visitor, shop)
    assert visitor.locator("iframe").count() == 0
    visitor.evaluate(does)
    expect(visitor.get_by_role("dialog")).to_be_visible()


def test_a_call_for_another_survey_is_not_for_this_one(shop: Shop, visitor: Page) -> None:
    shop.page(shop.tag(mode="popup", open="call"))
    visit(visitor, shop)
    visitor.evaluate("document.dispatchEvent(new CustomEvent('surveyengine:open', {detail: 'website'}))")
    assert visitor.locator("iframe").count() == 0


def test_a_visitor_is_asked_once_in_a_period(shop: Shop, stranger: Page) -> None:
    shop.page(shop.tag(mode="popup", every="30 days", lang="en"))
    visit(stranger, shop)
    expect(stranger.get_by_role("dialog")).to_be_visible()
    stranger.reload()
    assert stranger.locator("iframe").count() == 0
    stranger.evaluate("localStorage.setItem('surveyengine:delivery', Date.now() - 31 * 864e5)")
    stranger.reload()
    expect(stranger.get_by_role("dialog")).to_be_visible()


def test_without_a_period_a_visitor_is_asked_each_time_and_nothing_is_kept(shop: Shop, stranger: Page) -> None:
    shop.page(shop.tag(mode="popup", lang="en"))
    for _ in range(2):
        visit(stranger, shop)
        expect(stranger.get_by_role("dialog")).to_be_visible()
    assert stranger.evaluate("localStorage.length") == 0


def test_a_page_whose_storage_is_denied_asks(shop: Shop, stranger: Page) -> None:
    stranger.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('denied') }})")
    shop.page(shop.tag(mode="popup", every="30 days"))
    visit(stranger, shop)
    expect(stranger.get_by_role("dialog")).to_be_visible()


# Whoever should not


def test_a_site_that_is_not_listed_shows_nothing(shop: Shop, visitor: Page) -> None:
    for mode in ("inline", "popup", "tab"):
        shop.page(shop.tag(mode=mode))
        visitor.goto(f"http://127.0.0.1:{shop.host.port}/")
        assert visitor.locator("iframe, button").count() == 0
    frame = f'<iframe src="{shop.site.origin}/s/delivery?embed=1&form.host={shop.host.origin}"></iframe>'
    shop.page(body=frame)
    visitor.goto(f"http://127.0.0.1:{shop.host.port}/")
    assert visitor.frame_locator("iframe").locator("form").count() == 0


def test_a_frame_that_hides_its_origin_stores_nothing(shop: Shop, visitor: Page) -> None:
    address = f"{shop.site.origin}/s/delivery?embed=1&lang=en&form.host={shop.host.origin}"
    shop.page(body=f'<iframe sandbox="allow-scripts allow-forms" src="{address}"></iframe>')
    visit(visitor, shop)
    form = visitor.frame_locator("iframe")
    form.locator("label:has(#satisfaction-5)").click()
    form.locator(".ways [type=submit]:not(.back)").click()
    expect(form.locator("h1")).to_contain_text("cannot be sent from here")
    assert shop.responses() == []


def test_a_message_from_a_foreign_frame_does_nothing(shop: Shop, visitor: Page) -> None:
    lie = {"surveyengine": 1, "type": "submitted", "height": 4000, "title": "Lies"}
    shop.host.pages["/liar"] = ""
    shop.host.policy += " 'self'"
    try:
        shop.page(shop.tag(lang="en"), body='<iframe id="liar" src="/liar"></iframe>')
        visit(visitor, shop)
        wait_for(visitor, "ready")
        liar = next(frame for frame in visitor.frames if frame.url.endswith("/liar"))
        liar.evaluate("lie => parent.postMessage(lie, '*')", lie)
        visitor.evaluate("lie => postMessage(lie, '*')", lie)
        hear_out(visitor, liar, visitor.main_frame)
        assert heard(visitor) == ["ready"]
        box = visitor.locator("iframe:not(#liar)").bounding_box()
        assert box
        assert box["height"] < 4000
    finally:
        shop.host.policy = shop.host.policy.removesuffix(" 'self'")


@pytest.mark.parametrize("mode", ["inline", "popup"])
def test_a_survey_that_has_closed_does_not_show_itself(shop: Shop, visitor: Page, mode: str) -> None:
    shop.page(shop.tag(survey="over", mode=mode))
    visit(visitor, shop)
    expect(visitor.frame_locator("iframe").locator(".said")).to_have_count(1)
    frame = visitor.locator("iframe").element_handle().content_frame()
    assert frame
    frame.wait_for_load_state()
    hear_out(visitor, frame)
    expect(visitor.locator("iframe")).to_be_hidden()
    assert heard(visitor) == []


def test_what_a_form_tells_is_neither_answer_nor_token(shop: Shop, stranger: Page) -> None:
    stranger.add_init_script("window.messages = []; addEventListener('message', event => messages.push(event.data))")
    shop.page(shop.tag(lang="en", order="Z-77"))
    visit(stranger, shop)
    wait_for(stranger, "ready")
    answer(stranger.frame_locator("iframe"))
    wait_for(stranger, "submitted")
    told: list[Mapping[str, Any]] = stranger.evaluate("messages")
    assert {key for one in told for key in one} == {"surveyengine", "type", "height", "title"}
    assert {one["type"] for one in told} - {"height"} == {"ready", "answered", "submitted"}
    assert "Z-77" not in json.dumps(told)


def test_a_page_that_is_sent_again_counts_once(shop: Shop, visitor: Page) -> None:
    shop.page(shop.tag(lang="en"))
    visit(visitor, shop)
    form = visitor.frame_locator("iframe")
    token = form.locator('input[name="form"]').get_attribute("value")
    answer(form)
    client = create_app(shop.site.engine).test_client()
    for _ in range(3):
        client.post("/s/delivery?embed=1", data={"form": token, "satisfaction": "1"})
    assert len(shop.responses()) == 1
    assert shop.site.answers() == {"satisfaction": "5"}
