#!/usr/bin/env python3
"""Reads reports that fxloom wrote (--report) and says in words what is in them.

    report_summary.py REWRITE.json              what was taken, what it copied before and after, whether the results are the same
    report_summary.py REWRITE.json BENCH.json    what scripts/demo.sh ends with
"""
import json
import sys

KINDS = {"update": "by functional updates", "copy_": "by copy_ into the inputs", "clone": "by clones (repeated heads and the like)"}


def load(path):
    with open(path) as file:
        return json.load(file)


def size(count):
    if count is None:
        return "unknown"
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:,.0f} bytes" if unit == "bytes" else f"{count:,.1f} {unit}"
        count /= 1024


def chains(report):
    taken = [chain for rewrite in report["rewrites"] for chain in rewrite["taken"]]
    refused = [update for rewrite in report["rewrites"] for update in rewrite["refused"]]
    return taken, refused


def results(verify):
    if verify["status"] != "same":
        return f"results: {verify['status']}"
    equal = "bit-identical" if verify["bit_identical"] else f"within {verify['max_abs']:g}"
    return (f"same results: yes ({equal}; outputs compared: {len(verify['outputs'])}, mutated inputs: {len(verify['mutated_inputs'])}, "
            f"bindings of the symbols: {len(verify['bindings'])}; aliasing {verify['aliasing']})")


def print_rewrite(report):
    taken, refused = chains(report)
    graph = report["graph"]
    print(f"{len(taken)} chains taken, {len(refused)} updates and copies left; {graph['nodes']} nodes before, {graph['nodes_after']} after")
    for chain in taken[:2]:
        print(f"  {chain['node']} is now {chain['writes']} itself: {chain['updates']} updates in one write, {len(chain['removed'])} nodes gone")
    if len(taken) > 2:
        print(f"  ... and {len(taken) - 2} more")
    for rule in dict.fromkeys(update["rule"] for update in refused):
        first, *rest = [update for update in refused if update["rule"] == rule]
        print(f"  {first['node']} refused, {rule}: {first['because']}" + (f"; {len(rest)} more by this rule" if rest else ""))
    symbols = ", ".join(f"{name} = {value}" for name, value in report["symbols"].items())
    print(f"copied bytes of one run ({symbols}):")
    for kind, words in KINDS.items():
        print(f"  {size(graph['copied_bytes'][kind]):>12} -> {size(graph['copied_bytes_after'][kind]):>12}   {words}")
    print(results(report["verify"]))


def print_demo(rewrite, bench):
    taken, refused = chains(rewrite)
    graph, time = rewrite["graph"], bench["time"]
    copied = ", ".join(f"{kind} {size(graph['copied_bytes'][kind])} -> {size(graph['copied_bytes_after'][kind])}" for kind in KINDS)
    low, high = time["ci95"]
    symbols = ", ".join(f"{name} = {value}" for name, value in bench["symbols"].items())
    print(f"chains taken   {len(taken)}, {len(refused)} left")
    print(f"copied bytes   {copied}")
    print(results(rewrite["verify"]).replace("same results: ", "same results   "))
    print(f"decode step    {time['before']['median'] / 1000:.2f} ms -> {time['after']['median'] / 1000:.2f} ms at {symbols}: "
          f"{time['speedup']:.2f} times faster [95 %: {low:.2f}, {high:.2f}]")


def main():
    arguments = sys.argv[1:]
    if len(arguments) == 2:
        print_demo(*map(load, arguments))
    elif len(arguments) == 1:
        print_rewrite(load(arguments[0]))
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
