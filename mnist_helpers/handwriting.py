"""From a drawing or a photo of a digit to the 28x28 pixels of MNIST. Built by hand in chapter 13.

A network can read only what looks like its training images. MNIST's digits were scaled to a box
of 20x20 pixels and put into 28x28 with their center of mass in the middle (Y. LeCun et al.,
"Gradient-based learning applied to document recognition", 1998,
https://doi.org/10.1109/5.726791). ``prepare_digit`` does the same to any drawing. The pad of
``DigitPad`` does it in the browser, by the same rule to one gray level.
"""

import numpy as np
from PIL import Image, ImageOps
from scipy import ndimage

INK = 25  # a level above it counts as ink: 10 % of 255
SIDE = 28  # of an image of MNIST
BOX = 20  # the longer side of its digit

_LARGEST = 800  # pixels; larger pictures only take longer


def prepare_digit(drawing):
    """Make a drawing look like an image of MNIST.

    The drawing is cut to its ink, scaled until its longer side has 20 pixels, and put into 28x28
    pixels with its center of mass in the middle, as far as it fits.

    Parameters
    ----------
    drawing : ndarray of uint8, shape (height, width)
        White ink, up to 255, on black, 0. What is at most 25 (10 %) does not count as ink.

    Returns
    -------
    ndarray of uint8, shape (28, 28)

    Raises
    ------
    ValueError
        If the drawing is not a 2-D array of uint8, holds no ink, or has ink all around its
        border, as dark ink on white paper has.

    Examples
    --------
    >>> drawing = np.zeros((200, 300), np.uint8)
    >>> drawing[30:130, 250:280] = 255  # a thick 1 on the right
    >>> rows, columns = prepare_digit(drawing).nonzero()
    >>> print(rows.min(), rows.max(), columns.min(), columns.max())
    5 24 12 17
    """
    drawing = np.asarray(drawing)
    if drawing.dtype != np.uint8 or drawing.ndim != 2:
        raise ValueError(
            f"expected a drawing of dtype uint8 (0 to 255) and shape (height, width), "
            f"got {drawing.dtype} and {drawing.shape}"
        )
    ink = drawing > INK
    if not ink.any():
        raise ValueError(f"no digit in this drawing: no level is above {INK} of 255")
    if ink[[0, -1]].all() and ink[:, [0, -1]].all():
        raise ValueError(
            "ink all around the border: is this dark ink on white paper? "
            "Pass 255 - drawing, or leave some space around the digit"
        )
    ((top, bottom), (left, right)) = (
        np.flatnonzero(ink.any(axis=axis))[[0, -1]] for axis in (1, 0)
    )
    crop = drawing[top : bottom + 1, left : right + 1]
    scale = BOX / max(crop.shape)
    height, width = (max(1, int(np.floor(side * scale + 0.5))) for side in crop.shape)
    digit = shrink(crop, height, width)
    if not digit.any():
        raise ValueError("no digit in this drawing: a few specks, which average out to nothing")
    return center_digit(digit)


def shrink(picture, height, width):
    """Scale a picture; each new pixel is the mean of the rectangle that it covers in the old one.

    Parameters
    ----------
    picture : ndarray of uint8, shape (old_height, old_width)
    height, width : int
        The new size. It may also be larger than the old.

    Returns
    -------
    ndarray of uint8, shape (height, width)

    Examples
    --------
    >>> shrink(np.array([[0, 90, 255]], np.uint8), 1, 2)  # 1.5 pixels each, the middle one halved
    array([[ 30, 200]], dtype=uint8)
    """
    rows, columns = _shares(height, picture.shape[0]), _shares(width, picture.shape[1])
    return np.floor(rows @ picture @ columns.T + 0.5).astype(np.uint8)


def _shares(new, old):
    """The share of each old pixel in each new one, along one side: shape (new, old)."""
    edges = np.arange(new + 1)[:, np.newaxis] * (old / new)
    start = np.arange(old)
    overlap = np.minimum(edges[1:], start + 1) - np.maximum(edges[:-1], start)
    return np.maximum(overlap, 0) / (old / new)


def center_digit(digit):
    """Put a digit into 28x28 pixels, its center of mass in the middle.

    It moves by whole pixels, as in MNIST, and not beyond the edge.

    Parameters
    ----------
    digit : ndarray of uint8, shape (height, width)
        At most 28 pixels high and wide, not all zero.

    Returns
    -------
    ndarray of uint8, shape (28, 28)

    Examples
    --------
    >>> np.argwhere(center_digit(np.array([[255]], np.uint8)))
    array([[14, 14]])
    """
    offset = np.floor(SIDE / 2 - np.array(ndimage.center_of_mass(digit)) + 0.5).astype(int)
    top, left = np.clip(offset, 0, SIDE - np.array(digit.shape))
    image = np.zeros((SIDE, SIDE), np.uint8)
    image[top : top + digit.shape[0], left : left + digit.shape[1]] = digit
    return image


