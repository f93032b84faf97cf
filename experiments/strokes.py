"""Strokes of a pen: draw them as the pad does, bend them as other hands would, invent non-digits.

A drawing is a list of strokes, each an array of points (x, y), y downward, in any unit.
"""

import numpy as np
from PIL import Image, ImageDraw

from mnist_helpers import prepare_digit

PEN, LONGER_SIDE = 22, 200  # of the pad's pen and of a digit, in pixels of its canvas
FINE = 120  # pixels of the longer side here: six for each of the 20 that prepare_digit leaves
GAP = 8  # pixels between points of a line here

# on a field of 100x100, y downward; "|" lifts the pen
LETTERS = {
    "A": "10,100 50,0 90,100|25,62 75,62",
    "C": "85,15 65,2 40,4 18,30 18,70 40,96 65,98 85,85",
    "E": "80,4 20,4 20,96 80,96|20,50 70,50",
    "F": "80,4 20,4 20,98|20,48 70,48",
    "H": "18,2 18,98|82,2 82,98|18,50 82,50",
    "J": "40,4 85,4|65,4 65,75 50,96 30,92 22,78",
    "K": "20,2 20,98|80,2 20,55|38,42 82,98",
    "M": "10,98 18,2 50,65 82,2 90,98",
    "N": "18,98 18,2 82,98 82,2",
    "P": "22,98 22,4 60,4 80,25 60,50 22,52",
    "R": "22,98 22,4 60,4 80,25 60,50 22,52 82,98",
    "T": "10,4 90,4|50,4 50,98",
    "U": "18,2 18,70 35,96 65,96 82,70 82,2",
    "V": "10,2 50,98 90,2",
    "W": "5,2 28,98 50,25 72,98 95,2",
    "X": "12,2 88,98|88,2 12,98",
    "a": "75,30 50,20 25,40 25,75 45,95 72,75 75,30 75,75 92,95",
    "d": "75,2 75,98|75,50 50,40 25,55 25,85 50,98 75,85",
    "e": "20,55 80,50 70,20 40,10 18,40 25,80 55,96 82,82",
    "f": "75,12 58,2 45,20 45,98|22,42 72,42",
    "h": "22,2 22,98|22,60 45,45 68,55 72,98",
    "k": "22,2 22,98|70,40 22,70|40,60 75,98",
    "m": "10,30 10,98|10,50 28,30 46,45 48,98|48,50 66,30 84,45 88,98",
    "n": "22,30 22,98|22,55 50,32 75,50 78,98",
    "p": "22,10 22,98|22,20 50,8 75,25 60,50 22,52",
    "r": "28,25 28,98|28,55 48,30 76,32",
    "t": "50,2 50,85 62,98 80,90|22,30 78,30",
    "u": "20,30 20,75 40,96 70,80|72,30 72,98",
    "w": "5,30 28,98 50,50 72,98 95,30",
}
SIGNS = {
    "plus": "50,5 50,95|5,50 95,50",
    "star": "50,5 50,95|10,28 90,72|10,72 90,28",
    "grid": "35,5 30,95|70,5 65,95|5,35 95,35|5,65 95,65",
    "equals": "10,35 90,35|10,65 90,65",
    "box": "8,8 8,8 92,8 92,8 92,92 92,92 8,92 8,92 8,8",
    "triangle": "50,8 50,8 92,90 92,90 8,90 8,90 50,8",
    "diamond": "50,2 50,2 92,50 92,50 50,98 50,98 8,50 8,50 50,2",
    "wave": "2,50 18,30 34,50 50,70 66,50 82,30 98,50",
    "zigzag": "2,70 20,30 38,70 56,30 74,70 92,30",
    "spiral": "50,50 58,46 58,58 44,60 38,44 54,32 72,44 70,70 46,80 24,62 28,32 56,14 90,36",
}
# never trained on: what they get is what other things that are no digit get
NEW = {
    "house": "10,100 10,45 10,45 50,5 50,5 90,45 90,45 90,100 90,100 10,100",
    "heart": "50,30 30,8 8,28 22,60 50,95 78,60 92,28 70,8 50,30",
    "arrow": "5,50 95,50|70,28 95,50 95,50 70,72",
    "question": "25,25 40,4 68,10 70,35 50,50 50,70|50,92 51,94",
    "flower": "50,50 35,20 65,20 50,50 85,40 80,70 50,50 60,95 30,90 50,50 10,65 15,35 50,50",
    "fish": "5,30 40,75 80,60 95,45 80,30 40,20 5,70 5,30",
    "sun": "35,50 50,35 65,50 50,65 35,50|50,5 50,22|50,78 50,95|5,50 22,50|78,50 95,50",
    "cross in a ring": "50,5 10,30 10,70 50,95 90,70 90,30 50,5|20,20 80,80|80,20 20,80",
}

