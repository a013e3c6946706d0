"""Asks one address again and again while something else goes on, and says how long the answers took.

It is a process of its own (`probe.py PORT PATH INTERVAL_MS [TOKEN]`), so that whatever makes the load does not make it wait, and ends when its
input does. Each question comes on a new connection, as that of somebody who was not there before.
"""

import json
import select
import socket
import subprocess
import sys
import time

# How long an answer is waited for, in seconds. Longer is a failure, and counts as so long.
PATIENCE_S = 5


class Probe:
    """Measures from its making until `result`."""

    def __init__(self, port: int, path: str, interval_ms: int, token: str = ""):
        command = [sys.executable, __file__, str(port), path, str(interval_ms), token]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def result(self) -> dict:
        """How many questions and failures there were, and `p50`, `p99` and `max` in milliseconds."""
        return json.loads(self.process.communicate()[0])


def ask(port: int, request: bytes) -> bool:
    """Whether the answer was 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as line:
            line.sendall(request)
            heard = b""
            while part := line.recv(65_536):
                heard += part
            return heard.startswith(b"HTTP/1.1 200 ")
    except OSError:
        return False


def measure(port: int, path: str, interval_ms: int, token: str) -> dict:
    """Asks until the input ends."""
    proof = f"authorization: Bearer {token}\r\n" if token else ""
    request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n{proof}connection: close\r\n\r\n".encode()
    took_ms, failures = [], 0
    due = time.monotonic()
    while True:
        pause = max(0.0, due - time.monotonic())
        if select.select([sys.stdin], [], [], pause)[0]:
            break
        # What is late since the answer before was late has waited as well; what the system woke late has not.
        begin = due if pause == 0.0 and took_ms else time.monotonic()
        failures += not ask(port, request)
        took_ms.append((time.monotonic() - begin) * 1_000)
        due += interval_ms / 1_000
    took_ms.sort()
    at = lambda share: round(took_ms[min(len(took_ms) - 1, int(len(took_ms) * share))], 1) if took_ms else 0.0
    return {"count": len(took_ms), "failures": failures, "p50": at(0.5), "p99": at(0.99), "max": at(1.0)}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4])))
