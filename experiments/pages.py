"""How heavy the book's pages are, beside the same pages of a stock Jupyter Book.

Builds the book twice, once as it is and once without the extensions and ``_static/book.css``,
serves both from this machine, and opens two pages of each in a fresh Chromium. Prints a Markdown
table. Bytes are those of the responses, not compressed, fonts and pictures in view included. The
times are medians and depend on the machine; their ratio does so less. Run it on an idle machine:
``.venv/bin/python -m experiments.pages``.
"""

import statistics
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import yaml
from playwright.sync_api import sync_playwright

from book.common import CHROMIUM_FLAGS, copy_book, find_chromium
from book.site import build_site

PAGES = {"first page": "intro.html", "chapter 5": "chapters/05-a-first-dense-network.html"}
RUNS = 5
ENTRIES = """() => {
  const page = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return {paint: paint.startTime, interactive: page.domInteractive}; }"""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def stock_book(folder):
    """A copy of the book without this project's extensions of the pages."""
    book = Path(folder, "book")
    copy_book(book)
    (book / "_static" / "book.css").unlink()
    config = yaml.safe_load((book / "_config.yml").read_text("utf-8"))
    keep = {"book.sphinx.quiz_page": "."}
    config["sphinx"]["local_extensions"] = keep
    for name in ("mathjax_path", "html_context"):
        config["sphinx"]["config"].pop(name, None)
    (book / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
    # the link to the zip would lead nowhere, which is no warning
    return book


def serve(folder):
    server = ThreadingHTTPServer(("localhost", 0), partial(QuietHandler, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://localhost:{server.server_port}"


def measure(browser, url):
    """Requests, scripts, bytes, and times of a page in a fresh window."""
    responses = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.on("response", lambda response: responses.append(response))
    foreign = []
    page.on("request", lambda r: None if "//localhost" in r.url else foreign.append(r.url))
    page.goto(url, wait_until="load")
    page.wait_for_timeout(500)
    result = page.evaluate(ENTRIES)
    local = [r for r in responses if "//localhost" in r.url and r.status == 200]
    scripts = [r for r in local if r.request.resource_type == "script"]
    result |= {
        "bytes": sum(len(r.body()) for r in local),
        "script bytes": sum(len(r.body()) for r in scripts),
        "scripts": len(scripts),
        "other hosts": len(foreign),
    }
    context.close()
    return result


def main():
    path = find_chromium()
    if path is None:
        sys.exit("This needs Chromium. On Debian or Ubuntu: apt install chromium")
    with tempfile.TemporaryDirectory() as work, sync_playwright() as playwright:
        build_site(Path(work, "ours"))
        build_site(Path(work, "stock"), stock_book(work))
        homes = {name: serve(Path(work, name)) for name in ("ours", "stock")}
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        print("| page | | this book | stock | ratio |")
        print("|---|---|---|---|---|")
        for page, address in PAGES.items():
            runs = {"ours": [], "stock": []}
            for _ in range(RUNS):  # in turn, so that both meet the same moods of the machine
                for name, home in homes.items():
                    runs[name].append(measure(browser, f"{home}/{address}"))
            for key, label, scale, spec in [
                ("bytes", "all that is loaded", 1000, ",.0f kB"),
                ("script bytes", "scripts", 1000, ",.0f kB"),
                ("scripts", "number of scripts", 1, ".0f"),
                ("other hosts", "requests to other hosts", 1, ".0f"),
                ("paint", "first contentful paint", 1, ".0f ms"),
                ("interactive", "DOM interactive", 1, ".0f ms"),
            ]:
                ours, stock = (
                    statistics.median(run[key] for run in runs[name]) / scale
                    for name in ("ours", "stock")
                )
                number, _, unit = spec.partition(" ")
                shown = [f"{value:{number}} {unit}".strip() for value in (ours, stock)]
                ratio = f"{ours / stock:.2f}" if stock else ""
                print(f"| {page} | {label} | {shown[0]} | {shown[1]} | {ratio} |")
        browser.close()


if __name__ == "__main__":
    main()
