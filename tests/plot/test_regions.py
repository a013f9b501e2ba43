"""Regions of a plane: each pixel has the label of a place of the grid that no line divides from it."""

import numpy as np

from rheobase.plot.phase_diagram import regions

X, Y = np.linspace(0.0, 8.0, 5), np.linspace(-1.0, 1.0, 4)
PIXELS = 400


def middles():
    """Places of the middles of the pixels."""
    u = (np.arange(PIXELS) + 0.5) / PIXELS
    return np.meshgrid(X[0] + u * np.ptp(X), Y[0] + u * np.ptp(Y), indexing="ij")


def test_a_line_is_the_border_wherever_it_runs():
    """The sine y = .9 sin(x - 1), given by unevenly spaced points, between places of a grid of 5 x 4."""
    at = 8.0 * np.linspace(0.0, 1.0, 300) ** 2
    line = np.stack([at, 0.9 * np.sin(at - 1.0)], axis=1)
    above = Y[None, :] > 0.9 * np.sin(X[:, None] - 1.0)
    image = regions(X, Y, above.astype(int), [line])
    x, y = middles()
    truth = y > 0.9 * np.sin(x - 1.0)
    wrong = np.argwhere(image != truth)
    pixel = 2.0 / PIXELS
    distance = np.abs(y - 0.9 * np.sin(x - 1.0))[tuple(wrong.T)]
    assert np.all(distance <= 1.5 * pixel * (1.0 + 0.9 * 8.0 / 2.0))  # a pixel and a half along the slope


def test_without_lines_the_nearest_place_in_steps_of_the_grid():
    labels = np.arange(20).reshape(5, 4)
    image = regions(X, Y, labels, [])
    x, y = middles()
    nearest = labels[np.rint(x / 2.0).astype(int), np.rint((y + 1.0) * 1.5).astype(int)]
    assert np.array_equal(image, nearest)


def test_what_lines_enclose_between_the_places_is_filled():
    circle = np.stack([1.0 + 0.5 * np.cos(np.linspace(0, 7, 80)), 0.1 * np.sin(np.linspace(0, 7, 80))], axis=1)
    image = regions(X, Y, np.full((5, 4), 3), [circle])
    assert np.all(image == 3)