# the kinds of drawings that are no digit, with their shares; what is new is not trained on
KINDS = {
    "letter": 10,
    "several": 8,
    "composed": 8,
    "scribble": 4,
    "sign": 4,
    "face": 3,
    "lying": 2,
    "dash": 1.5,
    "dot": 0.5,
}


def parse(text):
    """The strokes in a text such as those above.

    >>> parse("0,0 10,5|3,4")
    [array([[ 0.,  0.],
           [10.,  5.]]), array([[3., 4.]])]
    """
    lines = (line.split() for line in text.split("|"))
    return [np.array([point.split(",") for point in line], float) for line in lines]


def smooth(points, parts=3):
    """Points along the line that pad.js draws: curves from middle to middle of its segments.

    >>> smooth(np.array([[0, 0], [2, 0], [2, 2]]), parts=2)
    array([[0.  , 0.  ],
           [1.5 , 0.25],
           [2.  , 1.  ],
           [2.  , 2.  ]])
    """
    points = np.asarray(points, float)
    if len(points) < 3:
        return points
    middles = (points[1:-1] + points[2:]) / 2
    starts = np.concatenate([points[:1], middles[:-1]])
    t = np.linspace(0, 1, parts + 1)[1:, np.newaxis, np.newaxis]
    curves = (1 - t) ** 2 * starts + 2 * t * (1 - t) * points[1:-1] + t**2 * middles
    return np.concatenate([points[:1], curves.swapaxes(0, 1).reshape(-1, 2), points[-1:]])


def picture(strokes, longer_side=LONGER_SIDE, pen=PEN):
    """The 28x28 pixels that a network gets to see of a drawing on the pad.

    Parameters
    ----------
    strokes : list of ndarray, shape (n, 2)
    longer_side, pen : float
        Of the drawing, and the width of the pen, in pixels of the canvas. Only their ratio counts.

    Returns
    -------
    ndarray of uint8, shape (28, 28)

    Examples
    --------
    >>> picture([np.array([[0, 0], [0, 9]])])[[3, 4, 10, 23, 24], 14] // 200
    array([0, 0, 1, 1, 0], dtype=uint8)
    """
    return prepare_digit(ink(strokes, FINE * pen / longer_side))


def ink(strokes, pen):
    """Draw on a canvas that fits, with a longer side of FINE and the pen's width around it."""
    points = np.concatenate(strokes)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = FINE / size.max() if size.max() > 0 else 1.0
    radius = pen / 2 - 0.5  # as an ellipse includes its last pixel
    canvas = Image.new("L", tuple((scale * size + 2 * pen + 2).astype(int).tolist()))
    brush = ImageDraw.Draw(canvas)
    for stroke in strokes:
        line = (smooth(stroke) - low) * scale + pen
        lengths = np.cumsum(np.hypot(*np.diff(line, axis=0, prepend=line[:1]).T))
        at = np.linspace(0, lengths[-1], 1 + int(np.ceil(lengths[-1] / GAP)))
        line = np.stack([np.interp(at, lengths, axis) for axis in line.T], axis=1)
        if len(line) > 1:
            brush.line(line.ravel().tolist(), 255, round(pen))
        for x, y in line.tolist():  # round ends and joints
            brush.ellipse((x - radius, y - radius, x + radius, y + radius), 255)
    return np.asarray(canvas)


