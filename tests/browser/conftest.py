"""A real browser for the tests in this folder: Chromium, closed to the network."""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from book.common import CHROMIUM_FLAGS, find_chromium


@pytest.fixture(scope="session")
def browser():
    path = find_chromium()
    if path is None:
        pytest.exit(
            "These tests need Chromium, and this machine has none. On Debian or Ubuntu: "
            "apt install chromium. Elsewhere set CHROMIUM to the program's path.",
            returncode=1,
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def address(site):
    """The site as a server gives it: http://localhost:PORT."""
    handler = partial(QuietHandler, directory=site)
    with ThreadingHTTPServer(("localhost", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()


@pytest.fixture
def open_page(browser):
    """Open an address in a window of its own: ``open_page(url, width=375, scheme="dark")``.

    Whatever the page asks of another host is refused, and fails the test; so does every error
    on the console.
    """
    contexts, faults = [], []

    def look(request):
        faults.append(f"request to {request.url}")

    def route(route, request, home):
        if urlsplit(request.url).netloc == home:
            return route.continue_()
        look(request)
        return route.abort()

    def open_page(url, width=1440, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            offline=url.startswith("file:"),
        )
        contexts.append(context)
        page = context.new_page()
        home = urlsplit(url).netloc
        if home:
            page.route("**", partial(route, home=home))
        else:
            own = ("file:", "data:", "blob:")
            page.on("request", lambda r: None if r.url.startswith(own) else look(r))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
        page.goto(url)
        return page

    open_page.faults = faults
    yield open_page
    for context in contexts:
        context.close()
    assert not faults, faults


@pytest.fixture
def page(browser):
    """A page with the network off, whose errors fail the test."""
    context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    yield page
    context.close()
    assert not errors, errors
