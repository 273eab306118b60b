"""Figures as SVG: one element for each panel of a page, and a whole figure as a file.

Vega draws the grid and the marks; this module removes what Vega repeats, and adds every text. Texts never move anything
else, and no width of a text is measured, so that a figure is the same on every machine. Colours are those of roles, as
variables in CSS: a page defines them, and a file defines them for light and dark.
"""

import json
import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

import vl_convert

from xorbench.charts.figure import WIDTH, Figure, Label, Panel, Sign
from xorbench.charts.style import DARK, FONT, LIGHT, TEXT, definitions, fitted, role, width_of
from xorbench.tables.cells import LONGEST_SENTENCE, plain

NAMESPACE = "http://www.w3.org/2000/svg"

COLUMNS, GAP, PADDING = 2, 24, 12
"""Columns of a file with several panels, and the distances in pixels between panels and around them."""

LINE = 16
"""The height of a line of text in pixels."""

GLYPHS = {
    "circle": "M-4.5,0a4.5,4.5 0 1 0 9,0a4.5,4.5 0 1 0 -9,0Z",
    "ring": "M-4,0a4,4 0 1 0 8,0a4,4 0 1 0 -8,0Z",
    "square": "M-4,-4h8v8h-8Z",
    "diamond": "M0,-5.5L5.5,0L0,5.5L-5.5,0Z",
    "triangle-up": "M0,-4.5L5,4h-10Z",
    "dot": "M-1.5,0a1.5,1.5 0 1 0 3,0a1.5,1.5 0 1 0 -3,0Z",
    "bar": "M-7,-4.5h14v9h-14Z",
    "hollow": "M-6,-3.5h12v7h-12Z",
    "band": "M-4,-6h8v12h-8Z",
    "thin": "M-8,0h16",
    "interval": "M-7,0h14M-7,-3v6M7,-3v6",
}
"""Paths of the marks in keys."""

_HOLLOW = ("ring", "hollow", "thin", "interval")
"""The glyphs that are drawn as lines."""


def inlined(figure: Figure, key: str = "") -> list[str]:
    """Return one SVG element for each panel, to stand in an HTML page that defines the roles of `style` as variables.

    A mark that stands for data has the attribute `data-tip` with its description. Identifiers begin with `key` and the
    name of the figure: with different keys a figure can stand in a page more than once.
    """
    return drawn(figure, key)[1]


def svg(figure: Figure) -> str:
    """Return the whole figure as an SVG file in the colours of both themes."""
    return drawn(figure)[0]


def drawn(figure: Figure, key: str = "") -> tuple[str, list[str]]:
    """Return the results of both `svg` and `inlined`, for which Vega draws the figure only once."""
    marks = _marks(figure)
    panels = []
    for number, (panel, found) in enumerate(zip(figure.panels, marks, strict=True)):
        inside, height = _panel(panel, found, titled=False)
        words = (f"{figure.title}, {panel.title}", panel.text)
        panels.append(_text(_element(f"{key}{figure.name}-{number}", WIDTH, height, words, [inside])))
    return _file(figure, marks), panels


def _file(figure: Figure, marks: Sequence[list[ET.Element]]) -> str:
    columns = min(COLUMNS, len(figure.panels))
    width = 2 * PADDING + columns * WIDTH + (columns - 1) * GAP
    title = [*_wrapped(figure.title, width - 2 * PADDING, 15, bold=True)]
    inside = [_words(PADDING, PADDING + 10 + 20 * n, line, 15, bold=True) for n, line in enumerate(title)]
    top = PADDING + 20.0 * len(title) + 8
    for first in range(0, len(figure.panels), columns):
        row = [
            _panel(panel, found, titled=True)
            for panel, found in zip(figure.panels[first : first + columns], marks[first : first + columns], strict=True)
        ]
        for column, (group, _) in enumerate(row):
            group.set("transform", f"translate({PADDING + column * (WIDTH + GAP)},{_number(top)})")
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
    size = {"width": _number(width), "height": _number(height)}
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


def _panel(panel: Panel, marks: list[ET.Element], titled: bool) -> tuple[ET.Element, float]:
    """Return a panel as a group, and its height: the title, the key, the plot with the texts of its axes, the notes."""
    found = ET.Element("g")
    top = 0.0
    for line in _wrapped(panel.title, WIDTH, 12, bold=True) if titled else ():
        found.append(_words(0, top + 8, line, 12, bold=True))
        top += LINE
    key, height = _key(panel.key)
    for sign in key:
        sign.set("transform", f"translate(0,{_number(top)})")
        found.append(sign)
    top += height
    if panel.y and panel.y.title:
        found.append(_words(0, top + 8, panel.y.title, TEXT, colour="muted"))
        top += LINE
    top += panel.top + 6
    plot = ET.SubElement(found, "g", {"transform": f"translate({_number(panel.left)},{_number(top)})"})
    plot.extend(marks)
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
    return {"x": _number(x), "y": _number(y + 0.36 * size)}


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
        paint = "stroke" if sign.glyph in _HOLLOW else "fill"
        about = {"transform": f"translate({_number(x + 9)},{_number(y + 8)})", "d": GLYPHS[sign.glyph]}
        about["style"] = f"{paint}:{role(sign.colour)}"
        if paint == "stroke":
            about["stroke-width"] = "2"
        if sign.glyph == "band":
            about["fill-opacity"] = "0.4"
        ET.SubElement(group, "path", about)
        for number, line in enumerate(lines):
            y += LINE * (number > 0)
            group.append(_words(x + 22, y + 8, line, TEXT, colour="muted"))
        found.append(group)
        x += width
    return found, y + LINE if signs else 0.0


