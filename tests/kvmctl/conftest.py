"""A whole server of a closed world with a simulated matrix, as processes of their own, once for all tests that need it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from typing import NamedTuple

import pytest

WITHIN_S = 120.0


class Server(NamedTuple):
    url: str
    password: str


def environment(lang: str) -> dict[str, str]:
    return {
        **os.environ,
        "SWITCHROOM_LANG": lang,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        "PYTHONUNBUFFERED": "1",
    }


def all_signed_in(url: str) -> bool:
    """Whether every agent of the world sits at his seat: who signs in later would switch its screen."""
    with urllib.request.urlopen(f"{url}/api/v1/agents", timeout=WITHIN_S) as reply:
        agents = json.load(reply)
    return bool(agents) and all(agent["state"] != "logged_out" for agent in agents)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("world")
    command = [
        sys.executable,
        "-m",
        "switchroom",
        "simulate",
        "--scenario",
        "smoke",
        "--port",
        "0",
        "--out",
        str(folder),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment("en"), cwd=folder)
    assert process.stdout is not None
    said, end = "", time.monotonic() + WITHIN_S
    while "password" not in said and time.monotonic() < end:
        said += process.stdout.readline()
    url = re.search(r"http://[\d.:]+", said)
    password = re.search(r"password (\S+),", said)
    assert url is not None, said
    assert password is not None, said
    while not all_signed_in(url.group()) and time.monotonic() < end:
        time.sleep(0.2)
    yield Server(url.group(), password.group(1))
    process.send_signal(signal.SIGTERM)
    process.wait(WITHIN_S)
