"""A mirror of the data for a room without internet: ``python -m mnist_helpers.serve``.

The machine that runs this makes sure that it has MNIST, then gives the four files to every machine
in its networks, and prints the line with which those take their data from here: they set
``MNIST_HELPERS_MIRROR``, which `mnist_helpers.data` asks before the public addresses. A browser
gets a page that says the same. The stand-in is never served.

``--packages FOLDER`` also serves what pip needs to install everything without internet. Fill the
folder where there is internet, once with each system and Python version that the room has::

    python -m pip download --dest packages -r requirements.txt
    cp requirements.txt packages

Only files that were found at the start can be fetched: the data from memory, as they were when
their checksums were compared, and of the folder the wheels and archives right in it.
"""

import argparse
import io
import ipaddress
import os
import shutil
import socket
import socketserver
import sys
import threading
import time
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote

import psutil

from mnist_helpers.data import _CHECKSUMS, local_folder, mnist_folder

PACKAGES = (".whl", ".tar.gz", ".zip", ".txt")
LINES = {
    "In a notebook, as the first cell": "%env MNIST_HELPERS_MIRROR={}",
    "macOS and Linux, before starting Jupyter": "export MNIST_HELPERS_MIRROR={}",
    "Windows PowerShell": '$env:MNIST_HELPERS_MIRROR = "{}"',
    "Windows Command Prompt": "set MNIST_HELPERS_MIRROR={}",
}
HTML = "text/html; charset=utf-8"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; background: Canvas; color: CanvasText }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto;
       padding: 0 1rem }}
