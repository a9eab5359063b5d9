"""`python -m snowmaker`."""

from snowmaker.cli import main

main()
