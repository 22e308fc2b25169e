#!/usr/bin/env python3
"""Translates template.yaml and its nested stacks with AWS's own SAM translator and checks what CloudFormation would get.

    translated.py [template.yaml functions/invites/template.yaml …]

A stack holds at most 500 resources and a template 1 MB (CloudFormation quotas), a nested stack's resources and those of the
stack around it come to at most 2,500 at once; an HTTP API has at most 300 routes and 300 integrations (API Gateway quotas).
What is allowed here is less, so that it is known long before AWS refuses; what the finished product will need is counted by
planned.py, and held to the same.

No role may grant an action or a resource by wildcard, except the streams of a log group, whose ARN CloudFormation gives with
":*", and the names in PREFIXES. Every function has a role of its own, and every role a function, but for the API's.

What sam build writes is looked at where there is any: what is in .aws-sam, and, where the SAM CLI can be found, what it makes of
the templates now, without building functions.

Needs aws-sam-translator, which cfn-lint brings along.
"""
import glob
import json
import logging
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import NamedTuple

import aliases
import planned

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns that it has told nobody of its use

problems = []


def listed(value):
    return value if isinstance(value, list) else [value]


def wildcards(value):
    """Gives every string with a wildcard in it, however deep it stands."""
    if isinstance(value, str):
        if "*" in value or "?" in value:
            yield value
    elif isinstance(value, dict):
        for v in value.values():
            yield from wildcards(v)
    elif isinstance(value, list):
        for v in value:
            yield from wildcards(v)


def statements(value):
    """Gives the statements of a policy, those too that a condition puts there."""
    for v in listed(value):
        if "Fn::If" in v:
            yield from statements([branch for branch in v["Fn::If"][1:] if "Ref" not in branch])
        else:
            yield v


# Stacks that are made for clients have names of their own, and so have the secrets that they make: who takes care of them
# may do so for all of the deployment's, whose names begin with it, and for nothing else. The API may invoke every function of
# its stage. A stage's name has no hyphen, so none of these patterns fits another stage's names.
#
# The one exception is identity/*: an identity's ARN at SES is the domain's name, which an agency chooses, so that there is nothing
# narrower to name. What is made, changed or deleted has the stage's tag by a condition, and the role that does it never sends; the
# one that sends makes and deletes nothing, and SES takes no condition on tags for sending.
IDENTITIES = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*"
PREFIXES = {
    "SendMailRole": {IDENTITIES},
    "SenderControlRole": {IDENTITIES, "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:tenant/${Stage}-*"},
    "ProvisionRole": {
        "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/latchkey-${Stage}-*",
        "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:latchkey-${Stage}-*",
    },
    "ApiRole": {"arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${Stage}-*"},
}
# Who else than a function may be what a role is for.
SERVICES = ("scheduler.amazonaws.com", "apigateway.amazonaws.com")

# Ours, which are less than AWS's. AWS raises the number of an HTTP API's routes when it is asked, and never that of its
# integrations (API Gateway Developer Guide, "Quotas for configuring and running an HTTP API": both 300). Of the finished product's
# integrations two thirds are built, and for those planned.py's rule gave a seventh more than there came to be, so ten are room enough.
MOST_RESOURCES, MOST_IN_ALL, MOST_INTEGRATIONS = 200, 2000, 290
ROUTES = 300


