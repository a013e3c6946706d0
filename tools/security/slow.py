"""`slowhttptest` in its three modes: 1,000 clients that send a head, send a body or read an answer as slowly as they can.

Meanwhile somebody else asks whether the server lives, a hundred times a second, and lists queues. What is looked at: how long he waits, and how
long the server bears with the 1,000.
"""

import csv
import re
import subprocess

from probe import Probe
from program import Program
from verdict import Verdict

CONNECTIONS = 1_000
# How long a mode may take, in seconds; the server should have sent all of them away before.
LONGEST_S = 75
# What health may take at p99.
MOST_MS = 100


def attack(program: Program, what: str, options: list[str], bound_s: int, token: str) -> Verdict:
    """One mode; `bound_s` is how long the server may hold a connection of it."""
    prefix = f"{program.folder.name}/slow"
    health = Probe(program.port, "/health/live", 10)
    api = Probe(program.port, "/api/v1/queues", 50, token)
    command = ["slowhttptest", "-c", str(CONNECTIONS), "-r", "500", "-l", str(LONGEST_S), "-p", "5", "-g", "-o", prefix, "-v", "1"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, timeout=LONGEST_S + 30)
    health, api = health.result(), api.result()
    end = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    with open(f"{prefix}.csv", newline="") as file:
        rows = [[int(cell) for cell in row[:4]] for row in list(csv.reader(file))[1:]]
    most = max(connected for _, _, _, connected in rows)
    held_s = longest_held(rows)

    problems = []
    if most < CONNECTIONS * 0.9:
        problems.append(f"No attack: {most} connections at once.\n{end[-1_000:]}")
    if "No open connections left" not in end or held_s > bound_s:
        problems.append(f"The server held connections for more than {bound_s} s.\n{end[-1_000:]}")
    if health["p99"] >= MOST_MS:
        problems.append(f"Health took {health['p99']} ms at p99.")
    if health["failures"] or api["failures"]:
        problems.append(f"{health['failures']} of {health['count']} and {api['failures']} of {api['count']} answers failed.")
    figures = "health {h[p50]} / {h[p99]} / {h[max]} ms, API {a[p50]} / {a[p99]} / {a[max]} ms".format(h=health, a=api)
    return Verdict(what, f"{most} held for {held_s} s at most; p50 / p99 / max of {figures}", problems)


def longest_held(rows: list[list[int]]) -> int:
    """How long the server held a connection at most, in seconds, when those end first that began first."""
    held_s = 0
    opened = [(second, closed + connected) for second, closed, _, connected in rows]
    closings = [(second, closed) for second, closed, _, _ in rows]
    # The last ones end in the second after the last row.
    closings.append((rows[-1][0] + 1, opened[-1][1]))
    for second, closed in closings:
        if closed:
            held_s = max(held_s, second - next(begin for begin, count in opened if count >= closed))
    return held_s


def largest_file(program: Program) -> str:
    """Something that everybody may read and that no socket's buffer holds."""
    page = program.ask("GET", "/login", {"accept": "text/html"})[2].decode()
    return next(iter(re.findall(r"/pkg/[^\"']+\.wasm", page)))


def run() -> list[Verdict]:
    """The three modes, one after the other."""
    with Program() as program:
        token = program.token("viewer")
        url = program.url
        head = ["-H", "-i", "10", "-x", "24", "-u", f"{url}/health/live"]
        body = ["-B", "-i", "10", "-x", "24", "-f", "application/json", "-u", f"{url}/api/v1/auth/login"]
        read = ["-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "256", "-k", "3", "-u", url + largest_file(program)]
        return [
            attack(program, "slow heads", head, 20, token),
            attack(program, "slow bodies", body, 40, token),
            attack(program, "slow readers", read, 60, token),
        ]
