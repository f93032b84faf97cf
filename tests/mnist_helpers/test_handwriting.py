"""Drawings and photos of digits, made here with Pillow, on their way to 28x28 pixels."""

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy import ndimage

from mnist_helpers.handwriting import center_digit, prepare_digit, read_picture, redraw, shrink

SEVEN = [(0.2, 0.2), (0.8, 0.2), (0.4, 0.85)]  # shares of the picture's width and height


def draw(points, size=(280, 280), pen=20, paper=0, ink=255):
    """A line as a picture; ``size`` is (width, height)."""
    picture = Image.new("L", size, paper)
    xy = [(x * size[0], y * size[1]) for x, y in points]
    ImageDraw.Draw(picture).line(xy, fill=ink, width=pen, joint="curve")
    return picture


def scribble(seed):
    """A random line on a random canvas."""
    rng = np.random.default_rng(seed)
    width, height = rng.integers(20, 300, 2).tolist()
    points = rng.uniform(0.1, 0.9, (rng.integers(2, 6), 2)).tolist()
    return np.asarray(draw(points, (width, height), pen=int(rng.integers(1, 30))))


def prepare_slowly(drawing):
    """The rule of ``prepare_digit``, pixel by pixel."""
    ys, xs = np.nonzero(drawing > 25)
    crop = drawing[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1].astype(float)
    scale = 20 / max(crop.shape)
    h, w = (max(1, math.floor(side * scale + 0.5)) for side in crop.shape)
    small = np.zeros((h, w))
    for v in range(h):
        for u in range(w):
            top, bottom = v * crop.shape[0] / h, (v + 1) * crop.shape[0] / h
            left, right = u * crop.shape[1] / w, (u + 1) * crop.shape[1] / w
            total = 0
            for y in range(int(top), min(math.ceil(bottom), crop.shape[0])):
                for x in range(int(left), min(math.ceil(right), crop.shape[1])):
                    part = (min(y + 1, bottom) - max(y, top)) * (min(x + 1, right) - max(x, left))
                    total += part * crop[y, x]
            small[v, u] = math.floor(total / ((bottom - top) * (right - left)) + 0.5)
    image = np.zeros((28, 28), int)
    center = [
        (small.sum(axis=1 - a) * np.arange(small.shape[a])).sum() / small.sum() for a in (0, 1)
    ]
    y, x = (
        min(max(math.floor(14 - c + 0.5), 0), 28 - side) for c, side in zip(center, small.shape)
    )
    image[y : y + h, x : x + w] = small
    return image


@pytest.mark.parametrize("seed", range(12))
def test_preparation_follows_the_rule(seed):
    drawing = scribble(seed)
    image = prepare_digit(drawing)
    assert image.dtype == np.uint8
    assert abs(image - prepare_slowly(drawing)).max() <= 1


@pytest.mark.parametrize("seed", range(12))
def test_size_and_place_are_those_of_mnist(seed):
    image = prepare_digit(scribble(seed))
    sides = [np.ptp(np.flatnonzero(image.any(axis=axis))) + 1 for axis in (0, 1)]
    assert max(sides) == 20
    # MNIST's own lie at index 13.5 to 14.5
    assert np.abs(np.array(ndimage.center_of_mass(image)) - 14).max() <= 0.5


@pytest.mark.parametrize("seed", range(4))
def test_place_on_the_canvas_does_not_matter(seed):
    drawing = scribble(seed)
    larger = np.pad(drawing, ((50, 0), (7, 90)))
    np.testing.assert_array_equal(prepare_digit(larger), prepare_digit(drawing))


@pytest.mark.parametrize("seed", range(4))
def test_size_of_the_canvas_does_not_matter(seed):
    drawing = scribble(seed)
    enlarged = np.kron(drawing, np.ones((3, 3), np.uint8))
    images = prepare_digit(drawing), prepare_digit(enlarged)
    once, again = (image[np.ix_(image.any(axis=1), image.any(axis=0))] for image in images)
    assert abs(once.astype(int) - again).max() <= 1  # its place may differ, by rounding


