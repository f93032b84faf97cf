"""Find MNIST on this machine, or download it, and make sure that it is MNIST.

Four files make a data set; each is compared with its known SHA-256 checksum whenever it is used.
They are looked for in this order:

1. the folder ``$MNIST_HELPERS_DATA/mnist`` (or ``/fashion-mnist``);
2. the user's cache folder, which `cache_folder` names;
3. ``$MNIST_HELPERS_MIRROR/mnist``, an address of your own, if you set it, such as that of
   ``python -m mnist_helpers.serve`` on another machine;
4. the public mirrors below, one after the other. What is downloaded goes into the cache.

``MNIST_HELPERS_DATASET=fashion-mnist`` makes that the set that is loaded where no name is given, so
a whole chapter runs on clothes.

If MNIST is nowhere to be had, the stand-in (`mnist_helpers.standin`) takes its place, with a
warning and a note on every figure. ``strict=True`` or ``MNIST_HELPERS_STRICT=1`` makes that an
error instead; ``MNIST_HELPERS_OFFLINE=1`` leaves out the downloads.
"""

import hashlib
import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import platformdirs

from mnist_helpers.idx import read_idx

# of the files as first published, in mnist and in fashion-mnist
_CHECKSUMS = {
    "mnist": {
        "train-images-idx3-ubyte.gz": (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
        ),
        "train-labels-idx1-ubyte.gz": (
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
        ),
    },
    "fashion-mnist": {
        "train-images-idx3-ubyte.gz": (
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        "train-labels-idx1-ubyte.gz": (
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    },
}
_MIRRORS = {
    "mnist": (
        "https://storage.googleapis.com/cvdf-datasets/mnist",
        "https://ossci-datasets.s3.amazonaws.com/mnist",
    ),
    "fashion-mnist": (
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    ),
}
_DIGITS = tuple("0123456789")
_CLASS_NAMES = {
    "mnist": _DIGITS,
    "stand-in": _DIGITS,
    # https://github.com/zalandoresearch/fashion-mnist, section "Labels"
    "fashion-mnist": (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
}
_OFFLINE = "MNIST_HELPERS_OFFLINE is set"
_TIMEOUT = (5, 15)  # seconds to connect, and to wait for the next bytes: slow is fine, stuck is not


@dataclass(frozen=True, eq=False, repr=False)
class Mnist:
    """Images and labels for training and for testing.

    Attributes
    ----------
    name : str
        "mnist", "fashion-mnist", or "stand-in".
    train_images, test_images : ndarray of uint8, shape (n, 28, 28)
        Gray images, 0 (background) to 255 (ink).
    train_labels, test_labels : ndarray of uint8, shape (n,)
        The class of each image, 0 to 9.
    class_names : tuple of str
        The name of each class.

    Raises
    ------
    ValueError
        If images and labels differ in number, or a label has no class.
    """

    name: str
    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    class_names: tuple = _DIGITS

    def __post_init__(self):
        for part in ("train", "test"):
            images, labels = getattr(self, f"{part}_images"), getattr(self, f"{part}_labels")
            if images.ndim != 3 or images.dtype != np.uint8:
                raise ValueError(
                    f"{self.name}, {part}_images: expected uint8 of shape (n, rows, columns), "
                    f"found {images.dtype} of shape {images.shape}; is it the right file?"
                )
            if labels.shape != images.shape[:1]:
                raise ValueError(
                    f"{self.name}, {part}_labels: expected {len(images):,}, one for each image, "
                    f"found shape {labels.shape}; take both files from the same source"
                )
            if labels.max(initial=0) >= len(self.class_names):
                raise ValueError(
                    f"{self.name}, {part}_labels: expected 0 to {len(self.class_names) - 1}, "
                    f"found {labels.max()} at index {labels.argmax()}; the file is damaged"
                )

    def __repr__(self):
        train, test = len(self.train_images), len(self.test_images)
        return f"<{self.name}: {train:,} images for training, {test:,} for testing>"


def load_mnist(name=None, *, strict=None):
    """Load MNIST or Fashion-MNIST, downloading it first if need be.

    Parameters
    ----------
    name : {"mnist", "fashion-mnist"}, optional
        Which data set. By default as the environment variable ``MNIST_HELPERS_DATASET`` says, else
        "mnist".
    strict : bool, optional
        Raise an error where the stand-in would take the place of MNIST. By default as the
        environment variable ``MNIST_HELPERS_STRICT`` says, else False.

    Returns
    -------
    Mnist

    Raises
    ------
    ValueError
        If there is no data set of that name, given or in ``MNIST_HELPERS_DATASET``, or a file in
        ``MNIST_HELPERS_DATA`` is not the right one.
    FileNotFoundError
        If the data cannot be found or downloaded, and there may not be, or is, no stand-in.

    Examples
    --------
    >>> mnist = load_mnist("mnist")
    >>> mnist.train_images.shape[1:], mnist.train_images.dtype
    ((28, 28), dtype('uint8'))
    """
    folder = mnist_folder(name, strict=strict)
    arrays = [read_idx(folder / file) for file in _CHECKSUMS["mnist"]]  # named alike in all sets
    return Mnist(folder.name, *arrays, class_names=_CLASS_NAMES[folder.name])


def mnist_folder(name=None, *, strict=None):
    """Return the folder of the four files, downloading them first if need be.

    Parameters, errors and what is looked for where: as in `load_mnist`.

    Returns
    -------
    pathlib.Path
        Its name is that of the data it holds: "mnist", "fashion-mnist", or "stand-in".

    Examples
    --------
    >>> sorted(path.name for path in mnist_folder("mnist").glob("train*.gz"))
    ['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz']
    """
    name = _dataset_of_environment() if name is None else name
    if folder := local_folder(name):
        return folder
    folder = cache_folder(name)
    problems = _complete(folder, name)
    if not problems:
        return folder

    message = f"{name} was not found in {folder} and could not be downloaded:\n" + "".join(
        f"- {problem}\n" for problem in problems
    )
    advice = (
        f"Connect to the internet and run this again, or put the four .gz files into a folder "
        f"named {name} and set MNIST_HELPERS_DATA to the folder around it."
    )
    strict = _is_set("MNIST_HELPERS_STRICT") if strict is None else strict
    if strict or name != "mnist":
        raise FileNotFoundError(message + advice)
    warnings.warn(
        f"THIS IS NOT MNIST, but a small stand-in made from scikit-learn's digits: all results "
        f"will differ from the book's. {message}{advice}",
        stacklevel=2,
    )
    return _stand_in()


def local_folder(name="mnist"):
    """Return the folder on this machine that has the four files, without any download.

    Parameters
    ----------
    name : {"mnist", "fashion-mnist"}, default "mnist"
        Which data set.

    Returns
    -------
    pathlib.Path or None
        None if neither ``MNIST_HELPERS_DATA`` nor the cache has them, whole and with the right
        checksums.

    Raises
    ------
    ValueError, FileNotFoundError
        As in `load_mnist`, if ``MNIST_HELPERS_DATA`` is not as it should be.

    Examples
    --------
    >>> local_folder("mnist-1d")
    Traceback (most recent call last):
        ...
    ValueError: no data set 'mnist-1d'; there are 'mnist', 'fashion-mnist'
    """
    if name not in _CHECKSUMS:
        raise ValueError(f"no data set {name!r}; there are {', '.join(map(repr, _CHECKSUMS))}")
    if folder := _own_folder(name):
        return folder
    folder = cache_folder(name)
    return None if _missing(folder, name) else folder


def cache_folder(name="mnist"):
    """Return the folder that downloads go to, which need not exist yet."""
    return platformdirs.user_cache_path("mnist_helpers") / name


def find_mirror(name="mnist"):
    """Return the first address that gives the smallest file of a data set, unchanged.

    The file itself is fetched and checked: a network that asks to sign in answers everything, with
    a page of its own. It is not kept.

    Parameters
    ----------
    name : {"mnist", "fashion-mnist"}, default "mnist"
        Which data set.

    Returns
    -------
    mirror : str or None
        ``MNIST_HELPERS_MIRROR`` or a public address; None if there is none.
    problems : list of str
        What went wrong with those that were tried before.
    """
    if _is_set("MNIST_HELPERS_OFFLINE"):
        return None, [_OFFLINE]
    file, problems = "t10k-labels-idx1-ubyte.gz", []
    with tempfile.TemporaryDirectory() as folder:
        for mirror in _mirrors(name):
            if problem := _fetch(mirror, file, _CHECKSUMS[name][file], folder):
                problems.append(problem)
            else:
                return mirror, problems
    return None, problems


def _dataset_of_environment():
    """The data set to load where no name is given."""
    name = os.environ.get("MNIST_HELPERS_DATASET") or "mnist"
    if name not in _CHECKSUMS:
        raise ValueError(
            f"MNIST_HELPERS_DATASET: expected {' or '.join(map(repr, _CHECKSUMS))}, found "
            f"{name!r}; correct the variable, or unset it for MNIST"
        )
    return name


def _own_folder(name):
    """The checked folder that the environment names, or None."""
    variable = os.environ.get("MNIST_HELPERS_DATA")
    if not variable:
        return None
    if not Path(variable).is_dir():
        raise FileNotFoundError(
            f"MNIST_HELPERS_DATA: expected a folder, found none at {variable}; correct the "
            "variable, or unset it to download the data"
        )
    folder = Path(variable) / name
    if not folder.is_dir():
        return None  # it may hold the other data set alone
    for file, checksum in _CHECKSUMS[name].items():
        found = _checksum(folder / file)  # FileNotFoundError names a file that is missing
        if found != checksum:
            raise ValueError(
                f"{folder / file}: expected the {name} file with SHA-256 {checksum}, found "
                f"{found}; download it again, or unset MNIST_HELPERS_DATA"
            )
    return folder


def _missing(folder, name):
    """What a folder lacks of a data set: file -> checksum."""

    def is_good(file, checksum):
        return (folder / file).exists() and _checksum(folder / file) == checksum

    return {file: sha for file, sha in _CHECKSUMS[name].items() if not is_good(file, sha)}


def _checksum(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mirrors(name):
    """The addresses to download from, in order."""
    own = os.environ.get("MNIST_HELPERS_MIRROR")
    return [f"{own.rstrip('/')}/{name}", *_MIRRORS[name]] if own else _MIRRORS[name]


def _complete(folder, name):
    """Download what a cache folder lacks; return what went wrong, nothing if it is complete."""
    if _is_set("MNIST_HELPERS_OFFLINE"):
        return [_OFFLINE]
    missing, problems = _missing(folder, name), []
    for mirror in _mirrors(name):
        while missing:
            file, checksum = next(iter(missing.items()))
            if problem := _fetch(mirror, file, checksum, folder, progressbar=True):
                problems.append(problem)
                break
            del missing[file]
        else:
            return []
    return problems


def _fetch(mirror, file, checksum, folder, progressbar=False):
    """Download one file into a folder; return what went wrong, or None."""
    import requests  # late, like pooch: whoever has the data needs neither

    with warnings.catch_warnings():
        # in notebooks tqdm, which pooch imports, asks for ipywidgets; its plain bar will do
        warnings.filterwarnings("ignore", "IProgress not found")
        import pooch

    pooch.get_logger().setLevel("WARNING")  # the progress bar says enough
    downloader = pooch.HTTPDownloader(
        progressbar=progressbar,
        timeout=_TIMEOUT,
        # requests would unpack what is sent with "Content-Encoding: gzip"
        headers={"Accept-Encoding": "identity"},
    )
    address = f"{mirror}/{file}"
    try:
        # into a temporary file, checked, then renamed: nobody ever sees half a file
        pooch.retrieve(address, f"sha256:{checksum}", file, folder, downloader=downloader)
    except requests.HTTPError as error:
        return f"{address} answered {error.response.status_code}"
    except requests.RequestException as error:
        return f"{address} could not be reached ({type(error).__name__})"
    except ValueError:
        return f"{address} is not the right file: its checksum differs"


def _stand_in():
    """The folder of the stand-in, made if need be; from now on each figure says what it shows."""
    import matplotlib as mpl

    from mnist_helpers.standin import make_stand_in  # late: it needs SciPy and scikit-learn

    folder = cache_folder("stand-in")
    if not all((folder / file).exists() for file in _CHECKSUMS["mnist"]):
        make_stand_in(folder)
    hook = "mnist_helpers.plotting:mark_stand_in"
    if hook not in mpl.rcParams["figure.hooks"]:
        mpl.rcParams["figure.hooks"] = [*mpl.rcParams["figure.hooks"], hook]
    return folder


def _is_set(variable):
    return os.environ.get(variable, "0") not in ("", "0")
