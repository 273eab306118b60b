"""The command xorbench; `xorbench --help` lists its subcommands.

Exit codes: 0 success; 1 a gradient outside its bound, an implementation that is missing, failed or broke a rule of the
clock, a row that became slower than allowed, a record that may not be published, or a page that does not match the
records; 2 a usage error; 3 the harness or the reference failed, so that there is no verdict; 130 interrupted. Large
packages are imported only where they are needed, so that `--help` is fast.
"""

import typer

from xorbench.cli import make, measure, process, recommend, records, sweep

app = typer.Typer(
    help="What a training step costs in each framework, and whether its gradient is right.",
    add_completion=False,
    rich_markup_mode=None,
)
app.add_typer(measure.app)
app.add_typer(sweep.app)
app.add_typer(records.app)
app.add_typer(recommend.app)
app.add_typer(make.app)


def main() -> None:
    """Run the command and exit with its code; a usage error is printed in one line on standard error."""
    process.run(app, "xorbench")


if __name__ == "__main__":
    main()