def test_a_prepared_digit_stays_as_it_is():
    drawing = np.zeros((100, 100), np.uint8)
    drawing[10:90, 20:32] = drawing[10:22, 20:76] = 255  # four pixels become one
    once = prepare_digit(drawing)
    assert np.unique(once).tolist() == [0, 255] and (once > 0).sum() == (drawing > 0).sum() / 16
    np.testing.assert_array_equal(prepare_digit(once), once)


def test_faint_specks_do_not_count_as_ink():
    drawing = scribble(0)
    specks = drawing.copy()
    specks[0, 0] = specks[-1, -1] = 25
    np.testing.assert_array_equal(prepare_digit(specks), prepare_digit(drawing))
    specks[0, 0] = 26
    assert (prepare_digit(specks) != prepare_digit(drawing)).any()


def test_the_box_stays_inside_when_the_ink_is_at_one_end():
    drawing = np.zeros((100, 100), np.uint8)
    drawing[10:90, 10:15] = drawing[10:15, 10:90] = 60  # a faint, wide box
    drawing[10:30, 10:30] = 255  # all the weight in its corner
    image = prepare_digit(drawing)
    assert image[8:, 8:].any(axis=0).all() and image[8:, 8:].any(axis=1).any()
    assert not image[:8].any() and not image[:, :8].any()


def test_the_smallest_and_the_narrowest_drawings():
    dot = np.zeros((5, 5), np.uint8)
    dot[2, 2] = 200
    assert (prepare_digit(dot) == 200).sum() == 400
    hair = np.zeros((300, 50), np.uint8)
    hair[20:280, 30] = 255
    assert (prepare_digit(hair) == 255).sum() == 20


def test_a_side_halfway_between_two_sizes_becomes_the_larger():
    bar = np.zeros((60, 60), np.uint8)
    bar[10:50, 20:25] = 255  # of 40 by 5 pixels: 20 by 2.5
    assert prepare_digit(bar).any(axis=0).sum() == 3


def test_enlarging_and_shrinking_average_areas():
    assert shrink(np.array([[0, 60]], np.uint8), 1, 3).tolist() == [[0, 30, 60]]
    assert shrink(np.array([[10], [20], [61]], np.uint8), 1, 1).tolist() == [[30]]


def test_center_digit_rounds_half_up():
    two = np.full((1, 2), 255, np.uint8)  # its center lies between two pixels
    assert np.flatnonzero(center_digit(two).any(axis=0)).tolist() == [14, 15]


@pytest.mark.parametrize(
    ("drawing", "message"),
    [
        (np.zeros((28, 28), np.uint8), "no digit"),
        (np.full((28, 28), 25, np.uint8), "no level is above 25"),
        (np.diag([26, *[0] * 278, 26]).astype(np.uint8), "specks"),
        (255 - scribble(0), "Pass 255 - drawing"),
        (scribble(0) / 255, "float64"),
        (np.zeros((28, 28, 3), np.uint8), r"\(28, 28, 3\)"),
    ],
)
def test_what_cannot_be_prepared_is_refused(drawing, message):
    with pytest.raises(ValueError, match=message):
        prepare_digit(drawing)


def grain(size, seed=0):
    return np.random.default_rng(seed).normal(0, 4, size[::-1])


def slope(size, low):
    """Light from the upper right: 1 there, ``low`` at the lower left."""
    x, y = np.linspace(0, 1, size[0]), np.linspace(1, 0, size[1])[:, np.newaxis]
    return low + (1 - low) * (x + y) / 2


def save(array, path, **options):
    Image.fromarray(np.clip(array, 0, 255).astype(np.uint8)).save(path, **options)


def clean(path):
    draw(SEVEN).save(path)


