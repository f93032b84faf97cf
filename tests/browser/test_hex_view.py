"""The hex view in a real browser: what it says of a byte is what Python says, broken or not."""

import io

import numpy as np
import pytest

from mnist_helpers import HexView, IdxError, read_idx
from tests.browser.figure_page import (
    DARK,
    LIGHT,
    assert_accessible,
    assert_readable,
    set_slider,
    without_scripts,
    write_page,
)

NAME = "train-images-idx3-ubyte"


def idx(shape, seed=0):
    """An IDX file whose values are half blank, as those of digits are."""
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 256, shape, np.uint8) * (rng.random(shape) < 0.5)
    header = bytes([0, 0, 8, len(shape)])
    sizes = b"".join(size.to_bytes(4, "big") for size in shape)
    return header + sizes + values.astype(np.uint8).tobytes()


IMAGES, LABELS = idx((7, 28, 28)), idx((60_000,))


@pytest.fixture
def show(page, tmp_path):

    def show(data=IMAGES, name=NAME, colors=LIGHT):
        page.goto(write_page(tmp_path, HexView(data, name), colors=colors))
        return page

    return show


def python_says(data, name):
    file = io.BytesIO(data)
    file.name = name
    try:
        array = read_idx(file)
    except IdxError as error:
        return {"error": str(error)}
    shape = str(array.shape)
    return {"found": f"shape {shape} of {array.dtype}"}


@pytest.mark.parametrize("data", [IMAGES, LABELS, idx((2, 3))], ids=["images", "labels", "small"])
def test_broken_bytes_say_what_read_idx_says(show, data):
    page = show(data)
    header = 4 + 4 * data[3]
    values = sorted({*range(0, 256, 7), *range(20), 0x1F, 0x3C, 0x8B, 250, 255})
    places = [*range(header), header, min(header + 5, len(data) - 1)]
    told = page.evaluate(
        """([places, values]) => {
            const { answer } = document.querySelector("[data-live-figure]").hexView;
            return places.map((place) => values.map((value) => answer(place, value)));
        }""",
        [places, values],
    )
    for place, row in zip(places, told, strict=True):
        for value, answer in zip(values, row, strict=True):
            broken = bytearray(data)
            broken[place] = value
            assert answer == python_says(bytes(broken), NAME), (place, value)


def test_touched_byte_tells_its_value_and_its_meaning(show):
    page = show(LABELS[:4] + bytes.fromhex("0000ea60") + LABELS[8:], "train-labels-idx1-ubyte")
    page.locator("#byte-6").click()
    assert page.locator(".where").inner_text() == "Byte 6: ea = 14 · 16 + 10 = 234"
    assert page.locator(".meaning").inner_text() == "Meaning: how many labels"
    assert page.locator(".sum").inner_text() == "big-endian: 234·256 + 96 = 60,000"
    page.get_by_label("little-endian").check()
    assert page.locator(".sum").inner_text().endswith("= 1,625,948,160")
    assert int.from_bytes(bytes.fromhex("0000ea60"), "little") == 1_625_948_160
    assert page.locator(".sizes").inner_text() == "All sizes, read so: 1,625,948,160"


def test_pixels_know_their_place(show):
    page = show()
    page.locator("#byte-600").click()
    row, column = divmod(600 - 16, 28)
    expected = f"Meaning: pixel: image 0, row {row}, column {column}"
    assert page.locator(".meaning").inner_text() == expected
    assert page.locator("#byte-600").inner_text() == f"{IMAGES[600]:02x}"


def test_keyboard_reads_and_breaks(show):
    page = show()
    page.keyboard.press("Tab")
    for key in ["ArrowRight"] * 3 + ["ArrowUp", "ArrowLeft", "ArrowDown"]:
        page.keyboard.press(key)
    assert page.locator("[aria-selected=true]").get_attribute("id") == "byte-10"
    page.keyboard.press("End")
    assert page.locator("[aria-selected=true]").get_attribute("id") == "byte-799"
    page.keyboard.press("Home")
    assert page.evaluate("scrollY") == 0
    page.keyboard.press("Tab")  # the orders
    page.keyboard.press("Tab")  # the slider
    page.keyboard.press("ArrowRight")
    expected = python_says(b"\x01" + IMAGES[1:], NAME)["error"]
    assert page.locator(".verdict").inner_text() == f"IdxError: {expected}"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator(".verdict").inner_text() == "No error: shape (7, 28, 28) of uint8"


def test_one_byte_at_a_time_is_broken_and_values_go_unnoticed(show):
    page = show()
    page.locator("#byte-3").click()
    set_slider(page, "Change byte 3", 4)
    page.locator("#byte-300").click()
    set_slider(page, "Change byte 300", (IMAGES[300] + 1) % 256)
    assert page.locator(".broken").count() == 1
    assert page.locator("#byte-3").inner_text() == "03"
    assert "Nothing in the file tells" in page.locator(".verdict").inner_text()


def test_screen_readers_are_told(show):
    page = show()
    page.locator("#byte-4").click()
    page.get_by_role("status").filter(has_text="Byte 4: 00").wait_for()
    assert page.get_by_role("option", name="byte 4: 00").get_attribute("aria-selected") == "true"


@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_and_nothing_is_cut(show, colors, width):
    page = show(colors=colors)
    page.set_viewport_size({"width": width, "height": 800})
    assert_accessible(page)
    page.locator("#byte-8").click()
    set_slider(page, "Change byte 8", 200)
    page.get_by_label("little-endian").check()
    assert_accessible(page)
    assert_readable(page, width)
    sizes = page.locator("[role=option]").first.bounding_box()
    assert min(sizes["width"], sizes["height"]) >= 24


def test_without_scripts_the_header_is_a_table(browser, tmp_path):
    context, page = without_scripts(browser, write_page(tmp_path, HexView(IMAGES, NAME)))
    try:
        table = page.locator("table").inner_text()
        assert "00 00 00 1c = 28" in table and "how many images" in table
        assert page.locator("button").count() == 0
    finally:
        context.close()
