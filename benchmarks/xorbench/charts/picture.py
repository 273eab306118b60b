"""Figures as SVG: one element for each panel of a page, and a whole figure as a file.

Texts never move anything else, and no width of a text is measured, so that a figure is the same on every machine.
Colours are those of roles, as variables in CSS: a page defines them, and a file defines them for light and dark.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from xml.etree import ElementTree as ET

from xorbench.charts import paths
from xorbench.charts.axes import Axis
from xorbench.charts.figure import WIDTH, Figure, Label, Panel, Sign
from xorbench.charts.paths import Mark
from xorbench.charts.style import DARK, FONT, LIGHT, STROKE, TEXT, definitions, fitted, role, width_of
from xorbench.tables.cells import LONGEST_SENTENCE, plain

NAMESPACE = "http://www.w3.org/2000/svg"

COLUMNS, GAP, PADDING = 2, 24, 12
"""The most columns of a file with several panels, and the distances in pixels between panels and around them."""

LINE = 16
"""The height of a line of text in pixels."""

_HOLLOW = ("ring", "hollow", "thin", "interval")
"""The glyphs that are drawn as lines."""


def inlined(figure: Figure) -> list[str]:
    """Return one SVG element for each panel, to stand in an HTML page that defines the roles of `style` as variables.

    A mark that stands for data has the attribute `data-tip` with its description. Identifiers begin with the name
    of the figure, which can therefore stand in a page only once.
    """
    panels = []
    for number, panel in enumerate(figure.panels):
        inside, height = _panel(panel, titled=False)
        words = (f"{figure.title}, {panel.title}", panel.text)
        panels.append(_text(_element(f"{figure.name}-{number}", WIDTH, height, words, [inside])))
    return panels


def svg(figure: Figure, most_columns: int = COLUMNS) -> str:
    """Return the whole figure as an SVG file in the colours of both themes, its panels in at most so many columns."""
    columns = min(most_columns, len(figure.panels))
    width = 2 * PADDING + columns * WIDTH + (columns - 1) * GAP
    title = [*_wrapped(figure.title, width - 2 * PADDING, 15, bold=True)]
    inside = [_words(PADDING, PADDING + 10 + 20 * n, line, 15, bold=True) for n, line in enumerate(title)]
    top = PADDING + 20.0 * len(title) + 8
    for first in range(0, len(figure.panels), columns):
        row = [_panel(panel, titled=True) for panel in figure.panels[first : first + columns]]
        for column, (group, _) in enumerate(row):
            group.set("transform", f"translate({PADDING + column * (WIDTH + GAP)},{paths.number(top)})")
            inside.append(group)
        top += max(height for _, height in row) + GAP
    found = _element(figure.name, width, top - GAP + PADDING, (figure.title, figure.words), inside)
    found.insert(2, style := ET.Element("style"))
    used = sorted(LIGHT.keys() & set(re.findall(r"var\(--([\w-]+)\)", _text(found))))
    style.text = (
        f"svg{{color-scheme:light dark;font-family:{FONT};{definitions(used, LIGHT)}}}"
        f"@media screen and (prefers-color-scheme:dark){{svg{{{definitions(used, DARK)}}}}}"
    )
    return f"{_text(found)}\n"


def _element(key: str, width: float, height: float, words: tuple[str, str], inside: list[ET.Element]) -> ET.Element:
    size = {"width": paths.number(width), "height": paths.number(height)}
    view = f"0 0 {size['width']} {size['height']}"
    said = {"role": "img", "aria-labelledby": f"{key}-title", "aria-describedby": f"{key}-text"}
    about = {"xmlns": NAMESPACE, "viewBox": view, **size, **said, "fill": "none", "font-size": str(TEXT)}
    found = ET.Element("svg", about)
    for tag, name, text in (("title", "title", words[0]), ("desc", "text", words[1])):
        ET.SubElement(found, tag, {"id": f"{key}-{name}"}).text = plain(text, LONGEST_SENTENCE)
    found.extend(inside)
    return found


def _text(element: ET.Element) -> str:
    return ET.tostring(element, encoding="unicode")


def _panel(panel: Panel, titled: bool) -> tuple[ET.Element, float]:
    """Return a panel as a group, and its height: the title, the key, the plot with the texts of its axes, the notes."""
    found = ET.Element("g")
    top = 0.0
    for line in _wrapped(panel.title, WIDTH, 12, bold=True) if titled else ():
        found.append(_words(0, top + 8, line, 12, bold=True))
        top += LINE
    key, height = _key(panel.key)
    for sign in key:
        sign.set("transform", f"translate(0,{paths.number(top)})")
        found.append(sign)
    top += height
    if panel.y and panel.y.title:
        found.append(_words(0, top + 8, panel.y.title, TEXT, colour="muted"))
        top += LINE
    top += panel.top + 6
    plot = ET.SubElement(found, "g", {"transform": f"translate({paths.number(panel.left)},{paths.number(top)})"})
    plot.extend(map(_path, _merged([_grid(panel), *panel.marks])))
    plot.extend(_ticks(panel))
    plot.extend(_label(label) for label in panel.labels)
    top += panel.height + 6
    if panel.x:
        top += LINE
        if panel.x.title:
            end = panel.left + panel.width
            found.append(_words(end, top + 8, panel.x.title, TEXT, colour="muted", anchor="end"))
            top += LINE
    for note in panel.notes:
        for line in _wrapped(note, WIDTH, TEXT):
            found.append(_words(0, top + 10, line, TEXT))
            top += LINE
        top += 2
    return found, top + 4


def _wrapped(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Return the lines of a text in a width in pixels; a word that is too long for a line is shortened."""
    lines: list[str] = []
    for word in plain(text, LONGEST_SENTENCE).split():
        if lines and width_of(f"{lines[-1]} {word}", size, bold) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(fitted(word, width, size))
    return lines