# What Vega draws, without what it repeats.


def _marks(figure: Figure) -> list[list[ET.Element]]:
    """Return the grid and the marks of each panel, drawn by Vega, as elements relative to the corner of its plot."""
    if not figure.panels:
        return []
    whole = {
        "config": {"mark": {"aria": False}, "axis": {"aria": False, **_GRID}, "view": {"stroke": None}},
        "vconcat": [{**panel.spec, "width": panel.width, "height": panel.height} for panel in figure.panels],
        "bounds": "flush",  # places do not depend on texts
        "spacing": 0,
        "resolve": {"scale": dict.fromkeys(("shape", "strokeDash"), "independent")},
    }
    root = ET.fromstring(vl_convert.vegalite_to_svg(json.dumps(whole, sort_keys=True)))
    found = []
    for number in range(len(figure.panels)):
        (place,) = (group for group in root.iter(f"{{{NAMESPACE}}}g") if _is_panel(group, number))
        pieces: list[ET.Element] = []
        for inside in place[0]:  # its group has the place of the panel in the column, which is left out
            _collect(inside, 0.0, 0.0, pieces)
        found.append(_merged(pieces))
    return found


_GRID = {"gridColor": role("line"), "gridWidth": 1}


def _is_panel(group: ET.Element, number: int) -> bool:
    return f"concat_{number}_group" in group.get("class", "").split()


_STYLES = ("stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "fill-opacity", "stroke-opacity")


def _collect(node: ET.Element, x: float, y: float, found: list[ET.Element]) -> None:
    """Append the paths inside `node` to `found`, moved by (x, y), with only the attributes that make a difference."""
    if node.get("display") == "none" or node.get("opacity") == "0":
        return
    moves = re.findall(r"translate\(([^,)]+)[, ]([^)]+)\)", node.get("transform", ""))
    x, y = x + sum(float(across) for across, _ in moves), y + sum(float(down) for _, down in moves)
    for child in node:
        _collect(child, x, y, found)
    tag = node.tag.rpartition("}")[2]
    colours = {name: colour for name in ("fill", "stroke") if (colour := node.get(name, "none")) != "none"}
    if tag not in ("path", "line") or not colours:
        return
    path = node.get("d", "") if tag == "path" else f"M0,0L{node.get('x2', '0')},{node.get('y2', '0')}"
    about = {"d": _moved(path, x, y)}
    about |= {name: value for name in _STYLES if (value := node.get(name)) and (name, value) != ("opacity", "1")}
    if about.get("stroke-dasharray") == "1,0":
        del about["stroke-dasharray"]
    if "stroke" not in colours or about.get("stroke-width") == "1":
        about.pop("stroke-width", None)
    about["style"] = ";".join(f"{name}:{colour}" for name, colour in colours.items())
    if tip := node.get("aria-label"):
        about["data-tip"] = plain(tip, LONGEST_SENTENCE)
    found.append(ET.Element("path", about))


def _merged(pieces: list[ET.Element]) -> list[ET.Element]:
    """Return the paths, with those that follow each other and look the same as one, unless they have descriptions."""
    found: list[ET.Element] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last is not None and "data-tip" not in piece.attrib and _look(last) == _look(piece):
            last.set("d", last.get("d", "") + piece.get("d", ""))
        else:
            found.append(piece)
    return found


def _look(piece: ET.Element) -> dict[str, str]:
    return {name: value for name, value in piece.attrib.items() if name != "d"}


_COMMAND = re.compile(r"([MLHVACQSTZmlhvacqstz])([^MLHVACQSTZmlhvacqstz]*)")

_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")

_NUMBERS_OF = {"M": 2, "L": 2, "H": 1, "V": 1, "A": 7, "C": 6, "Q": 4, "S": 4, "T": 2, "Z": 0}
"""The numbers that each command of a path takes."""


def _moved(path: str, x: float, y: float) -> str:
    """Return a path moved by (x, y), with one decimal; a straight line across or down is written in its short form."""
    written: list[str] = []
    before: tuple[str, str] | None = None
    for command, numbers in _COMMAND.findall(path):
        values = [float(number) for number in _NUMBER.findall(numbers)]
        step = _NUMBERS_OF[command.upper()]
        if not step:
            written.append("Z")
        for first in range(0, len(values), step or 1):
            some = values[first : first + step]
            if command.isupper():
                for place in range(5, 7) if command == "A" else range(step):  # an arc ends where the last two say
                    down = command == "V" or (command != "H" and (step - place) % 2 == 1)
                    some[place] += y if down else x
            texts = [*map(_number, some)]
            written.append(_short(command, before, texts))
            before = (texts[0], texts[1]) if command in "ML" else None
    return "".join(written)


def _short(command: str, before: tuple[str, str] | None, numbers: list[str]) -> str:
    """Return a command of a path, as a line across or down if it is one."""
    if command == "L" and before and numbers[1] == before[1]:
        return f"H{numbers[0]}"
    if command == "L" and before and numbers[0] == before[0]:
        return f"V{numbers[1]}"
    return command + ",".join(numbers)


def _number(value: float) -> str:
    """Return a number with at most one decimal."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
