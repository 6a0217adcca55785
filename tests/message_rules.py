#!/usr/bin/env python3
"""Every message has a test: what the readers of text can say must stand in some tests/golden/**/*.expected or in the source of a test.

Looks at the string literals of the reading code that read as words; the constant parts of format strings count, each by its first 30
characters. What no test can bring about is listed in EXCEPTIONS, with the reason.

    message_rules.py             checks the tree
    message_rules.py --self-test checks that a message without a test is found
"""
import pathlib
import re
import sys

SOURCES = ["graph/text/**/*.cpp", "graph/text/**/*.h", "graph/ir/symbol_parse.cpp", "app/graph_file.cpp"]
TESTS = ["tests/golden/**/*.expected", "tests/golden/**/*.txt", "tests/**/*.cpp", "tests/**/*.py"]
SHORTEST, COMPARED = 12, 30
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
CODE = re.compile(r'("(?:[^"\\\n]|\\.)*")|\'(?:[^\'\\\n]|\\.)+\'|//[^\n]*|^#include[^\n]*', re.MULTILINE)
WORDS = re.compile(r"[a-z]{2,}[,:;.]? [a-z']")

EXCEPTIONS = {
    "the file cannot be opened": "needs a file that the user may not read; tests run as root",
    "the file cannot be read": "needs a disk that fails",
    "the file is larger than 2 GiB": "needs 2 GiB",
    "the text is larger than 2 GiB": "needs 2 GiB",
    "the folder cannot be read": "needs a folder that the user may not read",
    "the folder has more than": "needs 20,000 files or 256 MiB",
    "MiB of text: from": "needs 256 MiB",
    "on nothing was read": "needs 256 MiB",
    "files: those behind": "needs 20,000 files",
    "were not read": "needs 20,000 files",
}


def parts_of(literal):
    """The constant parts of a format string."""
    text = literal.replace("{{", "\1").replace("}}", "\2")
    text = re.sub(r"\{[^{}]*\}", "\0", text).replace("\1", "{").replace("\2", "}")
    text = re.sub(r'\\(["\'\\])', r"\1", text)
    parts = [part.strip(" '.,;:()") for part in text.split("\0")]
    return [part for part in parts if len(part) >= SHORTEST and WORDS.search(part)]


def messages(code):
    """(line, constant part) of the literals in C++ code; literals side by side are one."""
    code = CODE.sub(lambda m: m.group(1) or "", code)
    code = re.sub(r'"\s*\n\s*"', "", code)
    return [(code.count("\n", 0, m.start()) + 1, part) for m in LITERAL.finditer(code) for part in parts_of(m.group(1))]


def unescaped(text):
    """Of C++ and Python strings, and of regular expressions."""
    return re.sub(r'\\(["\'\\().])', r"\1", text)


def check(sources, tests, exceptions):
    known = "\n".join(unescaped(text) for text in tests)
    found, count = [], 0
    for name, code in sources:
        for line, part in messages(code):
            count += 1
            if part[:COMPARED] in known or any(exception in part for exception in exceptions):
                continue
            found.append(f"{name}: no test shows '{part}'")
    return found, count


def self_test():
    source = [("a.cpp", 'error(r, fmt::format("name \'{}\' is not defined here", name));  // "a comment is no message"\nwarn("short");\n')]
    assert messages(source[0][1]) == [(1, "is not defined here")], messages(source[0][1])
    assert check(source, [], {})[0] and not check(source, ["x.txt:1: name 'b' is not defined here"], {})[0]
    assert not check(source, [], {"not defined here": "why"})[0]
    return [], 1


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    if "--self-test" in sys.argv:
        found, count = self_test()
    else:
        read = lambda patterns: [(str(p.relative_to(root)), p.read_text(errors="replace")) for pattern in patterns for p in sorted(root.glob(pattern))]
        sources = read(SOURCES)
        tests = [text for name, text in read(TESTS) if not name.endswith("message_rules.py")]
        found, count = check(sources, tests, EXCEPTIONS)
        everything = "\n".join(code for _, code in sources)
        found += [f"{text}: an exception that no message has" for text in EXCEPTIONS if text not in everything]
        if count < 150:
            found.append(f"only {count} messages were found: the check is broken")
    print("\n".join(found) if found else f"{count} messages, each with a test")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
