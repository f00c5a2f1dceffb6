"""The browsers that customers use, each behind the same small window: Chromium, Firefox and WebKit.

Firefox and WebKit are those of Debian: `apt-get install firefox-esr webkit2gtk-driver xvfb openbox`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Frame, Page, sync_playwright
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests.conftest import CHROMIUM, CHROMIUM_OPTIONS

PATIENCE = 10.0    # seconds
FIREFOX = ("firefox-esr", "firefox")
FIREFOX_SETTINGS: dict[str, str | float | bool] = {
    "browser.sessionhistory.max_total_viewers": 0,    # Playwright cannot go back to a page that was kept whole
    "network.proxy.type": 1,                          # nothing of it talks to anybody else
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
}
WEBKIT_DRIVER = "WebKitWebDriver"
WEBKIT_NEEDS = (WEBKIT_DRIVER, "Xvfb", "openbox")
# Else its toolbar lets no window be narrower than 447 pixels.
GTK_CSS = (
    "* { min-width: 0; min-height: 0; padding: 0; margin: 0; border-width: 0 } "
    "toolbar *, headerbar * { -gtk-icon-transform: scale(0.1); font-size: 1px }"
)
# Finds an element in a page or in a shadow tree of it.
FIND = """selector => {
    const find = root => root.querySelector(selector)
        || [...root.querySelectorAll("*")].map(one => one.shadowRoot && find(one.shadowRoot)).find(Boolean)
    return find(document) || null
}"""

FILL = "arguments[0].value = arguments[1]; for (const type of ['input', 'change']) " \
    "arguments[0].dispatchEvent(new Event(type, {bubbles: true}))"


class Absent(Exception):
    """A browser, or what it needs, is not on this machine."""


class Window(ABC):
    """What is open in a browser: a page, or a frame of it.

    A selector finds the first element, in shadow trees too. A function is JavaScript, which gets what is given.
    """

    failures: tuple[type[Exception], ...]

    @abstractmethod
    def open(self, address: str) -> None:
        """Go to an address, and wait until it is there."""

    @abstractmethod
    def ask(self, function: str, *given: Any) -> Any:
        """Return what a function says."""

    @abstractmethod
    def click(self, selector: str) -> None:
        """Press an element where it is."""

    @abstractmethod
    def write(self, selector: str, text: str) -> None:
        """Write in a field, instead of what is there."""

    @abstractmethod
    def choose(self, selector: str, label: str) -> None:
        """Choose from a list what has these words."""

    @abstractmethod
    def press(self, key: str) -> None:
        """Press a key: Tab, Space, Enter, ArrowDown or Escape."""

    @abstractmethod
    def back(self) -> None:
        """Go back as the browser's own button does."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Make the window that large, in CSS pixels."""

    @abstractmethod
    @contextmanager
    def frame(self) -> Iterator[Window]:
        """The window inside the first frame of this one."""

    def until(self, function: str, *given: Any, patience: float = PATIENCE) -> Any:
        """Wait until a function says something true; return it."""
        end = time.monotonic() + patience
        while True:
            try:
                if said := self.ask(function, *given):
                    return said
                trouble = None
            except self.failures as error:    # the page is being left
                trouble = error
            assert time.monotonic() < end, f"in vain for {patience} s: {function} {trouble or ''}"
            time.sleep(0.03)

    def turn(self, selector: str) -> None:
        """Click on what leads to another page, and wait until that is there."""
        self.ask("() => { document.documentElement.dataset.left = '' }")
        self.click(selector)
        self.until("() => !('left' in document.documentElement.dataset) && document.readyState === 'complete'")


class PlaywrightWindow(Window):
    """A page in Chromium or Firefox."""

    failures = (PlaywrightError,)

    def __init__(self, page: Page, frame: Frame | None = None) -> None:
        self.page, self.inside = page, frame or page.main_frame

    def open(self, address: str) -> None:
        self.page.goto(address)

    def ask(self, function: str, *given: Any) -> Any:
        return self.inside.evaluate(f"given => ({function})(...given)", list(given))

    def click(self, selector: str) -> None:
        self.inside.locator(selector).first.click()

    def write(self, selector: str, text: str) -> None:
        self.inside.locator(selector).fill(text)

    def choose(self, selector: str, label: str) -> None:
        self.inside.locator(selector).select_option(label=label)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)

    def back(self) -> None:
        self.page.go_back()

    def resize(self, width: int, height: int) -> None:
        self.page.set_viewport_size({"width": width, "height": height})

    @contextmanager
    def frame(self) -> Iterator[Window]:
        found = self.inside.locator("iframe").element_handle().content_frame()
        assert found
        yield type(self)(self.page, found)