def dark_on_light(path):
    draw(SEVEN, paper=230, ink=30).save(path)


def faint(path):
    draw(SEVEN, paper=180, ink=150).save(path)


def palette(path):
    draw(SEVEN, paper=230, ink=30).convert("P").save(path)


def one_bit(path):
    draw(SEVEN, paper=255, ink=0).convert("1").save(path)


def sixteen_bits(path):
    light = np.asarray(draw(SEVEN, paper=230, ink=30)).astype(np.uint16)
    Image.fromarray(40 * light).save(path)  # up to 9,200 of 65,535: a dark scan


def transparent(path, ink=(20, 20, 90)):
    picture = Image.new("RGBA", (280, 280), (*ink, 255))
    picture.putalpha(draw(SEVEN))
    picture.save(path)


def transparent_and_white(path):
    transparent(path, ink=(255, 255, 255))


def rotated_by_exif(path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    turned = draw(SEVEN, paper=230, ink=30).transpose(Image.Transpose.ROTATE_90)
    turned.save(path, "jpeg", exif=exif, quality=95)


def photo(path):
    size = (900, 900)
    paper = np.asarray(draw(SEVEN, size, pen=64, paper=235, ink=70)) * slope(size, 0.45)
    save(paper + grain(size), path, format="jpeg", quality=85)


def chalk(path):
    size = (900, 900)
    board = np.asarray(draw(SEVEN, size, pen=64, paper=45, ink=210)) * slope(size, 0.6)
    save(board + grain(size), path, format="jpeg", quality=85)


def dusty(path):
    paper = draw(SEVEN, paper=230, ink=30)
    ImageDraw.Draw(paper).ellipse((250, 250, 258, 258), fill=60)
    paper.save(path)


def huge(path):
    draw(SEVEN, (3000, 3000), pen=214, paper=230, ink=30).save(path)


KINDS = [
    clean,
    dark_on_light,
    faint,
    palette,
    one_bit,
    sixteen_bits,
    transparent,
    transparent_and_white,
    rotated_by_exif,
    photo,
    chalk,
    dusty,
    huge,
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_picture_gives_the_same_digit(kind, tmp_path):
    path = tmp_path / "picture.png"  # Pillow looks at the content, not at the name
    kind(path)
    picture = read_picture(path)
    assert picture.dtype == np.uint8 and picture.ndim == 2 and max(picture.shape) <= 800
    assert picture.max() == 255 and np.median(picture) == 0
    expected = prepare_digit(np.asarray(draw(SEVEN))).astype(float)
    found = prepare_digit(picture)
    assert np.abs(found - expected).mean() < 3  # of 255


def test_a_picture_as_small_as_those_of_mnist_is_read(tmp_path):
    small = draw(SEVEN).resize((28, 28), Image.Resampling.BOX)
    small.save(tmp_path / "small.png")
    found = read_picture(tmp_path / "small.png").astype(int)
    assert np.abs(found - np.asarray(small)).mean() < 8


def test_a_digit_may_have_two_parts(tmp_path):
    five = draw([(0.3, 0.2), (0.3, 0.5), (0.7, 0.6), (0.3, 0.85)], paper=230, ink=30)
    ImageDraw.Draw(five).line((130, 50, 200, 50), fill=30, width=20)
    five.save(tmp_path / "five.png")
    _, parts = ndimage.label(read_picture(tmp_path / "five.png") > 25)
    assert parts == 2


def test_pixels_that_touch_at_corners_are_one_line(tmp_path):
    paper = np.full((60, 60), 230, np.uint8)
    paper[10:14, 10:40] = 30
    paper[range(14, 44), range(39, 9, -1)] = 30  # a hairline: each pixel alone would be dust
    Image.fromarray(paper).save(tmp_path / "seven.png")
    ink = read_picture(tmp_path / "seven.png") > 25
    assert ink[paper == 30].all() and ink.mean() < 0.1


def blank(path):
    Image.new("L", (200, 200), 240).save(path)


def blank_and_grainy(path):
    save(200 * slope((400, 400), 0.5) + grain((400, 400)), path, format="png")


def stripes(path):
    save(np.tile(np.repeat([255, 0], [11, 9]), (400, 20)), path, format="png")


def text(path):
    path.write_text("7")


def cut_off(path):
    dark_on_light(path)
    path.write_bytes(path.read_bytes()[:200])


def a_few_pixels(path):
    Image.new("L", (200, 4), 240).save(path)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (blank, "no digit found"),
        (blank_and_grainy, "no digit found"),
        (stripes, "would be ink"),
        (text, "not a picture"),
        (cut_off, "not a picture"),
        (a_few_pixels, "too few"),
    ],
)
def test_what_holds_no_digit_is_refused(kind, message, tmp_path):
    path = tmp_path / "picture.png"
    kind(path)
    with pytest.raises(ValueError, match=rf"picture\.png: .*{message}"):
        read_picture(path)


