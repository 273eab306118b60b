"""Escape text from a record for each format, so that the format shows it as text and executes none of it."""

import functools
import re
import unicodedata

LONGEST_PIECE = 20
"""The largest number of characters that LaTeX sets without a break."""


def of_markdown(text: str) -> str:
    """Return `text` escaped for use inside a line of GitHub's Markdown, formulas included.

    An underscore inside a word stays as it is.
    """
    return _MARKS.sub(r"\\\g<0>", text).replace("&", "&amp;")


def of_paragraph(text: str) -> str:
    """Return `text` escaped for the beginning of a line of Markdown, where a list, heading or quotation could begin."""
    return _BEGINNING.sub(r"\1\\\2", of_markdown(text))


def of_latex(text: str) -> str:
    """Return `text` escaped for any place in LaTeX, where it may break after each of its `pieces`.

    A character that is neither ASCII nor a letter with a common accent is shown by its code point.
    """
    return " ".join(r"\allowbreak{}".join(map(_of_latex, pieces(word))) for word in text.split(" "))


def pieces(text: str) -> list[str]:
    """Return the parts of `text` that LaTeX sets without a break: words, long ones cut, and code points."""
    return [piece for word in text.split(" ") for piece in _PIECES.findall(word)]


def is_shown_by_code_point(character: str) -> bool:
    """Return whether `of_latex` shows a character by its code point."""
    return character not in _COMMANDS and _typeset(character) != character


def _of_latex(piece: str) -> str:
    return "".join(_COMMANDS.get(character) or _typeset(character) for character in piece)


def of_spreadsheets(cell: object) -> object:
    """Return `cell`, with an apostrophe before it if it is text that a spreadsheet would read as a formula."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


@functools.cache
def _typeset(character: str) -> str:
    parts = unicodedata.normalize("NFD", character)
    known = character < "\u0100" and len(parts) == 2 and parts[0].isascii() and parts[1] in _ACCENTS
    return character if character.isascii() or known else f"{{[}}U+{ord(character):04X}]"


_MARKS = re.compile(r"[\\`*|$<\[\]~#]|(?<![^\W_])_|_(?![^\W_])")
_BEGINNING = re.compile(r"^(\d*)([-+=>.)])")
_FORMULA = re.compile(r"[=+@]|-(?![\d.]+(e[-+]?\d+)?$)")
_ACCENTS = "\u0300\u0301\u0302\u0303\u0308"
_COMMANDS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
    **{character: f"{{{character}}}" for character in "\"'`-*[]"},
    **{character: rf"\ensuremath{{{character}}}" for character in "<>"},
    "|": r"\textbar{}",
    "µ": r"\ensuremath{\mu}",
    "×": r"\ensuremath{\times}",
    "–": "--",
    "…": r"\dots{}",
    "�": r"\textbullet{}",
}
"""Replacements of characters that LaTeX interprets.

Braces keep hyphens from becoming a dash, and brackets and stars from becoming an option of `\\\\`.
"""

_SET = re.escape("".join(c for c in map(chr, range(256)) if c > " " and not is_shown_by_code_point(c)))
_PIECES = re.compile(f"[{_SET}]{{1,{LONGEST_PIECE}}}|.", re.DOTALL)
