"""A mirror of the data for a room without internet: ``python -m mnist_helpers.serve``.

The machine that runs this makes sure that it has MNIST, then gives the four files to every machine
in its networks, and prints the line with which those take their data from here: they set
``MNIST_HELPERS_MIRROR``, which `mnist_helpers.data` asks before the public addresses. A browser
gets a page that says the same. The stand-in is never served.

``--packages FOLDER`` also serves what pip needs to install everything without internet. Fill the
folder where there is internet, once with each system and Python version that the room has::

    python -m pip download --dest packages -r requirements.txt
    cp requirements.txt packages

Only what was found at the start can be fetched: the data as copies, in a temporary folder, of what
was checked, and of the folder the wheels and archives right in it, as links.
"""

import argparse
import functools
import io
import ipaddress
import os
import shutil
import socket
import socketserver
import sys
import tempfile
import threading
import time
from html import escape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template

from mnist_helpers import data

PACKAGES = (".whl", ".tar.gz", ".zip", ".txt")
LINES = {
    "In a notebook, as the first cell": "%env MNIST_HELPERS_MIRROR={}",
    "macOS and Linux, before starting Jupyter": "export MNIST_HELPERS_MIRROR={}",
    "Windows PowerShell": '$env:MNIST_HELPERS_MIRROR = "{}"',
    "Windows Command Prompt": "set MNIST_HELPERS_MIRROR={}",
}
PAGE = Path(__file__).with_suffix(".html")


class Mirror(ThreadingHTTPServer):
    """A web server for a folder, and nothing else, which counts the downloads.

    Parameters
    ----------
    folder : pathlib.Path
        What to serve: the data sets and the packages, each in a folder of its own.
    host : str
        The address to listen at; "" for all of this machine's.
    port : int
        The port; 0 for one that is free.

    Raises
    ------
    OSError
        If the port is taken, or this machine does not have that address.
    """

    request_queue_size = 128  # the room presses Enter in the same second; the default is 5
    allow_reuse_address = os.name == "posix"  # on Windows, a second server could take the port

    def __init__(self, folder, host="", port=8000):
        self.folder, self.downloads, self.machines = folder, 0, set()
        self.lock = threading.Lock()
        super().__init__((host, port), functools.partial(Handler, directory=folder))

    def server_bind(self):
        # HTTPServer's own also asks for this machine's name, and without internet waits for it
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):  # which `count` has told
            super().handle_error(request, client_address)

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


class Handler(SimpleHTTPRequestHandler):
    """Answers GET and HEAD; `http.server` refuses everything else."""

    server_version, sys_version = "mnist_helpers", ""
    timeout = 60  # seconds without any progress

    def copyfile(self, source, outputfile):
        whole = False
        try:
            super().copyfile(source, outputfile)
            whole = True
        finally:
            if not isinstance(source, io.BytesIO):  # as pages and lists are
                name = Path(source.name).relative_to(self.directory).as_posix()
                self.server.count(self.client_address[0], name, whole)

    def send_head(self):
        if self.path != "/":
            try:
                return super().send_head()
            except ValueError:  # what no file can be named
                return self.send_error(404)
        # the address that the other side knows this machine by
        address = f"http://{self.headers.get('Host') or self.server.server_name}"
        page = index_page(self.server.folder, address).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return io.BytesIO(page)

    def log_message(self, *args):
        """Nothing: `Mirror.count` says what matters."""


def stage(folder, names=("mnist",), packages=None):
    """Put what is to be served into a folder, downloading data sets first if need be.

    Parameters
    ----------
    folder : pathlib.Path
        An empty folder.
    names : sequence of str
        Data sets, as in `load_mnist`.
    packages : pathlib.Path, optional
        A folder of packages for pip.

    Returns
    -------
    dict of str to pathlib.Path
        Where they are from: one folder for each name, and one for "packages".

    Raises
    ------
    ValueError, FileNotFoundError
        If a file is damaged or missing, and cannot be downloaded, or the folder has no packages.
    """
    sources = {name: data.mnist_folder(name, strict=True) for name in names}
    for name, source in sources.items():
        (folder / name).mkdir()
        for file in data._CHECKSUMS[name]:
            shutil.copyfile(source / file, folder / name / file)
    if packages is not None:
        home = packages.resolve()
        files = [path for path in packages.glob("[!.]*") if path.name.endswith(PACKAGES)]
        # links to elsewhere and folders are not for the room
        files = [path for path in files if path.is_file() and path.resolve().parent == home]
        if not any(path.suffix == ".whl" for path in files):
            raise FileNotFoundError(
                f"{packages}: expected wheels (.whl), found none; to fill it, run\n"
                f"  python -m pip download --dest {packages} -r requirements.txt"
            )
        (folder / "packages").mkdir()
        for path in files:
            place = folder / "packages" / path.name
            try:
                place.symlink_to(path.resolve())
            except OSError:  # not everyone may on Windows
                shutil.copyfile(path, place)
        sources["packages"] = packages
    return sources