def translated(path):
    """Gives a template as CloudFormation would get it."""
    with open(path, encoding="utf-8") as f:
        source = yaml_parse(f.read())
    defaults = {name: p.get("Default", "placeholder") for name, p in source.get("Parameters", {}).items()}
    for resource in source["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":  # as sam deploy has put it there
            resource["Properties"]["CodeUri"] = "s3://bucket/code.zip"
    return transform(source, defaults, None)


def check(path):
    """Checks a template, prints what it comes to and gives its resources, routes and integrations."""

    def wrong(what):
        problems.append(f"{path}: {what}")

    for line in aliases.merge_keys(path):
        wrong(f"line {line}: a merge key")
    out = translated(path)
    size = len(json.dumps(out))
    resources = out["Resources"]
    if len(resources) > MOST_RESOURCES:
        wrong(f"{len(resources)} resources: at most {MOST_RESOURCES} here, and a stack takes 500; make another area")
    if size > 1_000_000:
        wrong(f"{size} bytes: a template takes 1 MB")

    functions = {k: v for k, v in resources.items() if v["Type"] == "AWS::Lambda::Function"}
    roles = {k: v for k, v in resources.items() if v["Type"] == "AWS::IAM::Role"}
    used = {}
    for name, f in functions.items():
        role = f["Properties"]["Role"]["Fn::GetAtt"][0]
        if role in used:
            wrong(f"{name} and {used[role]} have one role, {role}")
        used[role] = name
    for name, role in roles.items():
        trust = json.dumps(role["Properties"]["AssumeRolePolicyDocument"])
        if name not in used and not any(service in trust for service in SERVICES):
            wrong(f"no function has the role {name}")
        for policy in role["Properties"].get("Policies", []):
            for statement in statements(policy["PolicyDocument"]["Statement"]):
                for part in ("Action", "Resource"):
                    for w in wildcards(statement.get(part)):
                        if part == "Resource" and w in PREFIXES.get(name, ()):
                            continue
                        wrong(f"{name}: {part} {w}")
        for arn in role["Properties"].get("ManagedPolicyArns", []):
            wrong(f"{name}: the managed policy {arn}, which grants more than what is used")

    operations = [
        operation
        for v in resources.values() if v["Type"] == "AWS::ApiGatewayV2::Api"
        for methods in v["Properties"]["Body"]["paths"].values()
        for operation in methods.values()
    ]
    integrations = sum("x-amazon-apigateway-integration" in o for o in operations)
    if max(len(operations), integrations) > MOST_INTEGRATIONS:
        wrong(f"{len(operations)} routes and {integrations} integrations: at most {MOST_INTEGRATIONS} here, and an HTTP API takes 300")
    if any(v["Type"] == "AWS::Lambda::Permission" for v in resources.values()):
        wrong("a Lambda permission: the API invokes functions as ApiRole")
    print(f"{path}: {len(functions)} functions, {len(operations)} routes, {integrations} integrations, "
          f"{len(resources)} of 500 resources, {size // 1000} of 1000 KB")
    return Count(path, list(functions), len(resources), len(operations), integrations)


class Count(NamedTuple):
    """What a template comes to."""

    path: str
    functions: list  # logical ids
    resources: int
    routes: int
    integrations: int


def finish(counts):
    """Counts what the finished product comes to, and holds that to the same limits."""
    after = planned.finished([f for c in counts for f in c.functions])
    routes, integrations = (sum(n) + after.paths for n in ([c.routes for c in counts], [c.integrations for c in counts]))
    # A function and its role, in the stack of its area; a new area is a stack of the root's.
    resources = {c.path: c.resources for c in counts}
    for area, functions in after.functions.items():
        path = f"functions/{area}/template.yaml"
        if path not in resources:
            resources["template.yaml"] += 1
        resources[path] = resources.get(path, 0) + 2 * functions
    largest, total = max(resources, key=resources.get), sum(resources.values())
    print(f"finished, by planned.txt: {after.operations} operations to come with {after.paths - after.pages} paths and {after.pages} "
          f"pages (for what is built the rule gives {after.held[0]} paths, and it has {after.held[1]})")
    print(f"finished: {routes} routes, {integrations} integrations, {total} resources in {len(resources)} templates, "
          f"most in {largest}: {resources[largest]}")
    print(f"finished: the operator asks AWS for more routes from {ROUTES + 1} on, "
          f"{'as it will have to' if routes > ROUTES else 'which is not reached'}; a route here has an integration "
          f"of its own, of which AWS gives {ROUTES} and no more")
    if integrations > MOST_INTEGRATIONS:
        problems.append(f"the finished product has {integrations} integrations: at most {MOST_INTEGRATIONS} here, "
                        "and an HTTP API takes 300")
    if resources[largest] > MOST_RESOURCES:
        problems.append(f"the finished {largest} has {resources[largest]} resources: at most {MOST_RESOURCES} here; make another area")
    if total > MOST_IN_ALL:
        problems.append(f"the finished product has {total} resources: at most {MOST_IN_ALL} here")


def built():
    """Looks at what sam build has written, or writes without building anything."""
    folders = [os.path.dirname(file) for file in sorted(glob.glob(".aws-sam/*/template.yaml"))]
    sam = shutil.which("sam") or shutil.which(os.path.abspath(".engines/sam/venv/bin/sam"))
    with tempfile.TemporaryDirectory() as temporary:
        if sam:
            for path in ["template.yaml", *glob.glob("functions/*/template.yaml"), *glob.glob("infra/ops/*.yaml")]:
                copy, text = pathlib.Path(temporary, path), pathlib.Path(path).read_text(encoding="utf-8")
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(text.replace("BuildMethod: go1.x", "SkipBuild: true"), encoding="utf-8")
            done = subprocess.run([sam, "build"], cwd=temporary, capture_output=True, text=True, check=False,
                                  env={**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"})
            if done.returncode:
                problems.append(f"sam build: {done.stderr[-2000:]}")
                return
            folders.append(os.path.join(temporary, ".aws-sam", "build"))
        for folder in folders:
            files, wrong = aliases.left(folder)
            problems.extend(wrong)
            print(f"sam build: {len(files)} templates in {'a folder of their own, made now' if folder.startswith(temporary) else folder}, "
                  f"{len(wrong) or 'no'} anchors and aliases left")
        if not folders:
            print("sam build: nothing is in .aws-sam, and there is no SAM CLI; make sam-check installs it")


paths = sys.argv[1:] or ["template.yaml", *sorted(glob.glob("functions/*/template.yaml"))]
counts = [check(path) for path in paths]
total = sum(c.resources for c in counts)
if total > MOST_IN_ALL:
    problems.append(f"{total} resources in all: at most {MOST_IN_ALL} here, and an operation on nested stacks takes 2500")
print(f"{len(paths)} templates: {sum(len(c.functions) for c in counts)} functions, {total} resources")
if not sys.argv[1:]:
    finish(counts)
    built()
for p in problems:
    print(p)
sys.exit(1 if problems else 0)
