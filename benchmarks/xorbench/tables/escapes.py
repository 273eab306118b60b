"""Text from a record as text of a format: what the format would take for a command is taken from it."""

import re
import unicodedata


def of_markdown(text: str) -> str:
    """Inside a line of GitHub's Markdown, its formulas included; an underscore inside a word stays as it is."""
    return _MARKS.sub(r"\\\g<0>", text).replace("&", "&amp;")


def of_paragraph(text: str) -> str:
    """The same at the beginning of a line, where a list, a heading or a quotation could begin."""
    return _BEGINNING.sub(r"\1\\\2", of_markdown(text))


def of_latex(text: str) -> str:
    """Anywhere in LaTeX. What is neither ASCII nor a letter with a common accent is shown by its number."""
    return "".join(_COMMANDS.get(character) or _typeset(character) for character in text)


def of_spreadsheets(cell: object) -> object:
    """Where a spreadsheet would take text for a formula, there is an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell


def _typeset(character: str) -> str:
    parts = unicodedata.normalize("NFD", character)
    known = character < "\u0100" and len(parts) == 2 and parts[0].isascii() and parts[1] in _ACCENTS
    return character if character.isascii() or known else f"{{[}}U+{ord(character):04X}]"


_MARKS = re.compile(r"[\\`*|$<\[\]~#]|(?<![^\W_])_|_(?![^\W_])")
_BEGINNING = re.compile(r"^(\d*)([-+=>.)])")
_FORMULA = re.compile(r"[=+@]|-(?![\d.]+$)")
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
"""What means something to LaTeX. Braces keep hyphens apart, and brackets and stars from being an option of `\\\\`."""
