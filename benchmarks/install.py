"""Install what is measured below `.cache/`: an environment for each library, and the C programs.

An environment is made again when what belongs in it changes; `rm -r .cache/benchmarks` makes all of
them again, with the newest versions.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "benchmarks"
SYSTEM_PYTHON = Path("/usr/bin/python3")

OURS = ("aicore", "aikit-wire", "aikit", "aikit-provider-openai", "aikit-asgi")
REQUIREMENTS: Mapping[str, Sequence[str]] = {
    "ours": ("httptools", "msgspec", "uvicorn", "uvloop", "granian"),
    "openai": ("openai",),
    "anthropic": ("anthropic",),
    "litellm": ("litellm",),
    "any-llm": ("any-llm-sdk[openai,anthropic]",),
    "pydantic-ai": ("pydantic-ai-slim[openai]",),
    "langchain": ("langchain-openai",),
    "litellm-proxy": ("litellm[proxy]",),
    "tensorzero": ("tensorzero",),
}
NODE: Mapping[str, object] = {
    "private": True,
    "dependencies": {
        "@platformatic/fastify-ai": "1.1.3",
        "@portkey-ai/gateway": "1.15.2",
        "fastify": "5",
        f"node-linux-{'arm64' if platform.machine() == 'aarch64' else 'x64'}": "22",
    },
    # with newer ones Portkey answers every stream with status 500; these are of its own lock file
    "overrides": {"@portkey-ai/gateway": {"@hono/node-server": "1.13.5", "hono": "4.9.7"}},
}


def default_python() -> str:
    """Return the distribution's Python if it is new enough, else the one that runs this.

    Distributions optimise theirs with profiles; builds from source mostly are not, and are up to
    1.7 times slower in everything that is written in Python.
    """
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    if SYSTEM_PYTHON.exists() and not subprocess.run([SYSTEM_PYTHON, "-c", check]).returncode:
        return str(SYSTEM_PYTHON)
    return sys.executable


def environment(name: str, python: str) -> Path:
    """Return the folder of an environment's programs, installed if it is not there."""
    own = OURS if name == "ours" else ()
    projects = [ROOT / "packages" / each for each in own] + ([ROOT / "models"] if own else [])
    wanted = fingerprint(python, *REQUIREMENTS[name], *(read(each) for each in projects))
    folder = CACHE / name
    if not is_fresh(folder, wanted):
        print(f"installing {name}", file=sys.stderr)
        uv = shutil.which("uv") or str(ROOT / ".uv/bin/uv")
        shutil.rmtree(folder, ignore_errors=True)
        members = [word for each in projects for word in ("--editable", str(each))]
        run(uv, "venv", "--quiet", "--python", python, str(folder))
        target = ("--python", str(folder / "bin/python"))
        run(uv, "pip", "install", "--quiet", *target, *REQUIREMENTS[name], *members)
        stamp(folder, wanted)
    return folder / "bin"


def node() -> Path:
    """Return the folder of the node modules, installed if it is not there."""
    folder, wanted = CACHE / "node", fingerprint(json.dumps(NODE))
    if not is_fresh(folder, wanted):
        print("installing node modules", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps(NODE, indent=1))
        run("npm", "install", "--silent", "--no-audit", "--no-fund", cwd=folder)
        stamp(folder, wanted)
    return folder


def compiled(name: str) -> Path:
    """Return a C program of this folder, compiled if it is not there."""
    source, program = ROOT / "benchmarks" / f"{name}.c", CACHE / name
    wanted = fingerprint(source.read_text())
    if not (program.exists() and is_fresh(program.with_suffix(".of"), wanted)):
        CACHE.mkdir(parents=True, exist_ok=True)
        libraries = ("-lssl", "-lcrypto") if name == "mock" else ()
        new = program.with_suffix(f".{os.getpid()}")
        run("cc", "-O2", "-Wall", "-Wextra", "-o", str(new), str(source), *libraries)
        new.replace(program)
        program.with_suffix(".of").mkdir(exist_ok=True)
        stamp(program.with_suffix(".of"), wanted)
    return program


def certificate() -> tuple[Path, Path, Path]:
    """Return a certificate for 127.0.0.1, its key, and the authority that signed it."""
    folder = CACHE / "tls"
    authority, own = folder / "authority", folder / "own"
    if not own.with_suffix(".pem").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "names").write_text(
            "subjectAltName=DNS:localhost,IP:127.0.0.1\n"
            "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
        )
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        signs = ("-addext", "keyUsage=critical,keyCertSign")  # Python 3.13 asks for it
        named = ("-days", "3650", "-subj", "/CN=benchmark")
        openssl("req", "-x509", *key, *signs, *named, into=authority)
        openssl("req", *key, "-subj", "/CN=localhost", into=own)
        signed_by = ("-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial")
        names = ("-extfile", str(folder / "names"), "-days", "3650")
        run(
            "openssl", "x509", "-req", "-in", f"{own}.pem", *signed_by, *names, "-out", f"{own}.new"
        )
        Path(f"{own}.new").replace(own.with_suffix(".pem"))
    return own.with_suffix(".pem"), own.with_suffix(".key"), authority.with_suffix(".pem")


def openssl(*words: str, into: Path) -> None:
    run("openssl", *words, "-keyout", f"{into}.key", "-out", f"{into}.pem")


def run(*command: str, cwd: Path = ROOT) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr or done.stdout}")


def read(project: Path) -> str:
    return (project / "pyproject.toml").read_text()


def fingerprint(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def is_fresh(folder: Path, wanted: str) -> bool:
    made_from = folder / "made-from"
    return made_from.exists() and made_from.read_text() == wanted


def stamp(folder: Path, wanted: str) -> None:
    (folder / "made-from").write_text(wanted)


def version(name: str) -> str:
    """Return the version of the library that an environment is named for."""
    if name == "ours":
        commit = subprocess.run(
            ("git", "describe", "--always", "--dirty"), cwd=ROOT, capture_output=True, text=True
        )
        return commit.stdout.strip()
    library = REQUIREMENTS[name][0].partition("[")[0]
    code = f"import importlib.metadata as m; print(m.version({library!r}))"
    python = str(CACHE / name / "bin/python")
    return subprocess.check_output([python, "-c", code], text=True).strip()
