import base64
import io
import json
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from sklearn.metrics import confusion_matrix

from mnist_helpers import ConfusionExplorer
from mnist_helpers.live.digits import SPRITE_COLUMNS


def answers(n=400, classes=10, seed=0):
    """Images, labels, and probabilities of a reader that is wrong about half of the time."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, classes, n).astype(np.uint8)
    sums = rng.normal(size=(n, classes)) + 2.5 * np.eye(classes)[labels]
    probabilities = np.exp(sums) / np.exp(sums).sum(axis=1, keepdims=True)
    return images, labels, probabilities.astype(np.float32)


def parse(explorer):
    soup = BeautifulSoup(explorer._repr_html_(), "html.parser")
    return soup, json.loads(soup.find("script", type="application/json").string)


def decode(data):
    """The gray values of all pictures in the sprite, 0 for ink, with places never used."""
    sprite = Image.open(io.BytesIO(base64.b64decode(data["sprite"])))
    sheet = np.asarray(sprite.convert("L"))
    height, width = data["height"], data["width"]
    blocks = sheet.reshape(-1, height, SPRITE_COLUMNS, width).swapaxes(1, 2)
    return blocks.reshape(-1, height, width)


def test_tables_hold_the_counts_of_scikit_learn_and_the_shares():
    images, labels, probabilities = answers()
    expected = confusion_matrix(labels, probabilities.argmax(axis=1))
    explorer = ConfusionExplorer(images, labels, probabilities)
    soup, _ = parse(explorer)
    np.testing.assert_array_equal(explorer.matrix, expected)
    errors = expected - np.diag(expected.diagonal())
    tables = {
        "by what they are": expected,
        "of the row’s errors": 100 * errors / errors.sum(axis=1, keepdims=True),
        "of the column’s errors": 100 * errors / errors.sum(axis=0),
    }
    for table, (words, numbers) in zip(soup.select("table"), tables.items(), strict=True):
        caption = table.caption.string
        assert f"{len(labels)} images" in caption and words in caption
        assert f"{len(labels) - expected.trace()} of them misread" in caption
        cells = [[cell.get_text() or "0" for cell in r.select("td")] for r in table.select("tr")]
        np.testing.assert_allclose(np.array(cells[2:], float), numbers, atol=0.5)


def test_views_are_those_of_scikit_learn():
    images, labels, probabilities = answers()
    predicted = probabilities.argmax(axis=1)
    explorer = ConfusionExplorer(images, labels, probabilities)
    shares = 100 * confusion_matrix(labels, predicted, normalize="true")
    np.testing.assert_allclose(explorer.shares("percent of row"), shares)
    wrong = predicted != labels
    for view, way in [("errors by row", "true"), ("errors by column", "pred")]:
        shares = confusion_matrix(labels[wrong], predicted[wrong], normalize=way)
        np.testing.assert_allclose(explorer.shares(view), 100 * shares)


def test_each_network_has_its_own_numbers_and_all_share_the_pictures():
    images, labels, first = answers()
    networks = np.stack([first, answers(seed=1)[2], first])
    explorer = ConfusionExplorer(images, labels, networks)
    assert repr(explorer).endswith("among 400 images, and 2 more networks>")
    _, data = parse(explorer)
    indices = [index for index, _ in data["pictures"]]
    assert indices == sorted(set(np.concatenate(explorer.errors)))
    for number, given in enumerate(networks):
        alone = ConfusionExplorer(images, labels, given)
        np.testing.assert_array_equal(explorer.matrices[number], alone.matrix)
        assert explorer.errors[number].tolist() == alone.errors[0].tolist()
        _, expected = parse(alone)
        found = data["networks"][number]
        assert found["texts"] == expected["networks"][0]["texts"]
        assert [indices[row[0]] for row in found["errors"]] == alone.errors[0].tolist()


def test_every_header_of_the_table_says_what_it_heads():
    soup, _ = parse(ConfusionExplorer(*answers()))
    scopes = [(header.get_text(), header["scope"]) for header in soup.select("th")]
    assert ("predicted", "colgroup") in scopes and ("true", "rowgroup") in scopes
    for digit in range(10):
        assert (str(digit), "col") in scopes and (str(digit), "row") in scopes


def test_errors_are_all_there_and_the_surest_first():
    images, labels, probabilities = answers()
    predicted = probabilities.argmax(axis=1)
    explorer = ConfusionExplorer(images, labels, probabilities)
    wrong = np.flatnonzero(predicted != labels)
    expected = sorted(wrong, key=lambda i: -probabilities[i, predicted[i]])
    assert explorer.errors[0].tolist() == expected
    _, data = parse(explorer)
    shown = [data["pictures"][place] for place, *_ in data["networks"][0]["errors"]]
    assert shown == [[index, labels[index]] for index in expected]
    for index, (_, read, *per_mille) in zip(expected, data["networks"][0]["errors"]):
        assert read == predicted[index]
        of_both = probabilities[index, [read, labels[index]]].astype(float)
        assert per_mille == [round(1000 * p) for p in of_both]


def test_each_place_of_the_sprite_shows_its_picture():
    images, labels, probabilities = answers()
    explorer = ConfusionExplorer(images, labels, probabilities)
    pictures = decode(parse(explorer)[1])
    wrong = np.sort(explorer.errors[0])
    assert len(wrong) > 2 * SPRITE_COLUMNS  # or the rows would not be tested
    for picture, index in zip(pictures, wrong):
        # 16 levels: never more than half a step away
        assert abs(255 - images[index].astype(int) - picture).max() <= 255 / 15 / 2 + 1
    assert (pictures[len(wrong) :] == 255).all()


def test_floats_and_bytes_give_the_same():
    images, labels, probabilities = answers(50)
    as_bytes = ConfusionExplorer(images, labels, probabilities)._repr_html_()
    as_floats = ConfusionExplorer(images / 255, labels, probabilities)._repr_html_()
    assert as_floats == as_bytes


def test_same_data_give_the_same_text_and_other_data_another():
    first, again, other = (
        ConfusionExplorer(*answers(seed=seed))._repr_html_() for seed in (0, 0, 1)
    )
    assert first == again != other


def test_235_errors_are_small(monkeypatch):
    monkeypatch.setenv("MNIST_HELPERS_LIVE", "site")  # which adds the scripts once
    # an ellipse of ink with soft edges compresses like a digit; noise does not
    rng = np.random.default_rng(0)
    row, column = np.mgrid[:28, :28] - 13.5
    a, b, turn = rng.uniform(3, 9, (3, 235, 1, 1))
    x, y = row * np.cos(turn) + column * np.sin(turn), column * np.cos(turn) - row * np.sin(turn)
    images = np.clip(1.5 - 4 * abs(np.hypot(x / a, y / b) - 1), 0, 1)
    labels = rng.integers(0, 10, 235)
    probabilities = np.eye(10)[(labels + rng.integers(1, 10, 235)) % 10]
    explorer = ConfusionExplorer(images, labels, probabilities)
    assert len(explorer.errors[0]) == 235
    assert len(explorer._repr_html_()) < 60_000


def test_output_asks_for_nothing_and_ends_no_script_early():
    html = ConfusionExplorer(*answers())._repr_html_()
    html = html.replace("http://www.w3.org/2000/svg", "")  # a name, not an address
    assert not re.search(r"https?:|//\w+\.|@import|url\(", html)
    assert html.count("<script") == html.count("</script>") == 2


def test_a_reader_without_errors():
    images, labels, _ = answers(20)
    explorer = ConfusionExplorer(images, labels, np.eye(10)[labels])
    assert repr(explorer) == "<ConfusionExplorer: 0 errors among 20 images>"
    soup, data = parse(explorer)
    assert data["networks"][0]["errors"] == [] and "0 of them misread" in soup.caption.string
    assert "nan" not in str(soup)


def test_any_number_of_classes():
    soup, _ = parse(ConfusionExplorer(*answers(classes=3)))
    rows = soup.select("table")[0].select("tbody tr")
    assert [len(row.select("td")) for row in rows] == [3, 3, 3]


def change(what, value):
    """Good arguments with one of them changed."""
    arguments = dict(zip(["images", "labels", "probabilities"], answers(5)))
    arguments[what] = value(arguments[what])
    return arguments


def put(array, place, value):
    array = array.astype(type(value))
    array[place] = value
    return array


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (change("images", lambda x: x.reshape(5, 784)), r"got \(5, 784\): reshape vectors"),
        (change("images", lambda x: x[:4]), "got 4 images, 5 labels, 5 rows"),
        (change("images", lambda x: x.astype(float)), "floats from 0 to 1, got float64"),
        (change("images", lambda x: put(x / 255, (0, 0, 0), np.nan)), "floats from 0 to 1"),
        (change("images", lambda x: x / 255 - 0.5), "floats from 0 to 1"),
        (change("labels", lambda x: np.eye(10)[x]), r"labels of shape \(n,\).* got \(5, 10\)"),
        (change("labels", lambda x: x[:4]), "got 5 images, 4 labels"),
        (change("labels", lambda x: put(x, 2, 10)), "integer labels from 0 to 9.* to 10"),
        (change("labels", lambda x: put(x, 2, -1)), "integer labels from 0 to 9.* from -1"),
        (change("labels", lambda x: x.astype(float)), "integer labels .* got float64"),
        (change("probabilities", lambda p: p.argmax(axis=1)), r"\(5,\) and \(5,\)"),
        (change("probabilities", lambda p: p[:3]), "5 labels, 3 rows"),
        (change("probabilities", lambda p: p[None, :3]), "5 labels, 3 rows"),
        (change("probabilities", lambda p: p[None][:0]), "at least one network, got none"),
        (change("probabilities", lambda p: np.log(p)), "row 0 is .* softmax"),
        (change("probabilities", lambda p: 100 * p), "row 0 is .* softmax"),
        (change("probabilities", lambda p: put(p, (3, 1), np.nan)), "row 3 is .*"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match="(?s)" + message):
        ConfusionExplorer(**arguments)


def test_no_images_are_named():
    with pytest.raises(ValueError, match="at least one image"):
        ConfusionExplorer(np.empty((0, 28, 28)), np.empty(0, int), np.empty((0, 10)))
