#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Folders are floors: a file includes its own folder and lower floors only."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Folder -> folders of ours that it may include, besides itself. design: "The house".
ALLOWED = {
    "base": set(),
    "store": {"base"},
    "schemas": {"base"},
    "compose": {"base"},
    "docker": {"base"},
    "resources": {"base", "store", "schemas"},
    "api": {"base", "schemas", "resources"},
    "controller": {"base", "schemas", "resources"},
    "reconcilers": {"base", "schemas", "docker", "resources", "controller"},
    "cmd": {"base", "store", "schemas", "docker", "resources", "api", "controller", "reconcilers"},
    "cli": {"base"},
    "agent": {"base"},
}
# What a test may reach beyond its folder's floors: the store behind a verb, a fake engine on the wire.
TEST_ONLY = {
    "docker": {"tests"},
    "api": {"store"},
    "controller": {"store"},
    "reconcilers": {"store", "tests"},
}
# Foreign headers that only some folders may see, as (pattern, folders).
FOREIGN = [
    (re.compile(r"^boost/beast"), {"base", "api"}),
    (re.compile(r"^rocksdb/"), {"store"}),
    (re.compile(r"^yaml-cpp/"), {"base"}),
    (re.compile(r"^CLI/"), {"cmd", "cli"}),
    (re.compile(r"^spdlog/"), {"base"}),
    (re.compile(r"^prometheus/"), {"base"}),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def problems():
    for folder, allowed in ALLOWED.items():
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")):
            may = allowed | {folder}
            if path.name.endswith(("_test.cpp", "_testing.hpp", "_fixture.hpp")):
                may |= TEST_ONLY.get(folder, set())
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if not match:
                    continue
                target = match.group(2)
                where = f"{path.relative_to(ROOT)}:{number}"
                if match.group(1) == '"' and "/" not in target:
                    yield f'{where}: include "{target}" by its folder: "{folder}/{target}"'
                elif match.group(1) == '"' and target.split("/")[0] not in may:
                    yield f"{where}: {folder}/ may not include {target}"
                for pattern, folders in FOREIGN:
                    if pattern.match(target) and folder not in folders:
                        yield f"{where}: <{target}> belongs to {', '.join(sorted(folders))}"
                if target.startswith("boost/beast") and path.suffix == ".hpp" and folder == "base" \
                        and not path.name.startswith("http"):
                    yield f"{where}: Beast only in base/http*"


def main():
    found = list(problems())
    print("\n".join(found) if found else "floors: every include stays on its floor")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
