#!/usr/bin/env python3
"""Looks at how templates are written, as YAML.

    aliases.py folder …     fails when a template.yaml in what sam build has written has an anchor or an alias left in it

CloudFormation takes neither. Our own templates have aliases, which sam build and sam deploy write out, and no merge keys (<<),
which cfn-lint refuses (W1100) and infra/run/template does not read.
"""
import glob
import os
import sys

import yaml


def merge_keys(file):
    """Gives the lines of a file in which a merge key stands."""
    with open(file, encoding="utf-8") as f:
        for e in yaml.parse(f, Loader=yaml.SafeLoader):
            if isinstance(e, yaml.ScalarEvent) and e.value == "<<" and e.style is None:
                yield e.start_mark.line + 1


def left(folder):
    """Gives the templates in a folder that sam build has written, and what is wrong with them."""
    files = sorted(glob.glob(os.path.join(folder, "**", "template.yaml"), recursive=True))
    problems = []
    for file in files:
        with open(file, encoding="utf-8") as f:
            problems += [
                f"{file}:{e.start_mark.line + 1}: {'an alias' if isinstance(e, yaml.AliasEvent) else 'an anchor'} is left by sam build"
                for e in yaml.parse(f, Loader=yaml.SafeLoader) if getattr(e, "anchor", None)
            ]
    return files, problems


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        files, problems = left(folder)
        if not files:
            problems = [f"{folder}: sam build has written no template there"]
        print("\n".join(problems) or f"{folder}: {len(files)} templates without an anchor or an alias")
        if problems:
            sys.exit(1)