h1 {{ line-height: 1.2 }}
pre {{ padding: .6rem .8rem; border: 1px solid; border-radius: .3rem;
      white-space: pre-wrap; overflow-wrap: anywhere }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


class Mirror(ThreadingHTTPServer):
    """A web server for the data, and nothing else.

    Parameters
    ----------
    files : dict of str to (bytes or pathlib.Path)
        What to serve: the path in the address, such as ``/mnist/t10k-labels-idx1-ubyte.gz``, and
        the content or where it is.
    host : str
        The address to listen at; "" for all of this machine's.
    port : int
        The port; 0 for one that is free.

    Raises
    ------
    OSError
        If the port is taken, or this machine does not have that address.

    Examples
    --------
    >>> from http.client import HTTPConnection
    >>> with Mirror({"/mnist/labels": b"5041"}, "127.0.0.1", 0) as mirror:
    ...     threading.Thread(target=mirror.serve_forever, daemon=True).start()
    ...     connection = HTTPConnection("127.0.0.1", mirror.server_port)
    ...     connection.request("HEAD", "/mnist/labels")
    ...     answer = connection.getresponse()
    ...     mirror.shutdown()
    >>> answer.status, answer.headers["Content-Length"]
    (200, '4')
    """

    request_queue_size = 128  # the room presses Enter in the same second; the default is 5
    allow_reuse_address = os.name == "posix"  # on Windows, a second server could take the port

    def __init__(self, files, host="", port=8000):
        self.files, self.downloads, self.machines = files, 0, set()
        self.lock = threading.Lock()
        super().__init__((host, port), Handler)

    def server_bind(self):
        # HTTPServer's own also asks for this machine's name, and without internet waits for it
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def count(self, machine, path, whole):
        """Print a line for a download."""
        with self.lock:
            self.downloads += whole
            self.machines |= {machine} if whole else set()
            end = f"(downloads: {self.downloads}, machines: {len(self.machines)})"
            print(
                time.strftime("%H:%M:%S"),
                machine,
                path,
                end if whole else "broken off by the other side",
                sep="  ",
                flush=True,
            )


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD; `http.server` refuses everything else."""

    server_version, sys_version = "mnist_helpers", ""
    timeout = 60  # seconds without any progress

    def do_GET(self):
        path = unquote(self.path.partition("?")[0])
        try:
            if path == "/":
                self.send(index_page(self.server.files, self.address()), HTML)
            elif path in ("/packages", "/packages/"):
                self.send(packages_page(self.server.files), HTML)
            elif path in self.server.files:
                self.send(self.server.files[path])
                if self.command == "GET":
                    self.server.count(self.client_address[0], path, whole=True)
            else:
                self.send_error(404, "Not here: see the first page for what there is")
        except (ConnectionError, TimeoutError):
            self.close_connection = True
            self.server.count(self.client_address[0], path, whole=False)
        except FileNotFoundError:  # taken out of the folder since the start
            self.send_error(404)

    do_HEAD = do_GET

    def send(self, content, kind="application/octet-stream"):
        with open(content, "rb") if isinstance(content, Path) else io.BytesIO(content) as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(size))
            self.end_headers()
            if self.command == "GET":
                shutil.copyfileobj(file, self.wfile)  # in pieces: the timeout is for each of them

    def address(self):
        """The address that the other side knows this machine by."""
        return f"http://{self.headers.get('Host') or self.server.server_name}"

    def log_message(self, *args):
        """Nothing: `Mirror.count` says what matters."""


def find_files(names=("mnist",), packages=None):
    """Find what is to be served, downloading data sets first if need be.

    Parameters
    ----------
    names : sequence of str
        Data sets, as in `load_mnist`.
    packages : str or pathlib.Path, optional
        A folder of packages for pip.

    Returns
    -------
    files : dict of str to (bytes or pathlib.Path)
        For `Mirror`.
    folders : dict of str to pathlib.Path
        Where they are: one folder for each name, and one for "packages".

    Raises
    ------
    ValueError, FileNotFoundError
        If a file is damaged or missing, and cannot be downloaded, or the folder has no packages.
    """
    files, folders = {}, {name: mnist_folder(name, strict=True) for name in names}
    for name, folder in folders.items():
        files |= {f"/{name}/{file}": (folder / file).read_bytes() for file in _CHECKSUMS[name]}
    if packages is not None:
        found = sorted(p for p in Path(packages).glob("*") if p.name.endswith(PACKAGES))
        if not any(path.suffix == ".whl" for path in found):
            raise FileNotFoundError(
                f"{packages}: expected wheels (.whl), found none; to fill it, run\n"
                f"  python -m pip download --dest {packages} -r requirements.txt"
            )
        files |= {f"/packages/{path.name}": path for path in found if path.is_file()}
        folders["packages"] = Path(packages)
    return files, folders


def lan_addresses():
    """This machine's IPv4 addresses in its networks, the likeliest to be reached first.

    Returns
    -------
    list of str
        Empty if there is no network.
    """
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    found = {
        ipaddress.ip_address(address.address)
        for name, addresses in psutil.net_if_addrs().items()
        for address in addresses
        if name in up and address.family == socket.AF_INET
    }
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing, but chooses the way out
            first = probe.getsockname()[0]
        except OSError:
            first = None
    ordered = sorted(found, key=lambda a: (str(a) != first, a.is_link_local, a))
    return [str(address) for address in ordered if not address.is_loopback]


def install_line(files, address):
    """The command that installs from the served packages.

    >>> print(install_line({"/packages/requirements.txt": b""}, "http://10.0.0.5:8000"))
    ... # doctest: +NORMALIZE_WHITESPACE
    python -m pip install --no-index --trusted-host 10.0.0.5
        --find-links http://10.0.0.5:8000/packages/ -r http://10.0.0.5:8000/packages/requirements.txt
    """
    wanted = "/packages/requirements.txt"
    # without encryption pip trusts a machine only if told to
    host = address.removeprefix("http://").partition(":")[0]
    return (
        f"python -m pip install --no-index --trusted-host {host} "
        f"--find-links {address}/packages/ "
        f"-r {address + wanted if wanted in files else 'requirements.txt'}"
    )


def index_page(files, address):
    """The page for a browser, which says what this is and what to do."""
    lines = [
        f"<p>{where}:</p><pre>{escape(line.format(address))}</pre>" for where, line in LINES.items()
    ]
    body = [
        "<p>This machine has the data of the book <em>From Bytes to Digits</em>, and gives them to "
        "the other machines in the room, so that nobody needs the internet. Copy the one line that "
        "fits your machine; the chapters then take their data from here.</p>",
        *lines,
        "<p>The files are compared with their published checksums when they arrive. "
        "<code>python -m mnist_helpers.check</code> says whether your machine is ready.</p>",
    ]
    if has_packages(files):
        body += [
            "<h2>Installing without internet</h2>",
            "<p>In the folder of the book, with the Python that is to run it:</p>",
            f"<pre>{escape(install_line(files, address))}</pre>",
            '<p>These are the <a href="/packages/">packages</a> that it takes from here.</p>',
        ]
    rows = [link(path, content) for path, content in files.items() if "/packages/" not in path]
    body += ["<h2>The data files</h2>", "<ul>", *rows, "</ul>"]
    return PAGE.format(
        title="From Bytes to Digits: data for this room", body="\n".join(body)
    ).encode()


def packages_page(files):
    """The list of packages, in the form that pip reads."""
    rows = [link(path, content) for path, content in files.items() if "/packages/" in path]
    body = "\n".join(["<ul>", *rows, "</ul>"]) if rows else "<p>There are none.</p>"
    return PAGE.format(title="From Bytes to Digits: packages for pip", body=body).encode()


def link(path, content):
    """An item of a list with a link to a file."""
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    name = path.removeprefix("/packages/").removeprefix("/")
    return f'<li><a href="{quote(path)}">{escape(name)}</a>, {human(size)}</li>'


def has_packages(files):
    return any(path.startswith("/packages/") for path in files)


def human(size):
    """A number of bytes as people read it.

    >>> human(4542), human(11_594_722)
    ('4.5 kB', '11.6 MB')
    """
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def announcement(mirror, folders, addresses):
    """What the teacher sees: what is served, and what the students do."""
    port, rows = mirror.server_port, []
    ways = [f"http://{address}:{port}" for address in addresses]
    for name, folder in folders.items():
        own = [c for path, c in mirror.files.items() if path.startswith(f"/{name}/")]
        size = sum(len(c) if isinstance(c, bytes) else c.stat().st_size for c in own)
        rows.append(f"  {name:14} {len(own)} files, {human(size)}, from {folder}")
    lines = [f"  {where}:\n    {line.format(ways[0])}" for where, line in LINES.items()]
    if has_packages(mirror.files):
        lines.append(f"  To install without internet:\n    {install_line(mirror.files, ways[0])}")
    others = [f"If that is not reached, try {', '.join(ways[1:])}."] if ways[1:] else []
    return "\n".join(
        [
            "Every machine that reaches this one can now fetch these files, and no others:",
            *rows,
            "",
            f"Students open {ways[0]} in a browser, or use the line for their machine:",
            *lines,
            "",
            *others,
            f"If nothing is reached: let Python, TCP port {port}, through this machine's firewall,",
            "and have all machines in one network. Guest networks often keep machines apart.",
            "",
            "Ctrl-C ends it.",
        ]
    )


def main(arguments=None):
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(
        prog="python -m mnist_helpers.serve",
        description="Serve the book's data to the machines of a room.",
    )
    add = parser.add_argument
    add("--port", type=int, default=8000, help="default: 8000")
    add("--host", default="", help="listen at this address of this machine only; default: all")
    add("--folder", type=Path, help="where the data are: the folder around mnist")
    add("--also", action="append", default=[], choices=["fashion-mnist"],
        help="serve this too, as is done anyway if this machine has it")  # fmt: skip
    add("--packages", type=Path, help="a folder of packages, to be served to pip")
    options = parser.parse_args(arguments)
    try:
        if options.folder:
            if not (options.folder / "mnist").is_dir():
                parser.error(
                    f"--folder {options.folder}: expected a folder mnist in it, found none"
                )
            os.environ["MNIST_HELPERS_DATA"] = str(options.folder)
        if local_folder("fashion-mnist"):
            options.also.append("fashion-mnist")
        files, folders = find_files(dict.fromkeys(["mnist", *options.also]), options.packages)
    except (ValueError, OSError) as error:
        return f"Nothing is served. {error}"
    try:
        mirror = Mirror(files, options.host, options.port)
    except OSError as error:
        return (
            f"Port {options.port} cannot be used ({error.strerror}): try --port {options.port + 1}"
        )
    with mirror:
        addresses = [options.host] if options.host else lan_addresses()
        print(announcement(mirror, folders, addresses or ["127.0.0.1"]), flush=True)
        if not addresses:
            print(
                "This machine is in no network yet: connect it, and start this again.", flush=True
            )
        try:
            mirror.serve_forever()
        except KeyboardInterrupt:
            print(f"\nEnded. Downloads: {mirror.downloads}, machines: {len(mirror.machines)}.")


if __name__ == "__main__":
    sys.exit(main())
