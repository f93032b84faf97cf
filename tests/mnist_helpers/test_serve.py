"""The mirror for a classroom: who gets what from it, and that nobody gets anything else."""

import http.client
import io
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from bs4 import BeautifulSoup

from mnist_helpers import data, load_mnist, serve
from mnist_helpers.serve import Mirror, main, stage

FILES = list(data._CHECKSUMS["mnist"])
PATHS = [f"/mnist/{file}" for file in FILES]


@pytest.fixture
def teacher(monkeypatch, tmp_path, cache, originals):
    """The teacher's machine: the data in a folder, an empty cache, no internet."""
    monkeypatch.setenv("MNIST_HELPERS_OFFLINE", "1")
    folder = tmp_path / "own"
    (folder / "mnist").mkdir(parents=True)
    for file, content in originals.items():
        (folder / "mnist" / file).write_bytes(content)
    monkeypatch.setenv("MNIST_HELPERS_DATA", str(folder))
    return folder


@pytest.fixture
def packages(tmp_path):
    folder = tmp_path / "packages"
    (folder / "inner").mkdir(parents=True)
    for name in ("a-1.0+cpu-py3-none-any.whl", "b-1.tar.gz", "requirements.txt"):
        (folder / name).write_bytes(name.encode())
    for name in ("key.pdf", ".netrc", ".d-1-py3-none-any.whl", "inner/c-1-py3-none-any.whl"):
        (folder / name).write_text("private")
    (tmp_path / "secret").write_text("private")
    (folder / "e-1-py3-none-any.whl").symlink_to(tmp_path / "secret")
    return folder


@pytest.fixture
def mirror(teacher, packages, tmp_path):
    folder = tmp_path / "staged"
    folder.mkdir()
    stage(folder, ["mnist"], packages)
    with Mirror(folder, "127.0.0.1", 0) as mirror:
        threading.Thread(target=mirror.serve_forever, args=[0.01], daemon=True).start()
        yield mirror
        mirror.shutdown()


def ask(mirror, path, method="GET", host="127.0.0.1"):
    """The status, headers and body of an answer; the path goes out just as it is.

    The other side hangs up only when it has counted.
    """
    host = f"{host}:{mirror.server_port}"
    with socket.create_connection(mirror.server_address, timeout=30) as connection:
        connection.sendall(f"{method} {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        answer = io.BytesIO(b"".join(iter(lambda: connection.recv(2**16), b"")))
    status = int(answer.readline().split()[1])
    return status, http.client.parse_headers(answer), answer.read()


def wait_for_downloads(mirror, number):
    for _ in range(6000):
        if mirror.downloads == number:
            return
        time.sleep(0.01)
    raise AssertionError(f"{mirror.downloads} downloads, not {number}")


def test_gives_the_data_and_counts(mirror, teacher, capfd):
    for file in FILES:
        status, headers, body = ask(mirror, f"/mnist/{file}")
        assert (status, body) == (200, (teacher / "mnist" / file).read_bytes())
        assert headers["Content-Length"] == str(len(body)) and "Content-Encoding" not in headers
    lines = capfd.readouterr().out.splitlines()
    assert [line.split("  ")[1:3] for line in lines] == [["127.0.0.1", path[1:]] for path in PATHS]
    assert lines[-1].endswith("(downloads: 4, machines: 1)")


def test_head_sends_nothing_and_counts_nothing(mirror):
    status, headers, body = ask(mirror, PATHS[0], "HEAD")
    assert (status, body) == (200, b"") and int(headers["Content-Length"]) > 0
    assert mirror.downloads == 0


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "X"])
def test_other_methods_are_refused(mirror, method):
    assert ask(mirror, PATHS[0], method)[0] == 501


@pytest.mark.parametrize(
    "path",
    [
        "/mnist/" + FILES[0] + "/",
        "/mnist/../../own/mnist/" + FILES[0],
        "/mnist/%2e%2e/%2e%2e/etc/passwd",
        "/mnist/..%2f..%2fetc%2fpasswd",
        "/..\\..\\windows\\win.ini",
        "//etc/passwd",
        "/etc/passwd",
        "*",
        "/%00",
        "/mnist/%ed%a0%80",
        "/fashion-mnist/" + FILES[0],
        "/packages/key.pdf",
        "/packages/.netrc",
        "/packages/.d-1-py3-none-any.whl",
        "/packages/e-1-py3-none-any.whl",
        "/packages/inner/c-1-py3-none-any.whl",
        "/packages/c-1-py3-none-any.whl",
        "/packages/../own/mnist/" + FILES[0],
    ],
)
def test_nothing_else_can_be_fetched(mirror, path, capfd):
    status, _, body = ask(mirror, path)
    assert status == 404 and b"private" not in body
    assert mirror.downloads == 0 and capfd.readouterr() == ("", "")


