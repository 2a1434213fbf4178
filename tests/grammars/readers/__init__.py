"""Readers of languages, written in these, run beside the tests and asked one text at a time."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

_COMMANDS = {
    "JavaReader.java": ["java"],
    "module_reader.js": ["node", "--no-warnings", "--experimental-vm-modules"],
}


def ask(reader: str, text: str) -> str:
    """What a reader answers to a text: "ok", or the name of what is wrong with it."""
    data = text.encode()
    process = _started(reader)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(b"%d\n" % len(data) + data)
    process.stdin.flush()
    answer = process.stdout.readline().decode().strip()
    assert answer, f"{reader} has stopped"
    return answer


@cache
def _started(reader: str) -> subprocess.Popen[bytes]:
    path = Path(__file__).parent / reader
    command = [*_COMMANDS[reader], str(path)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
