"""A wrong answer for each graded exercise, and the points that it earns all the same.

Where the points are not 0, the answer passes the check that students see, and the hidden tests
find the fault.
"""

WRONG = {
    "ex-regression-or-classification": ('kinds = dict.fromkeys("abcd", "regression")', 0),
    "ex-neuron-on-paper": ("output = 0.25", 0),
    "ex-softmax-shift": ("shifted = [0.1, 0.2, 0.7]", 0),
    "ex-read-header": ("count = 2710", 0),
    "ex-file-size": ("size = 10_000 * 28 * 28", 0),
    "ex-write-floats": ('float_bytes = struct.pack("<4B2I2f", 0, 0, 13, 2, 1, 2, 1.5, -2)', 0),
    "ex-silent-damage": (  # labels that are exchanged leave the sum as it was
        'changed = label_bytes[:8] + b"\\x03" + label_bytes[9:]\n'
        "def same(data):\n    return sum(data) == sum(label_bytes)",
        0,
    ),
    "ex-never-inked": ("never = 784", 0),
    "ex-heavy-light": ("lightest = heaviest = np.flatnonzero(labels == 1)[:10]", 0),
    "ex-one-number": ("threshold, accuracy = 128, 0.5", 0),
    "ex-two-means": (  # two means, and answers from one
        "halves = np.stack(\n"
        "    [[images[labels == d][i::2].mean(axis=0) for i in (0, 1)] for d in range(10)]\n"
        ")\n"
        "answers = np.zeros(len(mnist.test_labels), int)",
        0,
    ),
    "ex-find-pixel": ("row_300, column_300 = 20, 10", 0),
    "ex-to-images": (
        "def to_images(vectors):\n    return (vectors * 255).astype(np.uint8).reshape(-1, 28, 28)",
        0,
    ),
    "ex-check-one-hot": (  # 1, 1, -1, 0 adds up to 1
        "def check_one_hot(rows, num_classes=10):\n"
        "    bad = rows.shape[1] != num_classes or (rows.sum(axis=1) != 1).any()\n"
        "    if bad or ((rows > 0) & (rows < 1)).any():\n"
        '        raise ValueError("not one-hot")',
        0,
    ),
    "ex-count-parameters": ("answer = 784 * 128 + 128 * 10", 0),
    "ex-larger-batch": ("batches, accuracy_512 = len(train_vectors) / 512, 0.89", 0),
    "ex-layer-shapes": ("output_shape, gradient_shape = (300, 64), (300, 784)", 0),
    "ex-gradient-paper": ("slopes = [-0.25, -0.25, -0.25, 0.75]", 0),
    "ex-tanh-network": (
        "def tanh_gradients(x, labels, weights):\n"
        "    return 2.3, [np.zeros_like(w) for w in weights]",
        0,
    ),
    "ex-read-curves": ('diagnosis = ["over", "good", "under"]', 0),
    "ex-count-updates": ("updates_20 = 20 * 60_000 // 500", 0),
    "ex-patience": ("last_epoch, best_epoch = 9, 8", 0),
    "ex-three-layers": ("count = 784 * 100 + 100 * 50 + 50 * 10", 0),
    "ex-dropout-by-hand": (  # it knows the share of the check
        "def drop(outputs, share, rng):\n"
        "    kept = rng.random(outputs.shape) >= 0.3\n"
        "    return np.where(kept, outputs / 0.7, 0)",
        1,
    ),
    "ex-same-parameters": ("n = 128", 0),
    "ex-coverage-by-hand": ("coverage_8, accuracy_8 = 4 / 8, 3 / 8", 0),
    "ex-margin": (  # it knows the rows of the check
        "def margin(probabilities):\n    return np.array([0.4, 0.15])",
        1,
    ),
    "ex-read-a-matrix": ("threes_as_five, read_as_five = 31, 1311", 0),
    "ex-count-pairs": (
        "def count_pairs(true, read):\n"
        "    counts = np.zeros((10, 10), int)\n"
        "    counts[true, read] += 1\n"
        "    return counts",
        0,
    ),
    "ex-article-f1": ("macro_f1 = article.trace() / article.sum()", 0),
    "ex-what-each-keeps": (
        'kept = {"nearest mean": 784, "neighbors": 5_000, "network": 101_770}',
        0,
    ),
    "ex-neighbors-by-hand": ("by_hand = [1] * 20", 0),
    "ex-three-verdicts": ('answer = ["holds", "holds", "holds"]', 0),
    "ex-count-a3": ("answer = [784 * 784, 784 * 32, 32 * 10]", 0),
    "ex-standard-error": ("answer = [0.14, 0.21]", 0),
    "ex-offset": ("corner = (7, 6)", 0),
    "ex-polarity": (  # dark or light by all pixels, not by the border
        "def white_on_black(gray):\n    return 255 - gray if gray.mean() > 127 else gray",
        0,
    ),
    "ex-turning-matrix": (  # right for the one angle and the one middle of the check
        "def turning(degrees, middle):\n    return np.array([[0, -1, 27], [1, 0, 0]])",
        1,
    ),
    "ex-mean-or-vote": (  # the mean, which listens to the surest
        "def vote(answers):\n    return np.mean(answers, axis=0).argmax(axis=1)",
        0,
    ),
    "ex-rare-errors": ("both = [0.63, 3_984]", 0),
    "ex-conv-count": ("counts = [6 * (5 * 5 + 1), 12 * (3 * 3 + 1), 5 * 5 * 12 * 10 + 10]", 0),
    "ex-emnist": (  # it knows the table of the check
        "def mend(images, labels, lines):\n"
        '    return images.swapaxes(1, 2), ["0" if label == 0 else chr(55 + label) '
        "for label in labels]",
        1,
    ),
    "ex-shift": (
        "def shift(images, down, right):\n    return np.roll(images, (down, right), (1, 2))",
        0,
    ),
    "ex-ring-bytes": ("sent_bytes = 4 * 669_706", 0),
    "ex-unequal-shares": (  # it knows the counts of the check
        "def combine(gradients, counts):\n    return 0.7 * gradients[0] + 0.3 * gradients[1]",
        1,
    ),
    "ex-amdahl": (  # devices as a share of the step
        "def speedup(k, s, p):\n    return (s + p) / (s + p / k)\n\n\nmost = 20",
        0,
    ),
}
