#!/usr/bin/env python3
"""Translates template.yaml with AWS's own SAM translator and checks what CloudFormation would get.

A stack holds at most 500 resources and a template 1 MB (CloudFormation quotas); an HTTP API has at most 300 routes and
300 integrations (API Gateway quotas). No role may grant an action or a resource by wildcard, except the streams of a log
group, whose ARN CloudFormation gives with ":*", and the names in PREFIXES. Every function has a role of its own, and every role a function.

Needs aws-sam-translator, which cfn-lint brings along.
"""
import json
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

from samtranslator.translator.transform import transform  # noqa: E402
from samtranslator.yaml_helper import yaml_parse  # noqa: E402

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
# may do so for all of the deployment's, whose names begin with it, and for nothing else.
PREFIXES = {
    "ProvisionRole": {
        "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/latchkey-${Stage}-*",
        "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:latchkey-${Stage}-*",
    },
}

path = sys.argv[1] if len(sys.argv) > 1 else "template.yaml"
with open(path, encoding="utf-8") as f:
    text = f.read()
source = yaml_parse(text)
defaults = {name: p.get("Default", "placeholder") for name, p in source.get("Parameters", {}).items()}
for resource in source["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":  # as sam deploy has put it there
        resource["Properties"]["CodeUri"] = "s3://bucket/code.zip"
out = transform(source, defaults, None)

size = len(json.dumps(out))
resources = out["Resources"]
if len(resources) > 500:
    problems.append(f"{len(resources)} resources: a stack takes 500")
if size > 1_000_000:
    problems.append(f"{size} bytes: a template takes 1 MB")

functions = {k: v for k, v in resources.items() if v["Type"] == "AWS::Lambda::Function"}
roles = {k: v for k, v in resources.items() if v["Type"] == "AWS::IAM::Role"}
used = {}
for name, f in functions.items():
    role = f["Properties"]["Role"]["Fn::GetAtt"][0]
    if role in used:
        problems.append(f"{name} and {used[role]} have one role, {role}")
    used[role] = name
for name, role in roles.items():
    if name not in used and "scheduler.amazonaws.com" not in json.dumps(role["Properties"]["AssumeRolePolicyDocument"]):
        problems.append(f"no function has the role {name}")
    for policy in role["Properties"].get("Policies", []):
        for statement in statements(policy["PolicyDocument"]["Statement"]):
            for part in ("Action", "Resource"):
                for w in wildcards(statement.get(part)):
                    if part == "Resource" and w in PREFIXES.get(name, ()):
                        continue
                    problems.append(f"{name}: {part} {w}")
    for arn in role["Properties"].get("ManagedPolicyArns", []):
        problems.append(f"{name}: the managed policy {arn}, which grants more than what is used")

api = [v for v in resources.values() if v["Type"] == "AWS::ApiGatewayV2::Api"]
routes = sum(len(methods) for v in api for methods in v["Properties"]["Body"]["paths"].values())
if routes > 300:
    problems.append(f"{routes} routes: an HTTP API takes 300")

print(f"{path}: {len(functions)} functions, {routes} routes, {len(resources)} of 500 resources, {size // 1000} of 1000 KB")
for p in problems:
    print(p)
sys.exit(1 if problems else 0)
