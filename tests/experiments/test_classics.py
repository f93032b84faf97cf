"""The runs of chapter 11: that they are whole, resumable, and what the chapter shows and says."""

import inspect
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

from book.chapter import read_chapter
from book.common import chapters
from experiments import classics
from mnist_helpers import Mnist, load_mnist, measured

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def mnist():
    """120 images to train on, 20 to test on."""
    full = load_mnist()
    training, test = full.train_images[:120], full.test_images[:20]
    return Mnist(full.name, training, full.train_labels[:120], test, full.test_labels[:20])


class Learner:
    """Says 1 to everything; ``value`` decides how many it gets right, if it is asked for."""

    fitted = []

    def __init__(self, seed, value=None):
        self.seed, self.value = seed, value

    def fit(self, x, y):
        self.fitted.append((self.seed, self.value, len(x)))

    def predict(self, x):
        return np.full(len(x), 1 if self.value in (None, 3) else 99)


@pytest.fixture
def main(tmp_path, mnist, monkeypatch):
    """The script with two learners that learn nothing; returns what is in its file."""
    monkeypatch.setattr(classics, "SIZES", [30, 60])
    monkeypatch.setattr(classics, "LEARNERS", {"plain": Learner, "tuned": Learner})
    monkeypatch.setattr(classics, "CANDIDATES", {"tuned": ("k", [1, 3, 5])})
    monkeypatch.setattr(Learner, "fitted", [])

    def main(*arguments):
        classics.main([*arguments, "--results", str(tmp_path / "r.json")], mnist)
        return json.loads((tmp_path / "r.json").read_text("utf-8"))

    main.file = tmp_path / "r.json"
    return main


def test_results_are_of_the_settings_as_they_are_now():
    found = measured("classics")
    runs = [(run["images"], run["name"], run["seed"]) for run in found["runs"]]
    assert runs == classics.places() and found["data"] == "mnist"
    assert set(found["machine"]["versions"]) == {"python", *classics.PACKAGES}
    for run in found["runs"]:
        assert 0.7 < run["accuracy"] < 1 and run["predict_seconds"] > 0 <= run["fit_seconds"]


def test_choices_are_of_the_candidates_as_they_are_now():
    found = measured("classics")["choices"]
    chosen = {(choice["images"], choice["name"]) for choice in found}
    wanted = {(n, name) for n in classics.SIZES for name in classics.CANDIDATES}
    assert wanted - chosen == {
        (60_000, name) for name in classics.CANDIDATES if "network" not in name
    }
    for choice in found:
        names = choice["setting"], choice["tried"]
        assert names == classics.candidates(choice["name"], choice["images"])
        assert choice["chosen"] == choice["tried"][int(np.argmax(choice["shares"]))]
        assert choice["measured"] == classics.HELD_OUT
        assert choice["fitted"] == min(choice["images"], 50_000)


def test_a_stopped_run_goes_on(main, monkeypatch):
    whole = main()
    assert [(run["images"], run["name"], run["seed"]) for run in whole["runs"]] == [
        (n, name, seed) for n in (30, 60) for name in ("plain", "tuned") for seed in range(5)
    ]
    main.file.unlink()
    Learner.fitted.clear()
    main("30")
    before = len(Learner.fitted)
    again = main()
    assert before + len(Learner.fitted[before:]) == 2 * (5 + 3 + 5)

    def untimed(found):
        return [(r["images"], r["name"], r["seed"], r["accuracy"]) for r in found["runs"]]

    assert untimed(again) == untimed(whole) and again["choices"] == whole["choices"]


def test_what_chooses_is_not_what_was_fitted(main, mnist):
    seen = []

    class Watched(Learner):
        def fit(self, x, y):
            seen.append({image.tobytes() for image in x})

        def predict(self, x):
            assert len(x) == 20 and not seen[-1] & {image.tobytes() for image in x}
            return super().predict(x)

    classics.LEARNERS["tuned"] = Watched
    x, y = mnist.train_images.reshape(120, -1), mnist.train_labels
    choice = classics.choose("tuned", 60, x, y)
    assert choice["chosen"] == 3 and choice["shares"][0] == choice["shares"][2] == 0
    assert choice["fitted"] == 60 and choice["measured"] == 20
    assert classics.choose("tuned", 6_000, x, y) is None  # too slow to choose