class FirefoxWindow(PlaywrightWindow):
    """A page in Firefox, where Playwright's mouse misses what is in frames."""

    def click(self, selector: str) -> None:
        if self.inside == self.page.main_frame:
            super().click(selector)
        else:
            self.inside.locator(selector).first.evaluate("one => one.click()")


class QuietFirefox(PlaywrightWindow):
    """A page in Firefox without scripts, where Playwright waits for ever for a frame to be drawn."""

    def click(self, selector: str) -> None:
        locator = self.inside.locator(selector).first
        locator.evaluate("one => one.scrollIntoView({block: 'center'})")
        box = locator.bounding_box()
        assert box
        self.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def write(self, selector: str, text: str) -> None:
        self.click(selector)
        self.page.keyboard.type(text)


class WebKitWindow(Window):
    """The page in WebKit. It has one window, so that a frame is the same window, turned to it."""

    failures = (WebDriverException,)

    def __init__(self, driver: webdriver.Remote) -> None:
        self.driver, self.framed = driver, False

    def open(self, address: str) -> None:
        self.driver.get(address)

    def ask(self, function: str, *given: Any) -> Any:
        return self.driver.execute_script(f"return ({function})(...arguments)", *given)

    def find(self, selector: str) -> WebElement:
        """Return the element, in the middle of what is seen: the driver does not bring everything there."""
        found: WebElement = self.until(FIND, selector)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
        return found

    def click(self, selector: str) -> None:
        element = self.find(selector)
        if self.framed or not self.driver.find_elements(By.CSS_SELECTOR, selector):
            self.driver.execute_script("arguments[0].click()", element)    # in frames the driver misses
        else:
            element.click()

    def write(self, selector: str, text: str) -> None:
        element = self.find(selector)
        if self.framed:
            self.driver.execute_script(FILL, element, text)    # and its keys reach nothing
        else:
            element.clear()
            element.send_keys(text)

    def choose(self, selector: str, label: str) -> None:
        Select(self.find(selector)).select_by_visible_text(label)

    def press(self, key: str) -> None:
        keys = {"Tab": Keys.TAB, "Space": " ", "Enter": Keys.ENTER, "ArrowDown": Keys.ARROW_DOWN, "Escape": Keys.ESCAPE}
        ActionChains(self.driver).send_keys(keys[key]).perform()

    def back(self) -> None:
        self.driver.back()

    def resize(self, width: int, height: int) -> None:
        self.driver.set_window_size(width, height)

    @contextmanager
    def frame(self) -> Iterator[Window]:
        self.driver.switch_to.frame(self.find("iframe"))
        self.framed = True
        yield self
        self.framed = False
        self.driver.switch_to.default_content()


class Engine(ABC):
    """A browser at work, with one page for all; what it starts ends with `running`."""

    def __init__(self, running: ExitStack) -> None:
        self.running = running

    @abstractmethod
    @contextmanager
    def window(self, scripts: bool = True) -> Iterator[Window]:
        """A window with a page that runs scripts, or not."""


class Chromium(Engine):
    """Chromium, as most customers have it in one of its forms."""

    def __init__(self, running: ExitStack, folder: Path) -> None:
        super().__init__(running)
        path = program(CHROMIUM)
        playwright = running.enter_context(sync_playwright())
        self.browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        running.callback(self.browser.close)
        self.page = self.browser.new_page()

    @contextmanager
    def window(self, scripts: bool = True) -> Iterator[Window]:
        with ExitStack() as here:
            page = self.page if scripts else here.enter_context(self.browser.new_page(java_script_enabled=False))
            page.set_default_timeout(PATIENCE * 1000)
            yield PlaywrightWindow(page)


