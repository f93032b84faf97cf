"""A page in Firefox, without a driver: the page itself sends what it has found."""

import json
import os
import shutil
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue

FIREFOX_NAMES = ("firefox-esr", "firefox")
# a fresh profile's calls home, which would only slow the start
SETTINGS = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


def find_firefox():
    """The path of Firefox, from FIREFOX or the usual names; None if there is none.

    Ubuntu's snap does not count: it may not read the folders of tests.
    """
    if os.path.exists("/snap/bin/firefox") and not os.environ.get("FIREFOX"):
        return None
    return os.environ.get("FIREFOX") or next(filter(None, map(shutil.which, FIREFOX_NAMES)), None)


@contextmanager
def mailbox():
    """An address that takes what a page sends, and the queue in which it comes."""
    queue = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            queue.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("localhost", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}", queue
        server.shutdown()


def run_in_firefox(html, expression, folder, seconds=120):
    """Open a page from the disk in Firefox, and evaluate there.

    Parameters
    ----------
    html : str
        The page, up to and without its end.
    expression : str
        JavaScript, such as the call of a function that the page defines; a promise is awaited.
    folder : pathlib.Path
        An empty one, for the page and the profile.
    seconds : int

    Returns
    -------
    object
        What the expression gives, through JSON.
    """
    profile = folder / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in SETTINGS.items()]
    (profile / "user.js").write_text("\n".join(lines), "utf-8")
    with mailbox() as (address, queue):
        send = f"(answer) => fetch('{address}', {{ method: 'POST', body: JSON.stringify(answer) }})"
        page = folder / "page.html"
        page.write_text(
            f"{html}<script>Promise.resolve().then(() => {expression}).then("
            f"(value) => ({{ value }}), (error) => ({{ error: `${{error}} ${{error.stack}}` }})"
            f").then({send});</script>",
            "utf-8",
        )
        command = [find_firefox(), "--headless", "--no-remote", "--profile", profile, page.as_uri()]
        with open(folder / "log", "w") as log:
            firefox = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            answer = json.loads(queue.get(timeout=seconds))
        except Empty:
            raise AssertionError(f"no answer: {(folder / 'log').read_text()[-2000:]}") from None
        finally:
            firefox.terminate()
            firefox.wait()
    assert "error" not in answer, answer["error"]
    return answer["value"]
