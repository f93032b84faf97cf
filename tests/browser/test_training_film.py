"""The film of a training in a real browser: scrubbed, played, drawn for, and trained again."""

import re

import numpy as np
import pytest

from mnist_helpers import write_idx
from tests.browser.figure_page import assert_sound, finger, phone, write_page
from tests.film import answers, digits, film, snapshots

FILM = "document.querySelector('[data-live-figure]').trainingFilm"
LAST = 9  # of the ten snapshots


@pytest.fixture
def show(open_page, tmp_path):
    def show(*args, trains=True):
        page = open_page(write_page(tmp_path, film(trains), colors=None), *args)
        page.locator(".now").wait_for()
        return page

    return show


def scrub(page, place):
    page.get_by_label("Batches seen").fill(str(place))
    page.wait_for_function(f"{FILM}.film.frames.at(-1).layers")
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def moment(page, words):
    page.locator(".now", has_text=words).wait_for()


def read_ten(page):
    """What stands below the ten digits: (digit, right, percent)."""
    found = []
    for text in page.locator(".ten li").all_inner_texts():
        digit, word, share = re.match(
            r"(\d).*?(right|wrong),\s*([<>]?[\d.]+)%", text, re.S
        ).groups()
        found.append((int(digit), word == "right", float(share.strip("<>"))))
    return found


def test_each_moment_is_that_of_numpy(show):
    images, labels = digits()
    page = show()
    first = [1200 + np.flatnonzero(labels[1200:] == digit)[0] for digit in range(10)]
    for place, (seen, weights) in enumerate(snapshots().items()):
        scrub(page, place)
        said = page.locator(".now").inner_text()
        loss, accuracy = film().losses[place], film().accuracies[place]
        assert said.startswith(f"After {seen} batch") and f"accuracy {accuracy:.1%}" in said
        assert abs(float(re.search(r"loss ([\d.]+),", said)[1]) - loss) < 0.0051
        p = answers(weights, images[first])
        for digit, (read, right, share) in enumerate(read_ten(page)):
            assert right == (read == digit)
            assert abs(share - 100 * p[digit, read]) < 1.1  # the rounding, and that of the text
            assert p[digit, read] > p[digit].max() - 0.02
        kernel = page.evaluate(f"[...{FILM}.film.frames[{place}].layers[0].kernel]")
        assert abs(np.reshape(kernel, (784, 16)) - weights[0]).max() <= film().step / 2 + 1e-6


def test_pictures_show_the_weights(show):
    page = show()
    scrub(page, LAST)
    pixels = page.locator("canvas.neurons").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    sheet = np.reshape(pixels, (118, 118, 4))[..., :3].astype(int)
    weights = snapshots()[200][0]
    redness = sheet[..., 0] - sheet[..., 2]
    for neuron in (0, 3, 6, 15):
        y, x = divmod(neuron, 4)
        tile = redness[30 * y : 30 * y + 28, 30 * x : 30 * x + 28]
        column = weights[:, neuron].reshape(28, 28)
        clear = abs(column) > 0.1 * abs(column).max()
        assert (np.sign(tile) == np.sign(column))[clear].all()


def test_reader_draws_and_sees_when_it_is_read(show):
    page = show()
    box = page.locator(".drawing").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.8 * box["height"], steps=5)
    page.mouse.up()
    scrub(page, LAST)
    levels = page.evaluate(f"[...{FILM}.own()]")
    p = answers(snapshots()[200], np.array(levels) / 255)[0]
    said = page.locator(".verdict").inner_text()
    read, share = re.fullmatch(r"It reads a (\d), [<>]?([\d.]+)%\.", said).groups()
    assert int(read) == p.argmax() and abs(float(share) - 100 * p.max()) < 1.1
    assert page.locator(".chart").get_attribute("aria-label").count("%") == 10
    page.get_by_role("button", name="Clear").click()
    page.locator(".verdict", has_text="Draw, or take").wait_for()
    page.get_by_role("button", name="Ready digit 7").click()
    page.locator(".verdict", has_text="It reads a").wait_for()


def test_it_plays_to_the_end_and_says_so_once(show):
    page = show()
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    moment(page, "After 200 batches")
    page.get_by_role("button", name="Play").wait_for()
    told = page.get_by_role("status").filter(has_text="After 200 batches")
    told.wait_for(state="attached")
    assert re.search(r"It reads \d+ of the ten digits\.", told.inner_text())