class Firefox(Engine):
    """Firefox; without scripts it is another one, because its pages cannot be told one by one."""

    def __init__(self, running: ExitStack, folder: Path) -> None:
        super().__init__(running)
        self.path = program(FIREFOX)
        self.playwright = running.enter_context(sync_playwright())
        self.page = running.enter_context(self.launched())

    @contextmanager
    def launched(self, scripts: bool = True) -> Iterator[Page]:
        """A page of one that is started so."""
        settings = {**FIREFOX_SETTINGS, "javascript.enabled": scripts}
        firefox = self.playwright.firefox
        with closing(
            firefox.launch(executable_path=self.path, channel="moz-firefox", firefox_user_prefs=settings)
        ) as browser:
            page = browser.new_page()
            page.set_default_timeout(PATIENCE * 1000)
            yield page

    @contextmanager
    def window(self, scripts: bool = True) -> Iterator[Window]:
        with ExitStack() as here:
            page = self.page if scripts else here.enter_context(self.launched(scripts=False))
            yield (FirefoxWindow if scripts else QuietFirefox)(page)


class WebKit(Engine):
    """WebKit as GTK has it, on a screen of its own that nobody sees; without scripts it is another one."""

    def __init__(self, running: ExitStack, folder: Path) -> None:
        super().__init__(running)
        if lacking := [name for name in WEBKIT_NEEDS if shutil.which(name) is None]:
            raise Absent(f"no WebKit: {', '.join(lacking)} not on PATH")
        self.path = minibrowser()
        (folder / "gtk-3.0").mkdir()
        (folder / "gtk-3.0" / "gtk.css").write_text(GTK_CSS)
        screen = running.enter_context(display())
        self.environment = {**os.environ, "DISPLAY": screen, "XDG_CONFIG_HOME": str(folder)}
        running.enter_context(started(["openbox"], env=self.environment))    # without it no window has the focus
        self.driver = running.enter_context(self.launched("--automation"))

    @contextmanager
    def launched(self, *arguments: str) -> Iterator[webdriver.Remote]:
        """One that is started so."""
        options = Options()
        options.binary_location = self.path
        for argument in arguments:
            options.add_argument(argument)
        with ExitStack() as here:
            service = Service(shutil.which(WEBKIT_DRIVER), env=self.environment)
            service.start()
            here.callback(service.stop)
            executor = RemoteConnection(client_config=ClientConfig(service.service_url))
            driver = webdriver.Remote(executor, options=options)
            here.callback(driver.quit)
            yield driver

    @contextmanager
    def window(self, scripts: bool = True) -> Iterator[Window]:
        with ExitStack() as here:    # the last one that was started has the keyboard
            quiet = ("--automation", "--enable-javascript=false")
            driver = self.driver if scripts else here.enter_context(self.launched(*quiet))
            driver.switch_to.default_content()    # a test may have failed inside
            yield WebKitWindow(driver)


ENGINES: dict[str, type[Chromium | Firefox | WebKit]] = {"chromium": Chromium, "firefox": Firefox, "webkit": WebKit}


@contextmanager
def running(name: str, folder: Path) -> Iterator[Engine]:
    """A browser of this kind, which may keep files of its own in an empty folder. Raises Absent."""
    with ExitStack() as stack:
        yield ENGINES[name](stack, folder)


def program(names: Sequence[str]) -> str:
    """Return where the first of these programs is; Absent where none is."""
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        raise Absent(f"no browser: none of {', '.join(names)} is on PATH")
    return path


def minibrowser() -> str:
    """Return where WebKit's own small browser is; Absent where it is not."""
    found = sorted(Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser"))
    if not found:
        raise Absent("no WebKit: no MiniBrowser below /usr/lib/*/webkit2gtk-4*")
    return str(found[-1])


@contextmanager
def display() -> Iterator[str]:
    """A screen that nobody sees, as the name that programs find it by."""
    heard, told = os.pipe()
    server = ["Xvfb", "-displayfd", str(told), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    with started(server, pass_fds=[told]):
        os.close(told)
        with os.fdopen(heard) as number:
            yield f":{number.readline().strip()}"


@contextmanager
def started(command: Sequence[str], **more: Any) -> Iterator[None]:
    """A program that runs beside us."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)
