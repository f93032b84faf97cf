"""The runs of chapter 8: that they are whole, resumable, and what the chapter says of them."""

import json

import numpy as np
import pytest

from experiments import remedies
from mnist_helpers import Mnist, load_mnist, measured

pytestmark = pytest.mark.data

RUNS = {(row, seed) for row in remedies.ROWS for seed in remedies.SEEDS}


@pytest.fixture(scope="module")
def mnist():
    """180 images, of which 30 are held back."""
    full = load_mnist()
    return Mnist(
        full.name,
        full.train_images[:180],
        np.arange(180) % 10,
        full.test_images[:20],
        full.test_labels[:20],
    )


@pytest.fixture(scope="module")
def runs():
    return measured("remedies")


def test_results_are_of_the_settings_as_they_are_now(runs):
    assert len(runs) == len(RUNS) and {(run["name"], run["seed"]) for run in runs} == RUNS
    for run in runs:
        setting, history = remedies.ROWS[run["name"]], run["history"]
        assert run["settings"] == setting and run["data"] == "mnist"
        if "epochs" in setting:
            assert len(history["loss"]) == setting["epochs"]
            assert len(history["val_loss"]) == setting["epochs"] // setting["every"]
        else:  # it ended since there was no new high
            best = np.argmax(history["val_accuracy"])
            assert len(history["val_loss"]) == best + 1 + setting["patience"]
        assert run["cpu_seconds"] > 0 and run["machine"]["versions"]["keras"]


def test_every_seed_draws_its_own_images_and_none_that_is_held_back(mnist):
    pool, held_back = remedies.hold_out(mnist)
    assert len(pool[0]) == 150 and len(held_back[0]) == 30
    drawn = [remedies.draw(pool, 40, seed) for seed in (0, 1, 0)]
    sets = [{row.tobytes() for row in x} for x, _ in drawn]
    assert sets[0] == sets[2] != sets[1]
    assert not sets[0] & {row.tobytes() for row in held_back[0]}
    labels = {row.tobytes(): label for row, label in zip(*pool)}
    assert all(labels[row.tobytes()] == label for row, label in zip(*drawn[0]))
    few = {row.tobytes() for row in remedies.draw(pool, 10, 0)[0]}
    assert len(few) == 10 and few < sets[0]  # more images are these and others


def test_a_stopped_script_goes_on_where_it_was(tmp_path, mnist, monkeypatch, capsys):
    def train(setting, seed, pool, held_back):
        trained.append(seed)
        if len(trained) == 3:
            raise KeyboardInterrupt
        return {"val_accuracy": [0.7, 0.9, 0.8]}

    trained, file = [], tmp_path / "r.json"
    monkeypatch.setattr(remedies, "train", train)
    arguments = ["dropout 0.5", "curve 128, 100", "--results", str(file)]
    with pytest.raises(KeyboardInterrupt):
        remedies.main(arguments, mnist)
    assert len(json.loads(file.read_text("utf-8"))) == 2
    remedies.main(arguments, mnist)
    rows = [row for row in remedies.ROWS if row.startswith(tuple(arguments[:2]))]
    records = json.loads(file.read_text("utf-8"))
    assert len(records) == len(rows) * 5 == len(trained) - 1
    said = capsys.readouterr().out
    assert "dropout 0.5                  seed 0  0.8000" in said  # what it ended with
    assert "curve 128, 1000              seed 4  0.9000" in said  # the highest
    monkeypatch.setitem(remedies.ROWS, "dropout 0.5", remedies.FEW | {"dropout": 0.6})
    remedies.main(arguments, mnist)
    assert len(trained) == len(rows) * 5 + 1 + 5  # the changed setting alone


def test_unknown_rows_are_told(mnist, capsys):
    with pytest.raises(SystemExit):
        remedies.main(["droop"], mnist)
    assert "no row begins so" in capsys.readouterr().err


@pytest.mark.slow
def test_settings_do_what_they_say(mnist):
    pool, held_back = remedies.hold_out(mnist)
    small = {"hidden": [16], "images": 100, "epochs": 4, "every": 2}

    def train(seed=0, **change):
        return remedies.train(small | change, seed, pool, held_back)

    plain = train()
    assert len(plain["loss"]) == 4 and len(plain["val_loss"]) == 2
    assert train() == plain != train(seed=1)
    for change in ({"dropout": 0.5}, {"normalize": True}, {"decay": 3.0}):
        assert train(**change)["loss"] != plain["loss"], change
    # 100 images fifty times make a round, and it ends by itself
    stopped = remedies.train({"hidden": [16], "images": 100, "patience": 1}, 0, pool, held_back)
    assert len(stopped["val_loss"]) == np.argmax(stopped["val_accuracy"]) + 2