def vary(strokes, rng, strength=1.0):
    """Bend a drawing at random: turned, slanted, stretched, wavy, its strokes shifted.

    Parameters
    ----------
    strokes : list of ndarray, shape (n, 2)
    rng : numpy.random.Generator
    strength : float, default 1
        0 leaves the shape as it is.

    Returns
    -------
    list of ndarray
        About the origin; the longer side was 1 before it was bent.

    Examples
    --------
    >>> vary([np.array([[0, 0], [0, 10]])], np.random.default_rng(0), strength=0)
    [array([[ 0. , -0.5],
           [ 0. ,  0.5]])]
    """
    points = np.concatenate(strokes)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    draw = rng.normal(0, strength, 32)
    angle, slant = 0.12 * draw[0], 0.15 * draw[1]
    stretch = np.exp(0.1 * draw[2])
    cosine, sine = np.cos(angle), np.sin(angle)
    matrix = np.array([[cosine, sine], [-sine, cosine]]) @ np.array([[1, 0], [slant, 1]])
    matrix = matrix @ np.diag([stretch, 1 / stretch])
    waves = draw[4:12].reshape(4, 2) * 3  # directions and frequencies
    phases = rng.uniform(0, 2 * np.pi, 4)
    heights = 0.025 * draw[12:20].reshape(4, 2)
    bent = []
    for i, stroke in enumerate(strokes):
        line = (stroke - low - size / 2) / max(size.max(), 1e-9)
        line = line + np.sin(line @ waves.T + phases) @ heights - np.sin(phases) @ heights
        if len(strokes) > 1 and i < 4:
            middle = line.mean(axis=0)
            line = middle + (line - middle) * np.exp(0.05 * draw[20 + i])
            line += 0.025 * draw[24 + 2 * i : 26 + 2 * i]
        bent.append(line @ matrix)
    return bent


def restyle(strokes, label, rng):
    """Write some digits as people elsewhere do: slashed zeros, flagged ones, barred sevens.

    Only a digit of one stroke is changed, and not each: the others come back as they are.

    Parameters
    ----------
    strokes : list of ndarray, shape (n, 2)
    label : int
    rng : numpy.random.Generator

    Returns
    -------
    list of ndarray
    """
    if label not in (0, 1, 7) or len(strokes) > 1 or rng.random() > 0.3:
        return strokes
    points = strokes[0]
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    width, height = right - left, bottom - top
    if label == 0:
        beyond = rng.uniform(-0.15, 0.3, (2, 1)) * [width, height]
        start, end = np.array([[right, top], [left, bottom]]) + beyond * [[1, -1], [-1, 1]]
        return [points, np.array([start, (start + end) / 2, end])]
    if label == 7:
        middle = points[np.abs(points[:, 1] - top - height * rng.uniform(0.4, 0.65)).argmin()]
        half = width * rng.uniform(0.2, 0.55)
        rise = half * rng.normal(0, 0.3)
        return [points, np.array([middle - [half, -rise], middle + [half, -rise]])]
    if height < 3 * width:
        return strokes
    upper, lower = points[points[:, 1].argmin()], points[points[:, 1].argmax()]
    flag = upper + height * np.array([-rng.uniform(0.12, 0.45), rng.uniform(0.05, 0.4)])
    foot = height * rng.uniform(0.12, 0.35)
    foot = np.array([lower - [foot, 0], lower + [foot, 0]])
    kind = rng.integers(5)
    with_flag = [np.array([flag, upper, upper, (upper + lower) / 2, lower])]
    return [strokes, with_flag, with_flag, [*with_flag, foot], [*strokes, foot]][kind]


