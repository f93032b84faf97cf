"""XOR in ten seconds: a network of a few neurons that trains on four points in the page.

``xor_playground.js`` beside this module trains it, with the engine of the live figures.
"""

from mnist_helpers.live.base import LiveFigure


class XorPlayground(LiveFigure):
    """Four points, none to eight hidden neurons, and a button to train them.

    As the last value of a cell it shows the plane of the two inputs, colored by what the network
    answers there, the loss, and whether the task is solved: all four points on their side. Twenty
    starts in a row tell how much of that was luck.

    Examples
    --------
    >>> XorPlayground()
    <XorPlayground: open this notebook in a browser to use it>
    """

    name = "xor-playground"
    scripts = ("engine.js", "xor_playground.js")

    def data(self):
        """The four points and their answers."""
        return {"points": [[0, 0], [0, 1], [1, 0], [1, 1]], "answers": [0, 1, 1, 0]}

    def still(self):
        """The task as a table."""
        points = zip(self.data()["points"], self.data()["answers"])
        rows = "\n".join(
            f"<tr><td>{first}</td><td>{second}</td><td>{answer}</td></tr>"
            for (first, second), answer in points
        )
        return (
            "<table>\n<caption>XOR: 1 if exactly one of the inputs is 1</caption>\n"
            '<thead><tr><th scope="col">first input</th><th scope="col">second input</th>'
            f'<th scope="col">answer</th></tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n'
            "<p>Draw the four points on paper: no straight line parts the two answers. Where "
            "scripts run you train a network on them here.</p>"
        )