def test_the_log_shows_nothing_that_a_student_made_up(mirror, capfd):
    assert ask(mirror, PATHS[0] + "?\x1b[2J")[0] == 200
    assert f"  {PATHS[0][1:]}  (downloads: 1" in capfd.readouterr().out


def test_serves_what_was_checked(mirror, teacher, originals):
    (teacher / "mnist" / FILES[0]).write_bytes(b"changed since")
    assert ask(mirror, PATHS[0])[2] == originals[FILES[0]]


def test_a_room_at_once(mirror, teacher):
    """30 machines, the four files each, all at the same moment, while another one dozes."""
    start = threading.Barrier(30)

    def machine(_):
        start.wait()
        return [ask(mirror, path)[2] for path in PATHS]

    wanted = [(teacher / "mnist" / file).read_bytes() for file in FILES]
    with socket.create_connection(mirror.server_address), ThreadPoolExecutor(30) as room:
        assert all(got == wanted for got in room.map(machine, range(30)))
    assert mirror.downloads == 120


def test_a_machine_that_goes_away(mirror, monkeypatch, capfd):
    closed = queue.Queue()
    monkeypatch.setattr(mirror, "shutdown_request", closed.put)
    (mirror.folder / "mnist" / "large").write_bytes(bytes(50_000_000))
    with socket.create_connection(mirror.server_address) as student:
        student.sendall(b"GET /mnist/large HTTP/1.0\r\n\r\n")
        student.recv(1000)
    mirror.close_request(closed.get(timeout=60))
    out, err = capfd.readouterr()
    assert "mnist/large  broken off by the other side" in out and err == ""
    assert mirror.downloads == 0
    monkeypatch.undo()
    assert ask(mirror, PATHS[0])[0] == 200


def test_load_mnist_takes_its_data_from_here(mirror, monkeypatch, tmp_path):
    be_a_student(monkeypatch, tmp_path, mirror.server_port)
    assert load_mnist(strict=True).train_images.shape == (60, 28, 28)
    wait_for_downloads(mirror, 4)


def be_a_student(monkeypatch, tmp_path, port):
    monkeypatch.delenv("MNIST_HELPERS_DATA")
    monkeypatch.delenv("MNIST_HELPERS_OFFLINE")
    monkeypatch.setenv("MNIST_HELPERS_MIRROR", f"http://127.0.0.1:{port}")
    monkeypatch.setattr(data, "_MIRRORS", {"mnist": (), "fashion-mnist": ()})
    monkeypatch.setattr(data, "cache_folder", lambda name: tmp_path / "student" / name)


def test_a_file_damaged_on_its_way_is_refused_by_the_student(mirror, monkeypatch, tmp_path):
    path = mirror.folder / "mnist" / FILES[2]
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    be_a_student(monkeypatch, tmp_path, mirror.server_port)
    with pytest.raises(FileNotFoundError, match=f"{FILES[2]} is not the right file"):
        load_mnist(strict=True)


@pytest.fixture
def no_server(monkeypatch):
    """Whoever starts one fails at once, and does not wait for Ctrl-C."""
    monkeypatch.setattr(serve, "Mirror", None)


def test_a_damaged_file_is_not_served(teacher, no_server):
    path = teacher / "mnist" / FILES[1]
    path.write_bytes(path.read_bytes()[:-1])
    problem = main(["--host", "127.0.0.1", "--port", "0"])
    assert re.match(f"Nothing is served. .*{FILES[1]}: expected the mnist file", problem)


def test_the_stand_in_is_not_served(teacher, no_server, monkeypatch):
    monkeypatch.delenv("MNIST_HELPERS_DATA")
    problem = main(["--host", "127.0.0.1", "--port", "0"])
    assert problem.startswith("Nothing is served. mnist was not found")


