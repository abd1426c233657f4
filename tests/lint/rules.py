#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rules of the house that a compiler does not know."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = {".cpp", ".hpp", ".py", ".sh", ".go", ".cmake"}
FORBIDDEN_NAMES = re.compile(r"(^|_)(util|utils|common|helper|helpers|manager|misc)(_|\.|$)")

# (pattern, where it does not apply, why)
CPP_RULES = [
    (re.compile(r"\basio::detached\b"), (), "every coroutine has an owner: base::Scope"),
    (re.compile(r"\bco_spawn\s*\("), ("base/",), "spawn through base::Scope"),
    (re.compile(r"\bstd::regex\b"), (), "never std::regex on input: RE2"),
    (re.compile(r"\[[^\]\[]*[&=\w][^\]\[]*\]\s*(\([^()]*\))?\s*(mutable\s*)?->\s*(base::)?Task<"), ("base/scope_test.cpp",),
     "a capturing lambda coroutine loses its captures"),
    (re.compile(r"\bstd::(mutex|shared_mutex|recursive_mutex)\b"),
     ("base/", "store/", "tests/", "docker/engines_test.cpp"), "shared state is immutable; see design 4"),
    (re.compile(r"\b(GTEST_SKIP|DISABLED_)"), (), "a test that needs a component starts it"),
    (re.compile(r"\b(sleep_for|usleep|nanosleep)\s*\(\s*(std::)?chrono|this_thread::sleep"), ("base/", "bench/"),
     "wait for the thing itself"),
]
LIMITS = {".hpp": 150, ".cpp": 400}
LIMIT_SLACK = 1.15  # budgets are "about"


def tracked():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


def problems():
    for path in tracked():
        name = str(path.relative_to(ROOT))
        if FORBIDDEN_NAMES.search(path.name):
            yield f"{name}: no file is named so; name it by the type it holds"
        if path.suffix not in SOURCE and path.name not in ("CMakeLists.txt", "dev"):
            continue
        lines = path.read_text().splitlines()
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:3]):
            yield f"{name}: no SPDX line at the top"
        if path.suffix in (".cpp", ".hpp"):
            yield from cpp_problems(path, name, lines)


def cpp_problems(path, name, lines):
    limit = LIMITS[path.suffix] * LIMIT_SLACK
    if len(lines) > limit and not path.name.endswith(("_test.cpp", "_fixture.hpp")):
        yield f"{name}: {len(lines)} lines, about {LIMITS[path.suffix]} are allowed: it has two jobs"
    for number, line in enumerate(lines, 1):
        code = line.split("//")[0]
        for pattern, exempt, why in CPP_RULES:
            if pattern.search(code) and not any(name.startswith(prefix) for prefix in exempt):
                yield f"{name}:{number}: {why}"


def main():
    found = list(problems())
    print("\n".join(found) if found else "rules: the house is in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
