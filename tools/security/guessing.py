"""Passwords, guessed: many sign-ins at once beside somebody else's questions, and ten thousand wrong ones.

A sign-in costs 20 ms of a processor and 19 MiB on purpose, so many at once must not be everybody's matter; and who guesses has to wait longer
each time, whatever he says of where he comes from.
"""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

from probe import Probe
from program import Program, code_of
from verdict import Verdict

EMAIL = "ada@example.com"
PASSWORD = "a password for the test of passwords"
AT_ONCE = 50
# How often the 50 come, each at once after the others; enough for a p99.
ROUNDS = 6
GUESSES = 10_000
# What health may take at p99 while passwords are checked.
MOST_MS = 50


def sign_in(client: http.client.HTTPConnection, email: str, password: str, address: str) -> tuple[int, str]:
    """Status and code of one attempt that says it was forwarded for an address."""
    headers = {"content-type": "application/json", "x-forwarded-for": address}
    client.request("POST", "/api/v1/auth/login", json.dumps({"email": email, "password": password}), headers)
    answer = client.getresponse()
    return answer.status, code_of(answer.read())


def addresses() -> Iterator[str]:
    """Addresses, each another."""
    return (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in range(1, 1 << 24))


def at_once() -> Verdict:
    """50 sign-ins at the same time, again and again; every other password is wrong."""
    # The proxy is trusted, so that each comes from another address and none is put off: all have to be checked.
    with Program(SIGNALBOX_TRUSTED_PROXIES="127.0.0.1") as program:
        users = [f"user{n}@example.com" for n in range(AT_ONCE)]
        for user in users:
            program.add_user(user, "viewer", PASSWORD)
        alone = measured(program, lambda: time.sleep(3))
        answers, took_s = Counter(), []
        places = addresses()

        def load() -> None:
            for turn in range(ROUNDS):
                begin = time.monotonic()
                crowd = [
                    threading.Thread(target=attempt, args=(program, user, (turn + n) % 2 == 0, next(places), answers))
                    for n, user in enumerate(users)
                ]
                for thread in crowd:
                    thread.start()
                for thread in crowd:
                    thread.join()
                took_s.append(time.monotonic() - begin)

        beside = measured(program, load)
    half = AT_ONCE * ROUNDS // 2
    problems = []
    if answers != Counter({(200, ""): half, (401, "invalid_credentials"): half}):
        problems.append(f"The answers were {dict(answers)}.")
    if beside["p99"] >= MOST_MS:
        problems.append(f"Health took {beside['p99']} ms at p99.")
    if alone["failures"] or beside["failures"]:
        problems.append("Health did not always answer.")
    figures = "p50 / p99 / max of health alone {a[p50]} / {a[p99]} / {a[max]} ms, beside {b[p50]} / {b[p99]} / {b[max]} ms".format(
        a=alone, b=beside
    )
    return Verdict(f"{AT_ONCE} sign-ins at once", f"{max(took_s):.1f} s for all; {figures}", problems)


def attempt(program: Program, user: str, is_right: bool, address: str, answers: Counter) -> None:
    """One of the crowd."""
    client = program.client()
    try:
        answers[sign_in(client, user, PASSWORD if is_right else "a wrong one", address)] += 1
    except OSError as problem:
        answers[str(problem)] += 1
    finally:
        client.close()


def measured(program: Program, load: Callable[[], None]) -> dict:
    """What health takes while something goes on."""
    probe = Probe(program.port, "/health/live", 5)
    load()
    return probe.result()


def guesses(what: str, trusted: str, most: int) -> Verdict:
    """10,000 wrong passwords of one account, each from another address by its own word; at most so many may be looked at."""
    environment = {"SIGNALBOX_TRUSTED_PROXIES": trusted} if trusted else {}
    with Program(**environment) as program:
        program.add_user(EMAIL, "viewer", PASSWORD)
        client = program.client()
        begin = time.monotonic()
        answers = Counter(sign_in(client, EMAIL, f"guess {n}", place) for n, place in zip(range(GUESSES), addresses()))
        took_s = time.monotonic() - begin
        client.close()
    looked_at, put_off = answers[(401, "invalid_credentials")], answers[(429, "too_many_attempts")]
    problems = []
    if looked_at + put_off != GUESSES or looked_at > most:
        problems.append(f"The answers were {dict(answers)}; at most {most} may be looked at.")
    return Verdict(what, f"{looked_at} answered 401, {put_off} answered 429, in {took_s:.1f} s", problems)


def run() -> list[Verdict]:
    """All of it."""
    # Five are free, and each further one costs a second, two, four and so on: within half a minute five more.
    return [
        at_once(),
        guesses(f"{GUESSES:,} guesses, addresses made up", "", 10),
        guesses(f"{GUESSES:,} guesses, addresses told by a proxy", "127.0.0.1", 10),
    ]
