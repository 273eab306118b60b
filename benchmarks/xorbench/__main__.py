"""`python -m xorbench` is the command."""

from xorbench.cli.__main__ import main

main()
