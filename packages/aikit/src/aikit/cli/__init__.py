"""The command line `aikit`."""

from __future__ import annotations

import sys
from io import TextIOWrapper


def main() -> None:
    """Run the command that the arguments name, and exit with its code (`aikit.cli.exits`)."""
    try:
        from aikit.cli.group import root

        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal may lack what a model writes
        root()
    except KeyboardInterrupt:  # while it starts; later, click takes it
        sys.exit(130)
