"""Watch what a module does when it is imported, in a process of its own."""

from __future__ import annotations

PROGRAM = """
import contextlib, importlib, io, json, os, sys, threading

LOUD = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system",
        "os.remove", "os.rename", "os.mkdir")
deeds = []

def watch(event, arguments):
    if event in LOUD:
        deeds.append(event)
    elif event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        deeds.append(f"writing {arguments[0]}")

import aicore.hookspecs
before, threads = dict(os.environ), threading.active_count()
sys.addaudithook(watch)
with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
    importlib.import_module(sys.argv[1])
found = list(deeds)
if out.getvalue():
    found.append("printing")
if dict(os.environ) != before:
    found.append("changing the environment")
if threading.active_count() != threads:
    found.append("starting a thread")
if "aikit" in sys.modules:
    found.append("importing aikit")
print(json.dumps(found))
"""
"""Takes the module's name, and prints what it did beside defining things."""
