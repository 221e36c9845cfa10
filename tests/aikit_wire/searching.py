"""Search for bodies that break what reads them, led by coverage; `scripts/fuzz` runs it."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from .damage import TOKENS

FOUND = Path(__file__).parents[2] / ".cache" / "fuzz"
SECONDS = 60
LONGEST = 64 * 1024
LIMITS = ("-timeout=20", "-rss_limit_mb=2048", f"-max_len={LONGEST}", "-verbosity=0")
"""An input may take 20 seconds, all of them together 2 GiB."""
OURS = ["aicore", "aikit_wire", "aikit_provider_ollama"]


def check(name: str, data: bytes) -> None:
    """Check a target with a body, cut at the places that its first two bytes say."""
    from .fuzzed import TARGETS

    cuts, body = [place * 37 for place in data[:2]], data[2:]
    TARGETS[name].check(body, cuts)


def search(name: str, seconds: int) -> None:
    """Search in this process; it ends with what is found, or when the time is over."""
    import atheris

    with atheris.instrument_imports(include=OURS):
        from .fuzzed import TARGETS
    folder = FOUND / name.replace(" ", "-")
    seeds = folder / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for body in TARGETS[name].seeds:
        (seeds / sha256(body).hexdigest()[:16]).write_bytes(b"\x01\x02" + body)
    words = folder / "words"
    words.write_text("".join(f'"{escaped(token)}"\n' for token in TOKENS if len(token) < 64))
    time = f"-max_total_time={seconds}"
    options = [time, *LIMITS, f"-dict={words}", f"-artifact_prefix={folder}/", str(seeds)]
    atheris.Setup([sys.argv[0], *options], lambda data: check(name, data))
    atheris.Fuzz()


def escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in token)


def main() -> None:
    match sys.argv[1:]:
        case ["--one", name, seconds]:
            search(name, int(seconds))
        case ["--again", file, name]:
            check(name, Path(file).read_bytes())
        case arguments:
            from .fuzzed import TARGETS

            seconds = arguments.pop(0) if arguments and arguments[0].isdecimal() else str(SECONDS)
            command = [sys.executable, "-m", __spec__.name, "--one"]
            failed = []
            for name in arguments or TARGETS:
                print(f"{name}: {seconds} s", flush=True)
                if subprocess.run([*command, name, seconds]).returncode:
                    failed.append(name)
            sys.exit(f"found something in {', '.join(failed)}: see {FOUND}" if failed else 0)


if __name__ == "__main__":
    main()