def beside(drawings, rng):
    """Several drawings side by side, as "12" is."""
    at, row = 0.0, []
    for drawing in drawings:
        points = np.concatenate(drawing)
        height = max(np.ptp(points, axis=0))
        left, top = points.min(axis=0)
        row += [(stroke - [left, top]) / height + [at, rng.normal(0, 0.06)] for stroke in drawing]
        at += np.ptp(points[:, 0]) / height + rng.uniform(0.1, 0.5)
    return row


def scribble(rng):
    """One to four aimless lines, crumpled or in loops, the first of them long."""
    lines = []
    for least in (10, *[2] * rng.integers(4)):
        line = rng.normal(0, 1, (rng.integers(least, 40), 2)).cumsum(axis=0)
        if rng.random() < 0.5:
            line = (line - line.mean(axis=0)).cumsum(axis=0) / 4
        lines.append(line * rng.uniform(0.3, 1) + rng.normal(0, 2, 2))
    return lines


def ring(center, radius, rng, share=1.0):
    angles = rng.uniform(0, 2 * np.pi) + np.linspace(0, 2 * np.pi * share, 14)
    return np.asarray(center) + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def face(rng):
    """A ring with two eyes and a mouth, sometimes a nose."""
    eyes = [ring((x, rng.uniform(28, 42)), rng.uniform(0, 7), rng) for x in (33, 67)]
    mouth = np.array([[28, 65], [40, 65], [60, 65], [72, 65]], float)
    mouth[1:3, 1] += rng.uniform(-18, 22)
    nose = [np.array([[50, 42], [rng.uniform(42, 52), 56]])] if rng.random() < 0.4 else []
    return [ring((50, 50), 48, rng, rng.uniform(0.95, 1.05)), *eyes, mouth, *nose]


def composed(rng):
    """Three to six lines, arcs, and rings, thrown together."""
    parts = []
    for _ in range(rng.integers(3, 7)):
        center, half = rng.uniform(0, 100, 2), rng.normal(0, 25, 2)
        line = np.array([center - half, center + half])
        arc = ring(center, rng.uniform(5, 40), rng, rng.choice([1, rng.uniform(0.3, 1)]))
        parts.append(line if rng.random() < 0.5 else arc)
    return parts


def no_digit(kind, rng, digits):
    """A drawing that is no digit.

    Parameters
    ----------
    kind : str
        One of KINDS or "new": ``several`` are two or three digits side by side, ``lying`` a digit
        turned by a quarter, ``new`` what is kept for measuring.
    rng : numpy.random.Generator
    digits : list of (list of ndarray, int)
        Strokes and labels, for several and lying ones.

    Returns
    -------
    list of ndarray
    """

    def one(drawings):
        return drawings[rng.integers(len(drawings))]

    if kind == "dash":
        slope = rng.uniform(-0.35, 0.35)
        return [np.array([[0, 0], [0.5, slope / 2 + rng.normal(0, 0.03)], [1, slope]])]
    if kind == "dot":  # a blot: the pen is as wide as the line is long
        return [np.array([[0, 0], rng.normal(0, 1, 2)])]
    if kind in ("face", "scribble", "composed"):
        return {"face": face, "scribble": scribble, "composed": composed}[kind](rng)
    if kind == "several":
        return beside([one(digits)[0] for _ in range(rng.choice([2, 2, 2, 3]))], rng)
    if kind == "lying":
        strokes, label = one(digits)
        while label not in (2, 3, 5, 7):
            strokes, label = one(digits)
        return [stroke[:, ::-1] * (one([-1, 1]), 1) for stroke in strokes]
    return parse(one(list({"letter": LETTERS, "sign": SIGNS, "new": NEW}[kind].values())))
