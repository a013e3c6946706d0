"""Schemathesis over `/openapi.json`, once with a token of each role.

It makes requests from the document, such as fit it and such as don't, by itself and one from the answer of another, and compares every answer
with what the document says: no 5xx, no status, type, header or body that does not stand there, nothing behind the door without a token, and 405
for each method that is not there. schemathesis.toml says which operations are left out, and why.
"""

import json
import os
import pathlib
import re
import subprocess
import time

import streams
from program import ROOT, Program
from verdict import Verdict

HERE = pathlib.Path(__file__).parent
FUZZER = str(ROOT / "tools/python/schemathesis/bin/schemathesis")
# For each role, tried in this order, the cases of an operation: the door answers a viewer most of the time. Who may change people and tokens
# comes last.
CASES = {"viewer": 10, "operator": 25, "admin": 25}
# What one role may take, in seconds. Schemathesis ends by itself long before.
PATIENCE_S = 240


def seed(program: Program, token: str) -> None:
    """Gives the program something to be asked for: customers, refused rows, jobs in each state, a schedule, a user."""
    program.add_user("somebody@example.com", "viewer", "a password that nobody needs")
    client = program.client()
    proof = {"authorization": f"Bearer {token}"}

    def post(path: str, kind: str, body: str) -> None:
        client.request("POST", path, body, {**proof, "content-type": kind})
        answer = client.getresponse()
        said = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"POST {path}: {answer.status} {said!r}")

    post("/api/v1/customers/import", "text/csv", "name,email\nAnn,ann@example.org\nNobody,\n")
    orders = [("echo", {"n": 1}), ("sleep", {"ms": 600_000}), ("fail", {"message": "no luck", "fatal": True})]
    for kind, data in orders:
        post("/api/v1/queue/add", "application/json", json.dumps({"queueName": "test", "jobName": kind, "data": data}))
    schedule = {"name": "nightly", "cron": "30 2 * * *", "queueName": "test", "jobName": "echo"}
    post("/api/v1/schedules", "application/json", json.dumps(schedule))
    client.close()


def fuzz(program: Program, role: str, token: str) -> Verdict:
    """Fuzzes with one role."""
    config = str(HERE / "schemathesis.toml")
    environment = {"PATH": os.environ["PATH"], "TOKEN": token, "TOKEN_ID": own_id(program, token), "PYTHONPATH": str(HERE)}
    begin = time.monotonic()
    command = [FUZZER, "--config-file", config, "run", f"{program.url}/openapi.json", "--no-color", f"--max-examples={CASES[role]}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, cwd=program.folder.name)
    took_s = time.monotonic() - begin
    cases = re.search(r"(\d+) generated", done.stdout)
    operations = re.search(r"Tested: (\d+)", done.stdout)
    said = f"{operations[1] if operations else 0} operations, {cases[1] if cases else 0} cases, {took_s:.0f} s"
    problems = []
    if done.returncode != 0:
        problems.append(f"{done.stdout[-20_000:]}{done.stderr[-2_000:]}\nThe server said:\n{program.words()}")
    if program.ask("GET", "/api/v1/auth/me", {"authorization": f"Bearer {token}"})[0] != 200:
        problems.append("The token was lost on the way: what came after that was asked by nobody.")
    return Verdict(f"fuzz as {role}", said, problems)


def own_id(program: Program, token: str) -> str:
    """The id of the token."""
    return json.loads(program.ask("GET", "/api/v1/auth/me", {"authorization": f"Bearer {token}"})[2])["tokenId"]


def run() -> list[Verdict]:
    """All roles, and the streams that schemathesis leaves out."""
    with Program() as program:
        tokens = {role: program.token(role) for role in CASES}
        seed(program, tokens["admin"])
        verdicts = [streams.look(program, tokens)]
        return verdicts + [fuzz(program, role, token) for role, token in tokens.items()]