def test_folder_without_data_or_packages(teacher, no_server, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--folder", str(teacher / "mnist")])
    assert "expected a folder mnist in it" in capsys.readouterr().err
    problem = main(["--packages", str(tmp_path)])
    assert "expected wheels (.whl), found none" in problem and "pip download" in problem


def test_a_port_that_is_taken(mirror):
    problem = main(["--host", "127.0.0.1", "--port", str(mirror.server_port)])
    assert problem.startswith(f"Port {mirror.server_port} cannot be used")
    assert f"--port {mirror.server_port + 1}" in problem


def test_pages_say_what_to_do(mirror):
    _, headers, body = ask(mirror, "/")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    page = BeautifulSoup(body, "html.parser")
    own = f"http://127.0.0.1:{mirror.server_port}"
    lines = [pre.get_text() for pre in page.select("pre")]
    assert lines[0] == f"%env MNIST_HELPERS_MIRROR={own}"
    assert f'$env:MNIST_HELPERS_MIRROR = "{own}"' in lines
    assert lines[-1].endswith(f"--find-links {own}/packages/ -r {own}/packages/requirements.txt")
    for folder in ("mnist", "packages"):
        assert page.select_one(f'a[href="{folder}/"]')
        listing = BeautifulSoup(ask(mirror, f"/{folder}/")[2], "html.parser")
        links = [a["href"] for a in listing("a")]
        assert len(links) == len(list((mirror.folder / folder).iterdir())) >= 3
        assert all(ask(mirror, f"/{folder}/{link}")[0] == 200 for link in links)


def test_a_package_that_is_taken_away(mirror, packages):
    (packages / "b-1.tar.gz").unlink()
    assert ask(mirror, "/packages/b-1.tar.gz")[0] == 404
    assert b"2 files" in ask(mirror, "/")[2]


def test_the_address_in_the_page_is_escaped(mirror):
    assert b"<script>" not in ask(mirror, "/", host="<script>")[2]


def test_pip_finds_the_packages(mirror, tmp_path):
    pytest.importorskip("pip")
    wheel = mirror.folder / "packages" / "mnist_helpers_test-1.0-py3-none-any.whl"
    wheel.write_text("no wheel, but what the link leads to")
    own = f"http://127.0.0.1:{mirror.server_port}"
    command = serve.install_line(mirror.folder, own).split()
    command = [sys.executable, *command[1:]]
    command[command.index("install")] = "download"
    at = command.index("-r")
    command[at : at + 2] = ["--no-deps", "--dest", str(tmp_path), "mnist-helpers-test"]
    environment = {**os.environ, "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    run = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert "Downloading" in run.stdout, run.stdout + run.stderr
    wait_for_downloads(mirror, 1)


START = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it may be ignored
from mnist_helpers import serve
sys.exit(serve.main(sys.argv[2:]))
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to the whole console")
def test_the_command_from_start_to_end(teacher, originals, elsewhere, monkeypatch, tmp_path):
    monkeypatch.delenv("MNIST_HELPERS_DATA")
    shutil.copytree(teacher / "mnist", teacher / "fashion-mnist")
    options = ["--folder", str(teacher), "--host", "127.0.0.1", "--port", "0"]
    command = elsewhere(START, tmp_path / "cache", arguments=options)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        seen = []
        for line in process.stdout:
            seen.append(line)
            if "Ctrl-C" in line:
                break
        text = "".join(seen)
        address = re.search(r"%env MNIST_HELPERS_MIRROR=(http://127.0.0.1:\d+)", text)[1]
        assert f"4 files, {serve.human(sum(map(len, originals.values())))}, from" in text
        assert "fashion-mnist" in text  # it is on this machine, so it is served
        monkeypatch.delenv("MNIST_HELPERS_OFFLINE")
        monkeypatch.setenv("MNIST_HELPERS_MIRROR", address)
        code = "print(data.load_mnist(strict=True))"
        command = elsewhere(code, tmp_path / "student")
        student = subprocess.run(command, capture_output=True, text=True)
        assert student.stdout == "<mnist: 60 images for training, 10 for testing>\n", student.stderr
        assert any("(downloads: 4, machines: 1)" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        try:
            rest, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, errors) == (0, "")
    assert rest == "\nEnded. Downloads: 4, machines: 1.\n"


def test_lan_addresses_leave_out_this_machine_alone():
    assert not [address for address in serve.lan_addresses() if address.startswith("127.")]
