#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Folders are floors: a file includes its own folder and lower floors only. Inside a floor, rooms know lower rooms."""
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
    "resources": {"base", "store", "schemas", "compose"},
    "api": {"base", "schemas", "resources"},
    "controller": {"base", "schemas", "resources"},
    "reconcilers": {"base", "schemas", "compose", "docker", "resources", "controller"},
    "cmd": {"base", "store", "schemas", "docker", "resources", "api", "controller", "reconcilers"},
    "cli": {"base", "compose"},  # a compose file names the files beside it: only who reads it knows what to send
    "agent": {"base"},
}
# Floor -> room -> rooms of the floor that it may include, besides itself, lowest first: a room names only rooms above it
# in this table, so there is no circle. "" is the floor's own files.
ROOMS = {
    "schemas": {"typegen": set(), "": set()},
    "resources": {
        "object": set(),
        "request": {"object"},
        "apply": {"object", "request"},
        "rights": {"object", "request"},
        "audit": {"object", "request"},
        "": {"object", "request", "apply", "rights", "audit"},
    },
    "reconcilers": {
        "pass": set(),
        "host": {"pass"},
        "registry": {"pass"},
        "plan": {"pass"},
        "container": {"pass", "host", "registry", "plan"},
        "object": {"pass", "host", "plan"},
        "stack": {"pass", "host", "plan", "object"},
        "": {"pass", "host", "registry", "plan", "container", "object", "stack"},
    },
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
    (re.compile(r"^libssh2"), {"docker"}),
    (re.compile(r"^yaml-cpp/"), {"base"}),
    (re.compile(r"^CLI/"), {"cmd", "cli"}),
    (re.compile(r"^spdlog/"), {"base"}),
    (re.compile(r"^prometheus/"), {"base"}),
]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def is_test(path):
    return path.name.endswith(("_test.cpp", "_testing.hpp", "_fixture.hpp"))


def room_of(parts):
    return parts[1] if len(parts) > 2 else ""


def table_problems():
    for floor, rooms in ROOMS.items():
        lower = set()
        for room, may in rooms.items():
            if may - lower:
                yield f"ROOMS: {floor}/{room} may include only rooms before it, not {', '.join(sorted(may - lower))}"
            lower.add(room)


def room_problem(path, target):
    """Why this file may not include that file of its own floor, or nothing. A test may: its fixture is the floor's."""
    here = path.relative_to(ROOT).parts
    rooms = ROOMS.get(here[0], {"": set()})
    room, other = room_of(here), room_of(target.split("/"))
    if room not in rooms:
        return f"{here[0]}/{room}/ is no room yet: name it in tests/lint/floors.py"
    if other != room and other not in rooms[room] and not is_test(path):
        return f"{here[0]}/{room or '*'} may not include {target}"
    return None


def problems():
    yield from table_problems()
    for folder, allowed in ALLOWED.items():
        for path in sorted((ROOT / folder).rglob("*.[ch]pp")):
            may = allowed | {folder}
            if is_test(path):
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
                elif match.group(1) == '"' and target.startswith(folder + "/"):
                    if problem := room_problem(path, target):
                        yield f"{where}: {problem}"
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
