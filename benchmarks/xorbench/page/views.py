"""The views of a page, in their order: which boards, figures and tables each of them shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from xorbench.page import boards
from xorbench.page.boards import Board
from xorbench.page.choosing import Choosing, choosing
from xorbench.page.correctness import Matrix, matrices
from xorbench.page.past_runs import PastRuns, past_runs
from xorbench.page.sources import Drawing, Sources
from xorbench.tables.file_verdicts import FileVerdict, files
from xorbench.tables.headline import headline
from xorbench.tables.weaknesses import weaknesses


@dataclass(frozen=True)
class Other:
    """Another machine: its name, the link to its page, and its headline and board, if they are shown here.

    `files` is the way to the files of the picture of the board, without their endings; "" if there are none.
    """

    name: str
    link: str
    headline: str = ""
    board: Board | None = None
    files: str = ""


@dataclass(frozen=True)
class View:
    """A part of the page: the name in the navigation, the title, a sentence, and the contents in their order.

    `files` are the names of the files of the picture of its boards, without their endings; "" if there are none. A view
    without contents is left out unless it is there `always`.
    """

    key: str
    name: str
    title: str
    lead: str = ""
    boards: Sequence[Board] = ()
    files: str = ""
    warnings: Sequence[str] = ()
    judged: Sequence[FileVerdict] = ()
    matrices: Sequence[Matrix] = ()
    past_runs: Sequence[PastRuns] = ()
    drawings: Sequence[Drawing] = ()
    tables: Sequence[str] = ()
    others: Sequence[Other] = ()
    choosing: Choosing | None = None
    always: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        drawn = (self.boards, self.judged, self.matrices, self.past_runs, self.drawings, self.others)
        contents = (*drawn, self.tables, self.choosing)
        return not self.always and not any(contents)

    @property
    def opened(self) -> bool:
        """Whether its tables are open from the start, because there is nothing else to see."""
        return not (self.always or self.boards or self.matrices or self.drawings or self.choosing)


def views(sources: Sources, drawings: Sequence[Drawing], others: Sequence[Other]) -> list[View]:
    """Return the views of a machine that have any content."""
    raw = next((drawing for drawing in drawings if drawing.figure.name == "rounds"), None)
    of_run = boards.boards(sources.run, "run", sources.code, raw)
    own, further = of_run[:1], of_run[1:]
    tuned = boards.boards(sources.tuned, "tuned", sources.code)[::-1] if sources.tuned is not None else further
    report = sources.run.record.gradients
    past, older = past_runs(sources.records, sources.timings)

    def drawn(*names: str) -> list[Drawing]:
        return [drawing for name in names for drawing in drawings if drawing.figure.name == name]

    def present(*names: str) -> list[str]:
        return [name for name in names if sources.tables.get(name)]

    def first(*names: str) -> str:
        return next((name for name in names if drawn(name)), "")

    placed = {name for names in FIGURES.values() for name in names} | {"rounds", "ratios", "ratios-tuned"}
    rest = [drawing.figure.name for drawing in drawings if drawing.figure.name not in placed]
    found = [
        View(
            "speed",
            "Speed",
            headline(sources.run),
            boards=own,
            files=first("ratios"),
            warnings=weaknesses(sources.run),
            drawings=drawn(*FIGURES["speed"], *rest),
            tables=present("parts", "decomposition", "counts"),
            always=True,
        ),
        View(
            "choose",
            "Which one?",
            "Which one for my network?",
            "Seconds of a whole training, start-up included, for the networks that were measured.",
            choosing=choosing(sources.of_all),
            drawings=drawn(*FIGURES["choose"]),
            tables=present("beginnings", "break_even"),
        ),
        View(
            "sizes",
            "Sizes",
            "Wider networks and larger batches",
            "Measured by sweeps: each point is another network, timed like the others.",
            drawings=drawn(*FIGURES["sizes"]),
            tables=present("points", "crossings", "growth"),
        ),
        View(
            "tuned",
            "Tuned",
            "Tuned implementations beside idiomatic ones",
            "The fastest known way in each framework, timed in one run with the idiomatic files, which have ranks of "
            "their own.",
            boards=tuned,
            files=first("ratios-tuned", "ratios"),
            warnings=weaknesses(sources.tuned) if sources.tuned is not None else (),
        ),
        View(
            "versions",
            "Versions",
            "Other versions of the frameworks",
            "The same file in several releases of its framework, timed in the same rounds.",
            drawings=drawn(*FIGURES["versions"]),
            tables=present("history", "versions"),
        ),
        View(
            "correctness",
            "Correctness",
            "Are the gradients right, and would a mistake be found?",
            "Every gradient is compared with the true one at many points. The judge itself is tested with planted "
            "faults, beside checks in common use.",
            judged=files(report),
            matrices=matrices(report),
            drawings=drawn(*FIGURES["correctness"]),
            tables=present("gradients", "endings", "conduct", "accuracy", "trajectories", "audits"),
        ),
        View(
            "runs",
            "Runs",
            "Runs over time",
            f"The same ratios in the runs of this machine; {older} older ones are not shown." if older else "",
            past_runs=past,
            always=bool(sources.records),
        ),
        View(
            "method",
            "Method",
            "How it was measured",
            "Every implementation has its own process; the processes take turns, milliseconds apart, and times are "
            "compared within a round. No implementation is timed whose gradient did not pass.",
            tables=present("field", "quietness", "ledger", "order"),
            always=True,
        ),
        View(
            "machines",
            "Machines",
            "Other machines",
            "Each machine has its own rounds and its own baseline. Its ratios stand beside those of the others; no "
            "number is made from the rounds of two machines.",
            drawings=drawn(*FIGURES["machines"]),
            tables=present("machines"),
            others=others,
        ),
    ]
    return [view for view in found if not view.is_empty]


FIGURES = {
    "speed": ("parts", "decomposition", "surfaces"),
    "choose": ("break_even",),
    "sizes": ("crossover",),
    "versions": ("history",),
    "correctness": ("error-over-time", "losses", "trajectories", "accuracy-saturation", "accuracy-scale"),
    "machines": ("ratios-on-machines",),
}
"""Names of the figures of each view; a figure that is in none of them stands in the first view."""