def read_picture(path):
    """Read a photo, scan or screenshot of a digit as white ink on black.

    Pen on paper and chalk on a board both do, and so does ink on a transparent ground: what is
    at the border is taken for paper. A photo's rotation mark is obeyed. Light that falls more on
    one side than on the other is evened out, faint ink is stretched to the full range, and dust
    is dropped.

    Parameters
    ----------
    path : str, path-like or binary file
        A picture in any format that Pillow reads, such as PNG or JPEG, with one digit on plain
        paper that fills the picture.

    Returns
    -------
    ndarray of uint8, shape (height, width)
        For ``prepare_digit``. Pictures of more than 800 pixels a side are reduced.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a picture, or nothing in it can be told from the paper.

    Examples
    --------
    >>> import tempfile
    >>> paper = np.full((120, 90), 200, np.uint8)
    >>> paper[30:90, 40:50] = 60  # a dark 1 on gray paper
    >>> with tempfile.NamedTemporaryFile(suffix=".png") as file:
    ...     Image.fromarray(paper).save(file, "png")
    ...     picture = read_picture(file)
    >>> print(picture.shape, picture[0, 0], picture[60, 45])
    (120, 90) 0 255
    """
    gray = _gray(path)
    side = min(gray.shape)
    # a little blur, so that single grains of the paper decide nothing
    gray = ndimage.gaussian_filter(gray, side / 300)
    frame = max(1, side // 20)
    border = np.ones(gray.shape, bool)
    border[frame:-frame, frame:-frame] = False
    paper = np.median(gray[border])
    if gray.max() - paper > paper - gray.min():  # light ink: from here on ink is dark
        gray = -gray
    # the paper without the ink: the brightest level around, which strokes are too narrow to hide
    window = max(3, side // 3)
    padded = np.pad(gray, window, mode="edge")  # else the darkest corner would count as ink
    light = ndimage.grey_closing(padded, size=window)[window:-window, window:-window]
    depth = light - gray
    depth -= np.median(depth)  # the level of the paper, whose grain lies below the brightest
    darkest = depth.max()
    ink = depth > 0.4 * darkest
    if ink.mean() > 0.4:
        raise ValueError(
            f"{path}: {ink.mean():.0%} of the picture would be ink. "
            "Expected one digit on plain paper, and nothing but paper around it"
        )
    grain = 1.4826 * np.median(abs(depth))  # the standard deviation of the paper, not of the ink
    if darkest < max(12, 8 * grain):
        raise ValueError(
            f"{path}: no digit found. The strongest ink differs from the paper by "
            f"{darkest:.0f} of 255, and the paper itself varies by {grain:.0f}. "
            "Use a darker pen, or go closer"
        )
    parts, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())[1:]
    dust = np.isin(parts, 1 + np.flatnonzero(sizes < sizes.max() / 20))
    near = ndimage.binary_dilation(ink & ~dust, iterations=max(1, side // 100))
    levels = np.clip((depth / darkest - 0.1) / 0.7, 0, 1)
    return np.floor(255 * levels * near + 0.5).astype(np.uint8)


def _gray(path):
    """A picture file's gray levels, upright: float array, 0 (black) to 255."""
    try:
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened)
    except FileNotFoundError:
        raise
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path}: not a picture that can be read ({error})") from error
    if picture.mode[0] in "IF":  # 16 or 32 bits: the darkest and the lightest level count
        gray = np.asarray(picture, np.float32)
        span = np.ptp(gray)
        picture = Image.fromarray((gray - gray.min()) * (255 / span if span else 1))
    else:
        picture = _on_paper(picture.convert("RGBA"))
    if min(picture.size) < 8:
        raise ValueError(f"{path}: {picture.size} pixels are too few for a digit")
    picture.thumbnail((_LARGEST, _LARGEST))
    return np.asarray(picture, np.float32)


def _on_paper(picture):
    """Gray levels of a picture whose transparent parts become paper, unlike the ink."""
    gray, alpha = picture.convert("L"), picture.getchannel("A")
    opaque = np.asarray(alpha, float)
    mean = (np.asarray(gray) * opaque).sum() / max(1, opaque.sum())
    paper = Image.new("L", picture.size, 255 if mean < 128 else 0)
    return Image.composite(gray, paper, alpha)


def redraw(images, rng, *, side=112):
    """Make drawings from images of digits: any size, any place, a little turned, with any pen.

    The longer side of a digit becomes 0.3 to 0.9 of the canvas. The digit is turned by up to 20
    degrees. Its pen becomes up to half a pixel of the image thinner or up to two pixels thicker,
    and has no grays but at its edge.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, rows, columns)
        White ink on black, such as MNIST's test images.
    rng : numpy.random.Generator
        Chooses size, place, angle and pen.
    side : int, default 112
        Height and width of the drawings.

    Returns
    -------
    ndarray of uint8, shape (n, side, side)

    Raises
    ------
    ValueError
        If an image has no ink.

    Examples
    --------
    >>> images = np.zeros((1, 28, 28), np.uint8)
    >>> images[0, 5:23, 12:16] = 255
    >>> redraw(images, np.random.default_rng(0)).shape
    (1, 112, 112)
    """
    drawings = np.empty((len(images), side, side), np.uint8)
    for drawing, image in zip(drawings, images):
        points = np.argwhere(image > 127)
        if not len(points):
            raise ValueError("an image has no ink: no level is above 127 of 255")
        angle = np.deg2rad(rng.uniform(-20, 20))
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        points = points @ turn.T
        low, extent = points.min(axis=0), np.ptp(points, axis=0)
        scale = rng.uniform(0.3, 0.9) * side / (1 + extent.max())
        change = scale * rng.uniform(-0.25, 1)  # of the pen, on each side of it
        edge = 1 + scale / 2 + max(0, change)
        corner = edge + rng.uniform(size=2) * (side - 1 - 2 * edge - scale * extent)
        large = ndimage.affine_transform(
            image.astype(np.float32),
            turn.T / scale,
            offset=turn.T @ (low - corner / scale),
            output_shape=(side, side),
            order=1,
            mode="grid-constant",
        )
        inside = ndimage.distance_transform_edt(large > 127)
        outside = ndimage.distance_transform_edt(large <= 127)
        change = max(change, 1 - inside.max())  # leave something of the thinnest
        drawing[:] = 255 * np.clip(inside - outside + change + 0.5, 0, 1)  # a soft edge
    return drawings
