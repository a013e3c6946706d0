#!/usr/bin/env bash
# Runs the suite that every engine passes, and prints it as a table: a row a rule, a column an engine.
# A rule that does not hold for an engine by design stands empty there; one that fails says so, and fails the whole.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

log=$(mktemp)
trap 'rm -f "$log"' EXIT
cargo test --package server --lib --locked conformance >"$log" 2>&1
status=$?

# test conformance::sqlite::claim::a_rule ... ok
awk '
    $1 == "test" && match($2, /(sqlite|postgres|redis)::[a-z]+::[a-z_]+$/) {
        split(substr($2, RSTART), name, "::")
        rule = name[2] ": " name[3]
        gsub("_", " ", rule)
        if (!(rule in seen)) { seen[rule] = 1; rules[++count] = rule }
        verdict[rule, name[1]] = $NF
        if (length(rule) > width) width = length(rule)
    }
    END {
        format = "%-" width "s  %-8s  %-8s  %-8s\n"
        printf format, "rule", "SQLite", "Postgres", "Redis"
        for (at = 1; at <= count; at++) {
            rule = rules[at]
            printf format, rule, verdict[rule, "sqlite"], verdict[rule, "postgres"], verdict[rule, "redis"] | "sort"
        }
    }
' "$log"

if [ "$status" -ne 0 ]; then
    grep -A 40 '^failures:' "$log" >&2 || tail -n 40 "$log" >&2
fi
exit "$status"
