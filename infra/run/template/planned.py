"""Counts what the finished product will need, from the list of its operations in planned.txt.

A path has one function, one route and one integration. What lists and what makes share a path, and so do what gets, changes
and takes away; any other operation has a path of its own. Each path of what lists or gets has a page beside it, which is a path
again, unless planned.txt says otherwise. For the operations that are built the rule gives a little more than there is, see
Finished.held, so that it errs on the safe side.
"""
import json
import os
import re
from dataclasses import dataclass

LIST = os.path.join(os.path.dirname(__file__), "planned.txt")
DOCUMENT = os.path.join(os.path.dirname(__file__), "../../../shared/frontend/web/openapi.json")

# The verbs of the methods that a path of several things has, and of those that a path of one thing has.
MAKES = ("list", "create", "add", "connect", "link", "send")
CHANGES = ("get", "update", "set", "delete", "remove", "archive", "revoke", "disconnect", "release", "unlink", "end")
SHOWS = ("list", "get")


def parted(operation):
    """Gives an operation's verb and noun: listClients is list and Clients."""
    verb = re.match("[a-z]+", operation)[0]
    return verb, operation[len(verb):]


def path(operation):
    """Gives a name for the operation's path, the same for operations that share one."""
    verb, noun = parted(operation)
    if verb in MAKES:
        one = noun[:-3] + "y" if noun.endswith("ies") else noun[:-1] if re.search("[^s]s$", noun) else noun
        return "several " + one
    if verb in CHANGES:
        return "one " + noun
    return operation


@dataclass
class Finished:
    """What the finished product comes to."""

    functions: dict  # new ones by area
    operations: int
    pages: int
    held: tuple  # the paths by the rule of the operations that are built, and the paths that they have

    @property
    def paths(self):
        return sum(self.functions.values())


def finished(logical_ids):
    """Counts what is to come besides the functions with these logical ids."""
    with open(DOCUMENT, encoding="utf-8") as f:
        document = json.load(f)
    built = {o["operationId"]: p for p, methods in document["paths"].items() for o in methods.values()}
    known = set(built) | {i[0].lower() + i[1:] for i in logical_ids}
    there = {path(o) for o in known}
    functions, seen, operations, pages = {}, set(), 0, 0
    with open(LIST, encoding="utf-8") as f:
        lines = [line.strip() for line in f if line.strip() and not line.startswith("#")]
    for line in lines:
        area, _, names = line.partition(": ")
        for name in names.split():
            operation = name.lstrip("+-")
            if operation in seen:
                raise SystemExit(f"{LIST}: {operation} stands there twice")
            seen.add(operation)
            if operation in known:
                continue
            operations += 1
            if path(operation) not in there:
                there.add(path(operation))
                functions[area] = functions.get(area, 0) + 1
            if name[0] == "+" or parted(operation)[0] in SHOWS and name[0] != "-":
                pages += 1
                functions[area] = functions.get(area, 0) + 1
    return Finished(functions, operations, pages, (len({path(o) for o in built}), len(document["paths"])))
