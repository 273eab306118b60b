"""What marks of figures show, read back from their paths."""

import re

from xorbench.charts.paths import Mark

COMMAND = re.compile(r"([MLHVZ])([-\d.,]*)")


def places(mark: Mark) -> list[tuple[float, float]]:
    """The places that the path of a mark goes through, where it has only straight pieces."""
    found: list[tuple[float, float]] = []
    x = y = 0.0
    for command, numbers in COMMAND.findall(mark.path):
        match command:
            case "H":
                x = float(numbers)
            case "V":
                y = float(numbers)
            case "M" | "L":
                x, y = map(float, numbers.split(","))
        if command != "Z":
            found.append((x, y))
    return found


def ends(mark: Mark) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ends of a straight line, or two opposite corners of a rectangle."""
    found = places(mark)
    return found[0], found[len(found) // 2]
