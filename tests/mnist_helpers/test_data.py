"""Finding, downloading and checking MNIST, against a real web server that misbehaves."""

import re
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from mnist_helpers import Mnist, data, load_mnist, mnist_folder
from mnist_helpers.data import find_mirror, local_folder

FILES = list(data._CHECKSUMS["mnist"])
PAGE = b"<!DOCTYPE html><title>Sign in to the network</title>"


@pytest.fixture(scope="module")
def server(originals):
    """A web server: the first part of the path says how it behaves."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.requests.append(self.path)
            behavior, file = self.path.split("/")[1], self.path.split("/")[-1]
            body = originals[file]
            if behavior == "forbidden":
                return self.send_error(403)
            if behavior == "page":
                body = PAGE
            if behavior == "wrong":
                body = body[:-1] + bytes([body[-1] ^ 1])
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            # a client that is not asked not to would unpack this, and find a wrong checksum
            if behavior == "encoded" and "gzip" in self.headers["Accept-Encoding"]:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            if behavior == "cut":
                body = body[: len(body) // 2]
            if behavior == "stuck":  # for a client that is too patient, it ends well
                self.server.stop.wait(10)
            if behavior == "slow":
                for i in range(10):
                    self.wfile.write(body[i * len(body) // 10 : (i + 1) * len(body) // 10])
                    time.sleep(0.02)
                return
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.requests, server.stop = [], threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.stop.set()
        server.shutdown()


@pytest.fixture
def mirrors(monkeypatch, cache, server):
    """Set the public mirrors: ``mirrors("cut", "good")``."""
    monkeypatch.setattr(data, "_TIMEOUT", (0.5, 0.5))

    def set_mirrors(*behaviors):
        addresses = tuple(address(server, behavior) for behavior in behaviors)
        monkeypatch.setattr(data, "_MIRRORS", {"mnist": addresses, "fashion-mnist": addresses})
        server.requests.clear()

    return set_mirrors


def address(server, behavior):
    if behavior == "nobody":
        return "http://127.0.0.1:9"  # the port "discard", where nothing listens
    return f"http://127.0.0.1:{server.server_port}/{behavior}"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("behavior", ["good", "slow", "encoded"])
def test_downloads_once_and_then_uses_the_cache(mirrors, cache, originals, server, behavior):
    mirrors(behavior)
    assert mnist_folder() == cache / "mnist"
    assert contents(cache / "mnist") == originals
    assert len(server.requests) == 4
    assert load_mnist().train_images.shape == (60, 28, 28)
    assert len(server.requests) == 4


@pytest.mark.parametrize("behavior", ["cut", "forbidden", "page", "wrong", "stuck", "nobody"])
def test_goes_on_to_the_next_mirror(mirrors, cache, originals, behavior):
    mirrors(behavior, "good")
    assert mnist_folder() == cache / "mnist"
    assert contents(cache / "mnist") == originals


@pytest.mark.parametrize(
    "behavior, reason",
    [
        ("cut", "could not be reached"),
        ("forbidden", "answered 403"),
        ("page", "is not the right file"),
        ("wrong", "is not the right file"),
        ("stuck", "could not be reached"),
        ("nobody", "could not be reached"),
    ],
)
def test_strict_error_says_what_failed_and_leaves_nothing(mirrors, cache, server, behavior, reason):
    mirrors(behavior)
    with pytest.raises(FileNotFoundError, match="set MNIST_HELPERS_DATA") as error:
        mnist_folder(strict=True)
    assert f"{address(server, behavior)}/{FILES[0]} {reason}" in str(error.value)
    assert contents(cache / "mnist") == {}


def test_damaged_and_missing_files_in_the_cache_are_replaced(mirrors, cache, originals, server):
    mirrors("good")
    folder = mnist_folder()
    (folder / FILES[0]).write_bytes(originals[FILES[0]][:-3])
    (folder / FILES[2]).unlink()
    server.requests.clear()
    assert mnist_folder() == folder
    assert contents(folder) == originals
    assert [path.split("/")[-1] for path in server.requests] == [FILES[0], FILES[2]]


def test_good_files_of_a_failed_download_are_kept(mirrors, cache, originals):
    mirrors("good")
    folder = mnist_folder()
    (folder / FILES[3]).unlink()
    mirrors("wrong")
    with pytest.raises(FileNotFoundError):
        mnist_folder(strict=True)
    assert contents(folder) == {file: originals[file] for file in FILES[:3]}


def test_own_mirror_comes_first(mirrors, monkeypatch, server):
    mirrors("forbidden")
    monkeypatch.setenv("MNIST_HELPERS_MIRROR", address(server, "good") + "/")
    mnist_folder()
    assert set(server.requests) == {f"/good/mnist/{file}" for file in FILES}


def test_find_mirror_fetches_to_be_sure_and_keeps_nothing(mirrors, monkeypatch, cache, server):
    mirrors("page", "good")
    monkeypatch.setenv("MNIST_HELPERS_MIRROR", address(server, "forbidden"))
    mirror, problems = find_mirror()
    assert mirror == address(server, "good")
    assert ["403" in problems[0], "not the right file" in problems[1]] == [True, True]
    assert len(server.requests) == 3 and not cache.exists()
    monkeypatch.setenv("MNIST_HELPERS_OFFLINE", "1")
    assert find_mirror() == (None, ["MNIST_HELPERS_OFFLINE is set"])
    assert len(server.requests) == 3


def test_local_folder_downloads_nothing(mirrors, cache, server):
    mirrors("good")
    assert local_folder() is None and server.requests == []
    mnist_folder()
    assert local_folder() == cache / "mnist"
    (cache / "mnist" / FILES[1]).write_bytes(b"damaged")
    assert local_folder() is None


def test_two_processes_at_once(mirrors, cache, originals, elsewhere):
    mirrors("slow")
    code = "print(data.load_mnist(strict=True))"
    command = elsewhere(code, cache, data._MIRRORS["mnist"])
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in processes:
        output, log = process.communicate(timeout=60)
        assert output == "<mnist: 60 images for training, 10 for testing>\n", log
    assert contents(cache / "mnist") == originals


def test_offline_asks_nobody(mirrors, monkeypatch, server):
    mirrors("good")
    monkeypatch.setenv("MNIST_HELPERS_OFFLINE", "1")
    with pytest.raises(FileNotFoundError, match="MNIST_HELPERS_OFFLINE is set"):
        mnist_folder(strict=True)
    assert server.requests == []


def test_own_folder_comes_first(mirrors, monkeypatch, tmp_path, originals, server):
    mirrors("good")
    own_folder(monkeypatch, tmp_path, originals)
    assert mnist_folder() == tmp_path / "own" / "mnist"
    assert server.requests == []
    assert mnist_folder("fashion-mnist").parent != tmp_path / "own"  # not there: downloaded


def own_folder(monkeypatch, tmp_path, files):
    folder = tmp_path / "own" / "mnist"
    folder.mkdir(parents=True)
    for file, content in files.items():
        (folder / file).write_bytes(content)
    monkeypatch.setenv("MNIST_HELPERS_DATA", str(tmp_path / "own"))


def test_one_wrong_label_byte_in_the_own_folder_is_an_error(
    mirrors, monkeypatch, tmp_path, originals
):
    mirrors("good")
    labels = FILES[1]
    own_folder(monkeypatch, tmp_path, originals)
    damaged = bytearray(originals[labels])
    damaged[-9] ^= 1
    (tmp_path / "own" / "mnist" / labels).write_bytes(damaged)
    with pytest.raises(ValueError, match=f"{labels}: expected .* found .* download it again"):
        load_mnist()


def test_missing_file_in_the_own_folder_is_an_error(mirrors, monkeypatch, tmp_path, originals):
    mirrors("good")
    own_folder(monkeypatch, tmp_path, {file: originals[file] for file in FILES[:3]})
    with pytest.raises(FileNotFoundError, match=FILES[3]):
        mnist_folder()


def test_own_folder_that_does_not_exist_is_an_error(mirrors, monkeypatch, tmp_path):
    mirrors("good")
    monkeypatch.setenv("MNIST_HELPERS_DATA", str(tmp_path / "typo"))
    with pytest.raises(FileNotFoundError, match="MNIST_HELPERS_DATA: expected a folder.*typo"):
        mnist_folder()


def test_stand_in_takes_the_place_of_mnist_and_says_so(mirrors, cache):
    mirrors("nobody")
    with mpl.rc_context(), pytest.warns(UserWarning, match="THIS IS NOT MNIST"):
        mnist = load_mnist()
        load_mnist()  # which adds no second note
        assert mpl.rcParams["figure.hooks"] == ["mnist_helpers.plotting:mark_stand_in"]
        fig = plt.figure()
    assert mnist.name == "stand-in" and "stand-in" in repr(mnist)
    assert "not MNIST" in fig.texts[0].get_text()
    assert sorted(contents(cache / "stand-in")) == sorted(FILES)


@pytest.mark.parametrize("value, strict", [("1", True), ("0", False), ("", False)])
def test_strict_from_the_environment(mirrors, monkeypatch, value, strict):
    mirrors("nobody")
    monkeypatch.setenv("MNIST_HELPERS_STRICT", value)
    with mpl.rc_context():
        if strict:
            with pytest.raises(FileNotFoundError):
                mnist_folder()
        else:
            with pytest.warns(UserWarning):
                assert mnist_folder().name == "stand-in"


def test_fashion_mnist_has_no_stand_in(mirrors):
    mirrors("nobody")
    with pytest.raises(FileNotFoundError, match="fashion-mnist was not found"):
        load_mnist("fashion-mnist")


def test_unknown_name(cache):
    with pytest.raises(ValueError, match="no data set 'MNIST'; there are 'mnist', 'fashion-mnist'"):
        load_mnist("MNIST")


@pytest.mark.parametrize(
    "value, name", [("fashion-mnist", "fashion-mnist"), ("mnist", "mnist"), ("", "mnist")]
)
def test_data_set_from_the_environment(mirrors, monkeypatch, value, name):
    mirrors("good")
    monkeypatch.setenv("MNIST_HELPERS_DATASET", value)
    assert mnist_folder().name == load_mnist().name == name
    # a name that is given counts for more
    assert load_mnist("mnist").name == "mnist"
    assert load_mnist("fashion-mnist").class_names[9] == "Ankle boot"


def test_unknown_data_set_in_the_environment(cache, monkeypatch):
    monkeypatch.setenv("MNIST_HELPERS_DATASET", "fashion")
    with pytest.raises(ValueError) as error:
        load_mnist()
    assert str(error.value) == (
        "MNIST_HELPERS_DATASET: expected 'mnist' or 'fashion-mnist', found 'fashion'; correct the "
        "variable, or unset it for MNIST"
    )


def test_no_digits_where_clothes_were_asked_for(mirrors, monkeypatch, cache):
    mirrors("nobody")
    monkeypatch.setenv("MNIST_HELPERS_DATASET", "fashion-mnist")
    with pytest.raises(FileNotFoundError, match="fashion-mnist was not found"):
        load_mnist(strict=False)
    assert not (cache / "stand-in").exists()


IMAGES, LABELS = np.zeros((3, 28, 28), np.uint8), np.array([0, 9, 4], np.uint8)


@pytest.mark.parametrize(
    "images, labels, message",
    [
        (IMAGES, LABELS[:2], "test_labels: expected 3, one for each image, found shape (2,)"),
        (IMAGES, LABELS + 1, "test_labels: expected 0 to 9, found 10 at index 1"),
        (IMAGES[0], LABELS, "test_images: expected uint8 of shape (n, rows, columns)"),
        (IMAGES / 255, LABELS, "test_images: expected uint8"),
    ],
)
def test_arrays_that_do_not_belong_together(images, labels, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Mnist("mnist", IMAGES, LABELS, images, labels)


@pytest.mark.parametrize("name", data._CHECKSUMS)
def test_published_files(name, monkeypatch):
    """The known checksums and names, on the real files if they are at hand."""
    monkeypatch.setenv("MNIST_HELPERS_OFFLINE", "1")
    try:
        mnist = load_mnist(name, strict=True)
    except FileNotFoundError:
        pytest.skip(f"{name} is not on this machine")
    assert mnist.name == name and len(mnist.class_names) == 10
    assert mnist.train_images.shape == (60_000, 28, 28)
    assert mnist.test_images.shape == (10_000, 28, 28)
