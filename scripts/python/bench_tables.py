#!/usr/bin/env python3
"""Tables (Markdown) from what scripts/bench.sh measured.

    bench_tables.py decode REPORT.json...   before/after of fxloom bench, one row a report
    bench_tables.py copied REPORT.json      copied bytes by kind of fxloom rewrite
    bench_tables.py google BENCHMARK.json   what a Google Benchmark program measured
"""
import json
import sys

from report_summary import KINDS, size


def table(header, rows):
    print("| " + " | ".join(header) + " |")
    print("|" + "---|" * len(header))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")


def milliseconds(quartiles):
    return f"{quartiles['median'] / 1000:.2f}"


def decode(paths):
    reports = [json.load(open(path)) for path in paths]
    reports.sort(key=lambda r: (r["symbols"]["s23"], r["symbols"]["s95"]))
    rows = []
    for report in reports:
        symbols, time, graph = report["symbols"], report["time"], report["graph"]
        copied = [sum(graph[key][kind] or 0 for kind in KINDS) for key in ("copied_bytes", "copied_bytes_after")]
        gain = f"{time['speedup']:.2f} [{time['ci95'][0]:.2f}, {time['ci95'][1]:.2f}]" + ("" if time["significant"] else " not significant")
        peak = [size(report["memory"][key]) if report["memory"][key] is not None else "-" for key in ("peak_before", "peak_after")]
        rows.append([symbols["s23"], symbols["s95"], milliseconds(time["before"]), milliseconds(time["after"]), gain,
                     " -> ".join(map(size, copied)), " -> ".join(peak)])
    table(["batch", "cache length", "before, ms", "after, ms", "times faster [95 %]", "copied bytes", "peak memory"], rows)


def copied(path):
    report = json.load(open(path))
    graph = report["graph"]
    table(["written only to move elements", "before", "after"],
          [[words, f"{graph['copied_bytes'][kind]:,}", f"{graph['copied_bytes_after'][kind]:,}"] for kind, words in KINDS.items()])


def benchmarks(path):
    runs = json.load(open(path))["benchmarks"]
    failed = [f"{run['name']}: {run.get('error_message')}" for run in runs if run.get("error_occurred")]
    if failed:
        raise SystemExit("\n".join(failed))
    return runs


def counters(run):
    standard = {"name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions", "repetition_index", "threads",
                "iterations", "real_time", "cpu_time", "time_unit", "aggregate_name", "aggregate_unit", "label"}
    words = []
    for key, value in run.items():
        if key == "bytes_per_second":
            words.append(f"{value / 1e6:,.0f} MB/s")
        elif key not in standard:
            words.append(f"{key} {value:,.4g}" if isinstance(value, float) else f"{key} {value}")
    return ", ".join(words)


def google(path):
    rows = [[run["name"].split("/")[0], f"{run['cpu_time']:,.2f} {run['time_unit']}", counters(run)] for run in benchmarks(path)]
    table(["", "processor time", ""], rows)


def main():
    command, paths = sys.argv[1] if len(sys.argv) > 2 else "", sys.argv[2:]
    if command == "decode":
        decode(paths)
    elif command in ("copied", "google"):
        {"copied": copied, "google": google}[command](paths[0])
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
