"""Name the packages that are loaded where implementations are imported; this file is run by the current interpreter."""

import sys
from pathlib import Path


def main() -> None:
    """Print the names of the packages that the import of the given files loads, except those of this program."""
    from xorbench.contract import load, read

    before = {*sys.modules}
    for path in sys.argv[1:]:
        load(read(Path(path)))
    print(*sorted({name.partition(".")[0] for name in sys.modules.keys() - before}))


if __name__ == "__main__":
    main()
