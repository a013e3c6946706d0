"""`make test-security`: attacks a server of this build, on this machine and nowhere else, and says what it bore."""

import sys
import time

import fuzz
import guessing
import slow

PARTS = {"fuzz": fuzz.run, "slow": slow.run, "guessing": guessing.run}


def main() -> int:
    """Runs the parts that are named, or all."""
    begin = time.monotonic()
    verdicts = [verdict for name in sys.argv[1:] or PARTS for verdict in PARTS[name]()]
    for verdict in verdicts:
        for problem in verdict.problems:
            print(f"\n{verdict.what}: {problem}", file=sys.stderr)
    width = max(len(verdict.what) for verdict in verdicts)
    print()
    for verdict in verdicts:
        print(f"{'FAILED' if verdict.problems else 'ok':6}  {verdict.what:{width}}  {verdict.seen}")
    print(f"in {time.monotonic() - begin:.0f} s")
    return any(verdict.problems for verdict in verdicts)


if __name__ == "__main__":
    sys.exit(main())
