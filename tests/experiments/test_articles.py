"""The runs of chapter 12: that they are whole, resumable, and what the chapter shows and says."""

import inspect
import json
from types import SimpleNamespace

import jupytext
import numpy as np
import pytest

from book.chapter import read_chapter
from book.common import chapters
from experiments import articles
from mnist_helpers import Mnist, load_mnist, measured

pytestmark = pytest.mark.data

RUNS = [(row, seed) for row, (_, seeds) in articles.ROWS.items() for seed in seeds]
IMAGES = {"A3 unscaled": (54_000, 10_000), "A3 scaled": (54_000, 10_000), "A4": (45_000, 15_000)}


@pytest.fixture(scope="module")
def mnist():
    """60 images to train on, 20 to test on."""
    full = load_mnist()
    training, test = full.train_images[:60], full.test_images[:20]
    return Mnist(full.name, training, full.train_labels[:60], test, full.test_labels[:20])


@pytest.fixture
def main(tmp_path, mnist, monkeypatch):
    """The script's ``main`` without training, with a file of its own; returns the records."""

    def run(article, train, test, seed, **options):
        main.trained.append(seed)
        if len(main.trained) == main.stop_at:
            raise KeyboardInterrupt
        return {"loss": [float("nan")], "test_accuracy": 0.5}

    def main(*rows):
        articles.main([*rows, "--results", str(tmp_path / "r.json")], mnist)
        return json.loads((tmp_path / "r.json").read_text("utf-8"))

    main.trained, main.stop_at = [], None
    monkeypatch.setattr(articles, "run", run)
    return main


def test_results_are_of_the_settings_as_they_are_now():
    records = measured("articles")
    assert [(record["name"], record["seed"]) for record in records] == RUNS
    for record in records:
        article, _ = articles.ROWS[record["name"]]
        assert record["settings"] == article._asdict() and record["data"] == "mnist"
        images = tuple(record["images"].values())
        assert images == IMAGES.get(record["name"], (60_000, 10_000))
        stuck = record["name"] == "A3 unscaled"
        assert len(record["history"]["loss"]) == (2 if stuck else article.epochs)
        assert record["cpu_seconds"] > 0 and record["machine"]["versions"]["keras"]


def test_a_stopped_run_goes_on(main):
    main.stop_at = 3
    with pytest.raises(KeyboardInterrupt):
        main("A1")
    assert [record["seed"] for record in main("A1")] == [0, 1, 2, 3, 4]
    assert main.trained == [0, 1, 2, 2, 3, 4]
    assert [(record["name"], record["seed"]) for record in main()] == RUNS
    assert len(main.trained) == 6 + len(RUNS) - 5


def test_changed_settings_are_run_again_in_their_place(main, monkeypatch):
    main("A3 scaled", "A4")
    shorter = articles.A3._replace(epochs=2)
    monkeypatch.setitem(articles.ROWS, "A3 scaled", (shorter, range(2)))
    records = main("A3 scaled")
    assert [record["settings"]["epochs"] for record in records] == [2, 2, *[20] * 8]
    assert [record["seed"] for record in records] == [*range(5)] * 2


def test_an_unknown_row(main, capsys):
    with pytest.raises(SystemExit):
        main("A6")
    assert "no row A6; there are A1, A2" in capsys.readouterr().err


@pytest.mark.slow
def test_a_seed_gives_the_same_run(mnist):
    first, again, other = (articles.measure("A5", seed, mnist)["history"] for seed in (3, 3, 4))
    assert first == again and first["loss"] != other["loss"]
    assert first["val_accuracy"][-1] == pytest.approx(first["test_accuracy"])


def test_a_run_ends_only_when_no_weight_but_the_last_biases_moves():
    before = [np.array([1.0, np.nan]), np.zeros(2), np.zeros(10)]
    for place, stuck in [(None, True), (2, True), (0, False), (1, False)]:
        after = [weights + (i == place) for i, weights in enumerate(before)]
        states = iter([before, after])
        callback = articles.StopWhenStuck()
        callback.set_model(SimpleNamespace(get_weights=lambda states=states: next(states)))
        callback.on_epoch_begin(0)
        callback.on_epoch_end(0)
        assert callback.model.stop_training == stuck


# ---- the chapter


@pytest.fixture(scope="module")
def names(mnist):
    """What the chapter's cells define that say what is trained, and on what."""
    names = vars(articles) | {"mnist": mnist, "measured": measured}
    starts = ("Article =", "runs =", "train_vectors =", "kept =", "scaled =", "def split")
    for cell in jupytext.read(chapters()["12"]).cells:
        if cell.source.startswith(starts):
            exec(cell.source, names)
    return names


def test_chapter_shows_what_the_script_runs(names):
    text = chapters()["12"].read_text("utf-8")
    for function in (articles.build, articles.run):
        assert inspect.getsource(function) in text
    for row, (article, _) in articles.ROWS.items():
        assert names["articles"][row[:2]][:4] == article


def test_chapter_prepares_the_images_as_the_script_does(names, mnist):
    hot = names["train_hot"], names["test_hot"]
    prepared = {
        "A1": (names["train"], names["test"]),
        "A2": hot,
        "A3 unscaled": ((255 * names["vectors"], names["labels"]), names["test_255"]),
        "A3 scaled": (names["scaled"], names["test_hot"]),
        "A4": names["split"](3),
        "A5": hot,
    }
    assert prepared.keys() == articles.ROWS.keys()
    for row, shown in prepared.items():
        for part, expected in zip(articles.data(row, mnist, 3), shown, strict=True):
            for array, other in zip(part, expected, strict=True):
                np.testing.assert_array_equal(array, other)


def test_chapter_says_what_is_in_the_results(names):
    said = {
        name: text
        for name, (text, _) in read_chapter(chapters()["12"].with_suffix(".ipynb")).glued.items()
    }
    results = {row: np.array(names["final"](row)) for row in articles.ROWS}
    ten = np.concatenate([results["A1"], results["A2"]])
    losses = [history["loss"] for history in names["runs"]["A4"]]
    assert said["ten_min"] == f"{ten.min():.2%}" and said["ten_max"] == f"{ten.max():.2%}"
    assert said["beat_a1"] == str(sum(ten > 0.9785)) and said["beat_a2"] == str(sum(ten > 0.9777))
    assert said["unscaled_max"] == f"{results['A3 unscaled'].max():.2%}"
    assert said["scaled_min"] == f"{results['A3 scaled'].min():.2%}"
    assert said["scaled_max"] == f"{results['A3 scaled'].max():.2%}"
    assert said["a4_loss_min"] == f"{min(loss[-1] for loss in losses):.3f}"
    assert said["a4_loss_max"] == f"{max(loss[-1] for loss in losses):.3f}"
    assert said["a5_max"] == f"{results['A5'].max():.2%}"


def test_words_of_the_chapter_hold(names):
    """What the text says of the stored runs without a number that a cell glues."""
    runs, final = names["runs"], names["final"]
    assert all(history["loss"][-1] < history["loss"][-2] for history in runs["A3 scaled"])
    assert max(history["loss"][0] for history in runs["A4"]) < 1.3391  # as they began
    assert max(history["loss"][-1] for history in runs["A4"]) < 0.2584
    assert min(final("A4")) < 0.9264 < max(final("A4"))
    assert max(final("A5")) < 0.984
    best = [np.argmax(history["val_accuracy"]) for history in runs["A5"]]
    assert min(best) < 4  # not always the last