def _words(
    x: float, y: float, text: str, size: float, bold: bool = False, colour: str = "ink", anchor: str = "start"
) -> ET.Element:
    return _label(Label(x, y, text, anchor, size, bold, colour))


def _label(label: Label) -> ET.Element:
    """Return a text whose middle is at the height `label.y`."""
    about = _at(label.x, label.y, label.size)
    if label.anchor != "start":
        about["text-anchor"] = label.anchor
    if label.size != TEXT:
        about["font-size"] = f"{label.size:g}"
    if label.bold:
        about["font-weight"] = "600"
    about["style"] = f"fill:{role(label.colour)}"
    if label.halo:
        about["style"] += f";stroke:{role('raised')};paint-order:stroke"
        about |= {"stroke-width": "4", "stroke-linejoin": "round"}
    found = ET.Element("text", about)
    found.text = plain(label.text)
    return found


def _ticks(panel: Panel) -> Iterator[ET.Element]:
    """Yield the texts of the ticks of each axis; those at the ends of a horizontal one are moved to stay inside."""
    look = {"style": f"fill:{role('muted')}"}
    if panel.x:
        found = ET.Element("g", {"data-axis": panel.x.kind, "text-anchor": "middle", **look})
        for value, text in panel.x.ticks:
            half, place = width_of(text) / 2, panel.x.share(value) * panel.width
            inside = min(max(place, half - panel.left), panel.width + panel.right - half)
            ET.SubElement(found, "text", _at(inside, panel.height + 15)).text = text
        yield found
    if panel.y:
        found = ET.Element("g", {"data-axis": panel.y.kind, "text-anchor": "end", **look})
        for value, text in panel.y.ticks:
            ET.SubElement(found, "text", _at(-6, (1 - panel.y.share(value)) * panel.height)).text = text
        yield found


def _at(x: float, y: float, size: float = TEXT) -> dict[str, str]:
    """Return the attributes of a text whose middle is at the height `y`."""
    return {"x": paths.number(x), "y": paths.number(y + 0.36 * size)}


def _key(signs: Sequence[Sign]) -> tuple[list[ET.Element], float]:
    """Return the entries of a key, side by side as far as they fit, and the height of all."""
    found: list[ET.Element] = []
    x, y = 0.0, 0.0
    for sign in signs:
        lines = _wrapped(sign.text, WIDTH - 22, TEXT)
        width = 22 + max(width_of(line) for line in lines) + 12
        if x and x + width - 12 > WIDTH:
            x, y = 0.0, y + LINE
        group = ET.Element("g")
        path, colour = paths.glyph(sign.glyph, x + 9, y + 8), role(sign.colour)
        if sign.glyph in _HOLLOW:
            group.append(_path(Mark(path, stroke=colour, width=STROKE)))
        else:
            group.append(_path(Mark(path, fill=colour, opacity=0.4 if sign.glyph == "band" else 1)))
        for number, line in enumerate(lines):
            y += LINE * (number > 0)
            group.append(_words(x + 22, y + 8, line, TEXT, colour="muted"))
        found.append(group)
        x += width
    return found, y + LINE if signs else 0.0


def _grid(panel: Panel) -> Mark:
    """Return the lines at the ticks of both axes."""
    across, down = (axis if axis and axis.grid else None for axis in (panel.x, panel.y))
    ends = [((place, 0.0), (place, panel.height)) for place in _places(across, panel.width)]
    ends += [
        ((0.0, panel.height - place), (panel.width, panel.height - place)) for place in _places(down, panel.height)
    ]
    return Mark("".join(map(paths.line, ends)), stroke=role("line"))


def _places(axis: Axis | None, pixels: float) -> list[float]:
    return [] if axis is None else [axis.over(pixels)(value) for value, _ in axis.ticks]


def _merged(marks: Sequence[Mark]) -> Iterator[Mark]:
    """Yield the marks, with those that follow each other and look the same as one, unless they have descriptions."""
    for look, some in itertools.groupby(marks, key=lambda mark: replace(mark, path="")):
        if look.tip:
            yield from some
        elif path := "".join(mark.path for mark in some):
            yield replace(look, path=path)


def _path(mark: Mark) -> ET.Element:
    """Return a mark as an element that has only the attributes that make a difference."""
    about = {"d": mark.path}
    if mark.stroke and mark.width != 1:
        about["stroke-width"] = paths.number(mark.width)
    if mark.dashes:
        about["stroke-dasharray"] = ",".join(map(str, mark.dashes))
    if mark.round_ends:
        about["stroke-linecap"] = "round"
    if mark.opacity != 1:
        about["opacity"] = f"{mark.opacity:g}"
    colours = {"fill": mark.fill, "stroke": mark.stroke}
    about["style"] = ";".join(f"{name}:{colour}" for name, colour in colours.items() if colour)
    if mark.tip:
        about["data-tip"] = plain(mark.tip, LONGEST_SENTENCE)
    return ET.Element("path", about)
