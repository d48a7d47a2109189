"""`python -m streams.cli` is the command `sanwang`."""

from streams.cli import main

main()
