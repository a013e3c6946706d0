"""The program under test, and how one speaks to it.

It listens on a free port of 127.0.0.1, has a folder of its own that goes with it, and nothing of the environment of whoever runs this: a
database that is named there is not attacked.
"""

import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The release build, unless somebody names another.
BINARY = os.environ.get("SIGNALBOX_BINARY", str(ROOT / "target/release/signalbox"))
HOST = "127.0.0.1"
# How long it may take to start, to answer and to stop, in seconds.
PATIENCE_S = 30


class Program:
    """A running server. Leaving its `with` stops it, and shows its last words if something went wrong."""

    def __init__(self, **environment: str):
        self.folder = tempfile.TemporaryDirectory(prefix="signalbox-security-")
        # How many requests a second one may send is not what is looked at here.
        own = {"SIGNALBOX_DATA_DIR": self.folder.name, "SIGNALBOX_LOG": "warn", "SIGNALBOX_REQUESTS_PER_SECOND": "0"}
        self.environment = {"PATH": os.environ["PATH"], **own, **environment}

    def __enter__(self) -> "Program":
        self.log = open(f"{self.folder.name}/log", "a+b")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--addr", f"{HOST}:0"], env=self.environment, stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        line = self.process.stdout.readline()
        if "http://" not in line:
            self.__exit__(RuntimeError, None, None)
            raise RuntimeError("The server did not start.")
        self.port = int(line.strip().rsplit(":", 1)[1])
        self.url = f"http://{HOST}:{self.port}"
        return self

    def __exit__(self, failure, *_) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if failure:
            sys.stderr.write(self.words())
        self.process.stdout.close()
        self.log.close()
        self.folder.cleanup()

    def words(self) -> str:
        """The last that it logged: warnings and errors."""
        self.log.seek(0)
        return self.log.read()[-4_000:].decode(errors="replace")

    def token(self, role: str) -> str:
        """A new token with this role."""
        return self.command("token", "create", f"{role}-under-test", "--role", role)

    def add_user(self, email: str, role: str, password: str) -> None:
        """Adds somebody who may sign in."""
        self.command("user", "add", email, "--role", role, "--password-stdin", said=password)

    def command(self, *arguments: str, said: str = "") -> str:
        """What another command of the program prints."""
        done = subprocess.run(
            [BINARY, *arguments], env=self.environment, input=said, capture_output=True, text=True, timeout=PATIENCE_S
        )
        if done.returncode != 0:
            raise RuntimeError(f"signalbox {arguments[0]} {arguments[1]}: {done.stderr}")
        return done.stdout.strip()

    def client(self) -> http.client.HTTPConnection:
        """A connection, which is opened by its first request."""
        return http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE_S)

    def ask(self, method: str, path: str, headers: dict | None = None) -> tuple[int, dict, bytes]:
        """Status, headers (in lower case) and body of one answer."""
        client = self.client()
        client.request(method, path, headers=headers or {})
        answer = client.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        body = answer.read()
        client.close()
        return answer.status, told, body


def code_of(body: bytes) -> str:
    """The stable name of a refusal, by its problem document; empty if it is none."""
    try:
        return json.loads(body).get("code", "")
    except ValueError:
        return ""