def test_missing_picture_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="no-such"):
        read_picture(tmp_path / "no-such.png")


@pytest.fixture(scope="module")
def rings_and_bars():
    """Twenty zeros and twenty ones, as MNIST would have them."""
    y, x = np.indices((28, 28)) - 13.5
    ring = abs(np.hypot(x, y) - 8) < 1.6
    bar = (abs(x) < 2) & (abs(y) < 10)
    return 255 * np.repeat(np.stack([ring, bar]), 20, axis=0).astype(np.uint8)


def test_redrawn_digits_keep_their_form(rings_and_bars):
    drawings = redraw(rings_and_bars, np.random.default_rng(0))
    assert drawings.shape == (40, 112, 112) and drawings.dtype == np.uint8
    for drawing, is_ring in zip(drawings, [True] * 20 + [False] * 20):
        assert ndimage.label(drawing > 127)[1] == 1  # in one piece
        assert ndimage.label(drawing <= 127)[1] == 1 + is_ring  # a hole stays a hole
        assert max(drawing[[0, -1]].max(), drawing[:, [0, -1]].max()) < 128  # on the canvas


def test_redrawn_digits_have_any_size_place_and_pen(rings_and_bars):
    drawings = redraw(rings_and_bars, np.random.default_rng(0))
    ink = drawings > 127
    sides = np.maximum(ink.any(axis=1).sum(axis=1), ink.any(axis=2).sum(axis=1)) / 112
    assert 0.28 < sides.min() < 0.4 and 0.8 < sides.max() < 1
    centers = np.array([ndimage.center_of_mass(drawing) for drawing in drawings]) / 112
    assert np.ptp(centers, axis=0).min() > 0.4
    assert abs(np.corrcoef(centers.T)[0, 1]) < 0.4
    bars = ink[20:]
    pens = [2 * ndimage.distance_transform_edt(bar).max() for bar in bars]
    ratios = np.square(pens) / bars.sum(axis=(1, 2))  # width by length; 0.2 in the images
    assert ratios.min() < 0.23 and 0.28 < ratios.max() < 0.35
    leaning = [np.diff(np.argwhere(bar)[[0, -1], 1]).item() for bar in bars]  # top to bottom
    assert min(leaning) < -5 and max(leaning) > 10


def test_the_thinnest_line_is_not_lost():
    hair = np.zeros((20, 28, 28), np.uint8)
    hair[:, 4:24, 14] = 255
    drawings = redraw(hair, np.random.default_rng(0))
    assert (drawings > 127).any(axis=(1, 2)).all()


def test_redrawing_repeats_with_its_seed(rings_and_bars):
    first, second = (redraw(rings_and_bars[:3], np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_nothing_to_redraw_is_refused():
    with pytest.raises(ValueError, match="no ink"):
        redraw(np.zeros((1, 28, 28), np.uint8), np.random.default_rng(0))
