"""Run the programs of one page in one namespace; print, as JSON, what each of them printed.

The file named by the argument holds `[[page, line, code], …]`. `await` may stand at the top level,
as in a notebook. No program reaches another machine.
"""

from __future__ import annotations

import ast
import asyncio
import io
import json
import sys
from contextlib import redirect_stdout
from ipaddress import ip_address
from pathlib import Path
from typing import Any


def stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse connections to other machines; a path is the address of a UNIX socket."""
    if event != "socket.connect" or not isinstance(address := arguments[1], tuple):
        return
    if address[0] != "localhost" and not ip_address(address[0]).is_loopback:
        raise RuntimeError(f"an example tried to reach {address!r}")


def main() -> None:
    sys.addaudithook(stay_here)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = []
    with asyncio.Runner() as runner:
        for page, line, text in json.loads(Path(sys.argv[1]).read_text("utf-8")):
            source = "\n" * (line - 1) + text  # a traceback names the line of the page
            code = compile(source, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            with redirect_stdout(io.StringIO()) as out:
                if (running := eval(code, namespace)) is not None:
                    runner.run(running)
            printed.append(out.getvalue())
    print(json.dumps(printed))


main()
