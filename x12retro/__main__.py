"""`python -m x12retro`: the same as the `x12retro` command."""

from x12retro.cli import main

main()
