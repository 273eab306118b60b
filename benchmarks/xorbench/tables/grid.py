"""A table of a terminal without lines between its cells, with fewer columns where the terminal is narrow."""

from collections.abc import Sequence
from dataclasses import dataclass

from xorbench.tables.layout import kept


@dataclass(frozen=True)
class Grid:
    """Columns of text, by their heads; those in `left` are first, have no heads, and the title stands above them."""

    cells: dict[str, list[str]]
    right: Sequence[str]
    left: set[str]

    def lines(self, title: str, width: int, expendable: Sequence[str]) -> list[str]:
        """Return a line with title and heads and one for each row; columns that do not fit `width` are left out.

        A title for which there is no room beside the heads has a line of its own.
        """
        widths = {
            head: max(0 if head in self.left else len(head), *map(len, column)) for head, column in self.cells.items()
        }
        heads = kept(widths, width, 2, expendable)
        own = [head for head in heads if head in self.left]
        room = sum(widths[head] for head in own) + 2 * (len(own) - 1)
        spare = width - sum(widths[head] for head in heads) - 2 * (len(heads) - 1)
        above: list[str] = []
        if len(title) > room and len(title) <= room + spare:
            widths[own[-1]] += len(title) - room
            room = len(title)
        elif len(title) > room:
            above, title = [title], ""
        first = "  ".join([title.ljust(room), *(self._cell(head, head, widths) for head in heads if head not in own)])
        rows = [
            "  ".join(self._cell(head, self.cells[head][place], widths) for head in heads).rstrip()
            for place in range(len(self.cells[heads[0]]))
        ]
        return [*above, first.rstrip(), *rows]

    def _cell(self, head: str, text: str, widths: dict[str, int]) -> str:
        return text.rjust(widths[head]) if head in self.right else text.ljust(widths[head])