def lan_addresses():
    """This machine's IPv4 addresses in its networks, the likeliest to be reached first."""
    import psutil

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


def install_line(folder, address):
    """The command that installs from the served packages.

    >>> print(install_line(Path("nowhere"), "http://10.0.0.5:8000"))
    ... # doctest: +NORMALIZE_WHITESPACE
    python -m pip install --no-index --trusted-host 10.0.0.5
        --find-links http://10.0.0.5:8000/packages/ -r requirements.txt
    """
    pins = "packages/requirements.txt"
    # without encryption pip trusts a machine only if told to
    host = address.removeprefix("http://").partition(":")[0]
    return (
        f"python -m pip install --no-index --trusted-host {host} "
        f"--find-links {address}/packages/ "
        f"-r {f'{address}/{pins}' if (folder / pins).exists() else 'requirements.txt'}"
    )


def lines_for(folder, address):
    """What to do on which machine: where -> line."""
    lines = {where: line.format(address) for where, line in LINES.items()}
    if (folder / "packages").exists():
        lines["To install, in the folder of the book"] = install_line(folder, address)
    return lines


def index_page(folder, address):
    """The page for a browser, which says what this is and what to do."""
    lines = [
        f"<p>{where}:</p><pre>{escape(line)}</pre>"
        for where, line in lines_for(folder, address).items()
    ]
    files = [
        f'<li><a href="{path.name}/">{path.name}</a>: {contents(path)}</li>'
        for path in sorted(folder.iterdir())
    ]
    page = Template(PAGE.read_text("utf-8"))
    return page.substitute(lines="\n".join(lines), files="\n".join(files))


def contents(folder):
    """How many files a folder has, and how large they are."""
    sizes = [path.stat().st_size for path in folder.iterdir() if path.exists()]
    return f"{len(sizes)} files, {human(sum(sizes))}"


def human(size):
    """A number of bytes as people read it.

    >>> human(4542), human(11_594_722)
    ('4.5 kB', '11.6 MB')
    """
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"


def announcement(mirror, sources, addresses):
    """What the teacher sees: what is served, and what the students do."""
    folder, port = mirror.folder, mirror.server_port
    ways = [f"http://{address}:{port}" for address in addresses]
    rows = [
        f"  {name:14} {contents(folder / name)}, from {source}" for name, source in sources.items()
    ]
    lines = [f"  {where}:\n    {line}" for where, line in lines_for(folder, ways[0]).items()]
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
    if options.folder:
        if not (options.folder / "mnist").is_dir():
            parser.error(f"--folder {options.folder}: expected a folder mnist in it, found none")
        os.environ["MNIST_HELPERS_DATA"] = str(options.folder)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        try:
            if data.local_folder("fashion-mnist"):
                options.also.append("fashion-mnist")
            sources = stage(folder, dict.fromkeys(["mnist", *options.also]), options.packages)
        except (ValueError, OSError) as error:
            return f"Nothing is served. {error}"
        try:
            mirror = Mirror(folder, options.host, options.port)
        except OSError as error:
            return (
                f"Port {options.port} cannot be used ({error.strerror}): "
                f"try --port {options.port + 1}"
            )
        with mirror:
            serve(mirror, sources, options.host)


def serve(mirror, sources, host):
    addresses = [host] if host else lan_addresses()
    print(announcement(mirror, sources, addresses or ["127.0.0.1"]), flush=True)
    if not addresses:
        print("This machine is in no network yet: connect it, and start this again.", flush=True)
    try:
        mirror.serve_forever()
    except KeyboardInterrupt:
        print(f"\nEnded. Downloads: {mirror.downloads}, machines: {len(mirror.machines)}.")


if __name__ == "__main__":
    sys.exit(main())
