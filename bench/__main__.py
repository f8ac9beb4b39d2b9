"""``python -m bench``: the hot paths at 1, 8 and 32 connections, as a table."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from bench import collections_size, cpu, load, sandbox, secrets_size, triggers, workloads
from bench.lists import measure as lists
from bench.portal import Portal, started

COLUMNS = (
    "workload",
    "conns",
    "req/s",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "CPU s/1000",
    "SQL/req",
    "err",
)


def measure(portal: Portal, seconds: float, connections: list[int], only: str) -> list[list[str]]:
    """One row of text for each workload and number of connections."""
    rows = []
    for workload in workloads.prepare(portal):
        if only and only not in workload.name:
            continue
        load.run(portal.url, workload.make, connections=4, seconds=1.0, first=10_000_000)
        for count in connections:
            cpu_before = cpu.seconds(portal.pid)
            result = load.run(portal.url, workload.make, connections=count, seconds=seconds)
            spent = cpu.seconds(portal.pid) - cpu_before
            done = max(1, len(result.times))
            rows.append(
                [
                    workload.name,
                    str(count),
                    f"{done / result.seconds:.0f}",
                    *(f"{result.quantile(share):.2f}" for share in (0.5, 0.95, 0.99)),
                    f"{spent * 1000 / done:.3f}",
                    f"{result.statements / done:.1f}",
                    str(result.errors),
                ]
            )
    return rows


def print_table(rows: list[list[str]], columns: Sequence[str] = COLUMNS) -> None:
    """Columns as wide as they need, numbers to the right."""
    table = [list(columns), *rows]
    widths = [max(len(row[index]) for row in table) for index in range(len(columns))]
    for row in table:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print("  ".join(cells))  # noqa: T201 a report for a person


def main() -> None:
    """Start a portal, measure, print."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="time for each row")
    parser.add_argument("--connections", default="1,8,32", help="comma-separated numbers")
    parser.add_argument("--only", default="", help="run workloads whose name contains this")
    parser.add_argument("--audit-reads", choices=("flush", "spool"), default="flush")
    suites = ("hot", "secrets", "collections", "sandbox", "triggers", "lists")
    parser.add_argument("suite", nargs="?", default="hot", choices=suites)
    parser.add_argument("--size", type=int, default=100_000, help="rows, for the suite of its kind")
    options = parser.parse_args()
    if options.suite == "collections":  # it has portals of its own, two of them
        print_table(collections_size.measure(options.size), collections_size.COLUMNS)
        return
    if options.suite == "lists":  # it has a portal of its own, filled by this process
        print_table(list(lists.measure(options.size)), lists.COLUMNS)
        return
    if options.suite == "sandbox":  # it needs no portal
        print_table(list(sandbox.measure()), sandbox.COLUMNS)
        return
    if options.suite == "triggers":  # it is in the portal's database too
        print_table(triggers.measure(), triggers.COLUMNS)
        return
    connections = [int(part) for part in options.connections.split(",")]
    with started(AUDIT_READS=options.audit_reads, PORTAL_SERVER_TIMING="true") as portal:
        if options.suite == "secrets":
            rows = list(secrets_size.measure(portal, options.size, options.seconds))
            print_table(rows, secrets_size.COLUMNS)
        else:
            print_table(measure(portal, options.seconds, connections, options.only))


if __name__ == "__main__":
    main()
