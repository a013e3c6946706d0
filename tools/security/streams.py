"""The streams, which schemathesis leaves out since they do not end: how they begin, and how they refuse."""

import json

from program import Program, code_of
from verdict import Verdict

EVENTS = ["/api/v1/sse/connect?topics=general", "/dashboard/stream"]
SOCKETS = ["/api/v1/ws", "/ws"]
SHAKING_HANDS = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def begins(program: Program, path: str, headers: dict) -> tuple[int, str, str]:
    """Status, type, and the first frame of events if it is a stream of them."""
    client = program.client()
    client.request("GET", path, headers=headers)
    answer = client.getresponse()
    kind = answer.getheader("content-type", "")
    frame = b""
    while answer.status == 200 and kind == "text/event-stream" and not frame.endswith(b"\n\n"):
        part = answer.read(1)
        if not part:
            break
        frame += part
    client.close()
    return answer.status, kind, frame.decode()


def look(program: Program, tokens: dict[str, str]) -> Verdict:
    """Looks at each stream with each role, without one, and as a page of another site."""
    problems = []
    tried = 0

    def expect(path: str, headers: dict, status: int, code: str = "") -> None:
        nonlocal tried
        tried += 1
        got, told, body = program.ask("GET", path, headers)
        if got != status or code_of(body) != code or told.get("content-type") != "application/problem+json":
            problems.append(f"GET {path}: {got} {body[:200]!r}, expected {status} {code}")

    for role, token in tokens.items():
        proof = {"authorization": f"Bearer {token}"}
        for path in EVENTS:
            tried += 1
            status, kind, frame = begins(program, path, proof)
            lines = dict(line.split(": ", 1) for line in frame.splitlines() if ": " in line)
            data = json.loads(lines.get("data", "{}"))
            if (status, kind, lines.get("event"), data.get("type")) != (200, "text/event-stream", "connected", "connected"):
                problems.append(f"GET {path} as {role}: {status} {kind} {frame!r}")
            expect(path, {**proof, "sec-fetch-site": "cross-site"}, 403, "cross_site")
        for path in SOCKETS:
            tried += 1
            if (status := begins(program, path, {**proof, **SHAKING_HANDS})[0]) != 101:
                problems.append(f"GET {path} as {role}: {status}, expected 101")
            expect(path, {**proof, **SHAKING_HANDS, "origin": "http://other.example"}, 403, "cross_site")
        expect("/api/v1/sse/connect?topics=nonsense:1", proof, 422, "invalid")
        expect("/api/v1/sse/connect?names=perhaps", proof, 422, "invalid")
    for path in EVENTS + SOCKETS:
        expect(path, SHAKING_HANDS if path in SOCKETS else {}, 401, "sign_in_required")
        expect(path, {**SHAKING_HANDS, "authorization": "Bearer sbx_wrong"}, 401, "sign_in_required")
    return Verdict("streams", f"{tried} beginnings and refusals", problems)