def test_the_chosen_value_is_used_and_the_nearest_smaller_size_stands_in(main):
    main("60")
    values = {value for seed, value, _ in Learner.fitted if seed != classics.CHOOSING}
    assert values == {None, 3}
    choices = [{"name": "tuned", "images": n, "chosen": n} for n in (30, 90)]
    assert classics.chosen(choices, "tuned", 60) == (30,)
    assert classics.chosen(choices, "tuned", 90) == (90,)
    assert classics.chosen(choices, "plain", 90) == ()


def test_two_machines_do_not_share_a_file(main, capsys):
    main("30")
    found = json.loads(main.file.read_text("utf-8"))
    found["machine"]["processor"] = "another"
    main.file.write_text(json.dumps(found), "utf-8")
    with pytest.raises(SystemExit):
        main("30")
    assert "times of two machines do not compare" in capsys.readouterr().err


def test_an_unknown_size(main, capsys):
    with pytest.raises(SystemExit):
        main("31")
    assert "no size {31}; there are [30, 60]" in capsys.readouterr().err


def test_a_search_that_has_not_ended_is_no_result(mnist):
    x, y = mnist.train_images.reshape(120, -1) / 255, mnist.train_labels
    hasty = classics.LogisticRegression(max_iter=2)
    with pytest.warns(Warning), pytest.raises(ValueError, match="has not converged"):
        classics.measure(hasty, x, y, x, y)


def test_the_quickest_of_three_counts_unless_it_is_slow(monkeypatch):
    for steps, expected, calls in (([0.5, 0.2, 0.3], 0.2, 3), ([1.5], 1.5, 1)):
        ticks = [0, 7, *(tick for step in steps for tick in (10, 10 + step))]
        monkeypatch.setattr(classics, "time", SimpleNamespace(process_time=iter(ticks).__next__))
        asked = []

        def predict(x, asked=asked):
            asked.append(x)
            return x

        learner = SimpleNamespace(fit=lambda x, y: None, predict=predict)
        run = classics.measure(learner, None, None, np.ones(4), np.array([1, 1, 1, 0]))
        assert run == {"accuracy": 0.75, "fit_seconds": 7, "predict_seconds": expected}
        assert len(asked) == calls


def test_a_seed_gives_the_same_network(mnist):
    x, y = (mnist.train_images.reshape(120, -1) / 255).astype("float32"), mnist.train_labels
    answers = []
    for seed in (1, 1, 2):
        network = classics.Network(16, epochs=1, seed=seed)
        network.fit(x, y)
        answers.append(np.asarray(network.model(x)))
    assert (answers[0] == answers[1]).all() and (answers[0] != answers[2]).any()


# ---- the chapter


@pytest.fixture(scope="module")
def text():
    return chapters()["11"].read_text("utf-8")


def test_chapter_shows_what_the_script_runs(text):
    assert inspect.getsource(classics.Network) in text
    names = {**vars(classics)}
    exec(re.search(r"^learners = \{.*?^\}", text, re.M | re.S)[0], names)
    shown = names["learners"]
    assert {*shown, "gradient boosting"} == set(classics.LEARNERS)
    choices = measured("classics")["choices"]
    for name, learner in shown.items():
        made = classics.LEARNERS[name](0, *classics.chosen(choices, name, 5_000))
        if isinstance(learner, names["Network"]):
            assert vars(learner) == vars(made), name
        else:
            assert repr(learner) == repr(made)  # scikit-learn's say what is not the default


def test_chapter_says_what_is_in_the_results():
    said = {
        name: value
        for name, (value, _) in read_chapter(chapters()["11"].with_suffix(".ipynb")).glued.items()
    }

    def wrong(name, images):
        runs = measured("classics")["runs"]
        places = [run for run in runs if (run["name"], run["images"]) == (name, images)]
        return 100 - 100 * np.array([run["accuracy"] for run in places])

    for key, name in (("svm", "kernel SVM"), ("net", "network 512-10")):
        assert said[f"{key}_few_min"] == f"{wrong(name, 300).min():.1f}%"
        assert said[f"{key}_few_max"] == f"{wrong(name, 300).max():.1f}%"
        assert said[f"{key}_min"] == f"{wrong(name, 5_000).min():.1f}%"
        assert said[f"{key}_max"] == f"{wrong(name, 5_000).max():.1f}%"
    assert said["svm_full"] == f"{wrong('kernel SVM', 60_000)[0]:.1f}%"
    assert said["net_full_max"] == f"{wrong('network 512-10', 60_000).max():.1f}%"
