"""Live figures: outputs of a cell that answer to the hand, with no kernel and no request.

Each figure is a Python module (what it checks, embeds, and shows without scripts) and a script of
the same name (what answers). They share

- ``base``: the class ``LiveFigure``, which writes the output of a cell;
- ``parts.js`` and ``live.css``: elements, controls, colors, plots, and their looks;
- ``training_parts.js``: pictures of neurons and a digit of the reader's, for two figures;
- ``checks``: what they ask of images, labels, and answers;
- ``engine.c``, ``engine.js``, ``trainer.js``: networks that run and are trained in the page.

A notebook's output holds everything. On the book's site a page loads the scripts of its figures as
one file.
"""