def test_keys_move_through_the_film(show):
    page = show()
    page.get_by_label("Batches seen").focus()
    for key, seen in [("ArrowRight", 1), ("ArrowRight", 2), ("End", 200), ("Home", 0)]:
        page.keyboard.press(key)
        moment(page, f"After {seen} batch")
    values = page.get_by_label("Batches seen").get_attribute("aria-valuetext")
    assert values == "0"


def test_finger_scrubs_and_draws(browser, tmp_path):
    context = phone(browser)
    page = context.new_page()
    page.goto(write_page(tmp_path, film(), colors=None))
    drawing = page.locator(".drawing")
    drawing.scroll_into_view_if_needed()
    box = drawing.bounding_box()
    touch = finger(page)
    touch("touchStart", box["x"] + 50, box["y"] + 20)
    touch("touchMove", box["x"] + 50, box["y"] + 90)
    touch("touchEnd")
    page.locator(".verdict", has_text="It reads a").wait_for()
    page.get_by_label("Batches seen").fill("0")
    moment(page, "After 0 batches")
    page.wait_for_timeout(1000)  # Chromium takes a tap too soon after another touch for its second
    page.get_by_role("button", name="Play").tap()
    moment(page, "After 200 batches")
    context.close()


def test_training_in_the_page_learns(show):
    page = show()
    page.get_by_role("button", name="One batch").click()
    moment(page, "After 1 batch:")
    start = page.evaluate(f"{FILM}.training().frames[0].layers[0].kernel")
    assert page.evaluate(f"{FILM}.training().frames[0].batches") == 0
    assert len(start) == 784 * 16
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function(f"{FILM}.training().frames.at(-1).batches >= 60")
    page.get_by_role("button", name="Pause").last.click()
    frames = page.evaluate(f"{FILM}.training().frames.map((f) => [f.batches, f.loss, f.accuracy])")
    assert [batches for batches, *_ in frames] == sorted({batches for batches, *_ in frames})
    assert frames[-1][1] < 0.7 * frames[0][1] and frames[-1][2] > 0.6
    assert page.get_by_text("On 500 images that").count() == 1
    page.get_by_role("radio", name="the film").check()
    moment(page, "After 200 batches")
    # another start: the old curve becomes gray
    page.get_by_role("slider", name="Start").fill("2")
    page.get_by_role("button", name="One epoch").click()
    moment(page, "After 12 batches")
    assert page.locator(".line-old").count() == 2
    page.get_by_label("Batches seen").fill("0")
    moment(page, "After 0 batches")


def test_it_learns_from_the_files_of_a_reader(show, tmp_path):
    page = show()
    page.get_by_role("button", name="One batch").click()
    moment(page, "After 1 batch:")
    images, labels = (array[:1200] for array in digits())
    write_idx(tmp_path / "images", np.rint(255 * images).astype(np.uint8).reshape(-1, 28, 28))
    write_idx(tmp_path / "labels", labels.astype(np.uint8))
    picker = page.get_by_label("You have the files of MNIST?")
    picker.set_input_files(tmp_path / "images")
    page.get_by_text("expected a file of images and one of labels").wait_for()
    picker.set_input_files([tmp_path / "labels", tmp_path / "images"])
    page.get_by_text("on 1,000 images, and watched on 200 others").wait_for()
    page.get_by_role("button", name="One epoch").click()
    moment(page, "After 10 batches")
    assert page.get_by_text("On 200 images that").count() == 1


def test_steps_that_are_too_large_are_told(show):
    page = show()
    page.evaluate(f"{FILM}.took({{ batches: 3, heldOut: {{ loss: NaN, accuracy: 0 }} }})")
    assert "too large" in page.locator(".told").inner_text()


@pytest.mark.parametrize("args", [(1280, "light"), (1280, "dark"), (360, "dark")])
def test_it_is_sound_after_being_used(show, args):
    page = show(*args)
    assert_sound(page)
    page.get_by_role("button", name="Ready digit 3").click()
    scrub(page, 5)
    page.get_by_role("button", name="One batch").click()
    moment(page, "After 1 batch:")
    assert_sound(page)


def test_without_digits_to_train_on_there_is_no_training(show):
    page = show(trains=False)
    scrub(page, 3)
    assert page.get_by_role("button", name="Train", exact=True).count() == 0


def test_without_scripts_and_on_paper_the_still_picture_is_there(browser, show, tmp_path):
    page = show()
    page.emulate_media(media="print")
    assert page.get_by_role("img", name=re.compile("turns into")).is_visible()
    assert not page.locator(".live").is_visible()
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto(write_page(tmp_path, film(), colors=None))
    assert page.get_by_role("img", name=re.compile("turns into")).is_visible()
    assert page.get_by_role("table").inner_text().count("%") == 4
    context.close()
