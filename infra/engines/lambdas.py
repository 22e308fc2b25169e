"""What sam deploy needs of MiniStack beforehand, and what it leaves out there. Run by lambdas.go, with boto3's variables.

    lambdas.py before            the bucket for code, and the secrets that functions read
    lambdas.py after             prints the API's id; MiniStack takes no routes from an OpenAPI body, so they are made here
    lambdas.py queues MAILBOX    holds that a batch fails in part, and that what fails five times is a dead letter
"""
import json
import re
import sys
import time
import urllib.request

import boto3
import yaml

STAGE = "latchkey"


class Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as what stands behind them."""


def short(loader, _, node):
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node)
    return loader.construct_mapping(node)


Loader.add_multi_constructor("!", short)


def before():
    boto3.client("s3").create_bucket(Bucket=STAGE + "-code")
    for name in ("code-key", "seal-key"):
        boto3.client("ssm").put_parameter(Name=f"/latchkey/{name}", Type="SecureString", Value="the local run keeps no secrets from its own machine")


def after():
    api = boto3.client("apigatewayv2")
    which = api.get_apis()["Items"][0]["ApiId"]
    if api.get_routes(ApiId=which)["Items"]:
        print(which)
        return
    with open("template.yaml", encoding="utf-8") as f:
        resources = yaml.load(f, Loader=Loader)["Resources"]  # noqa: S506: a safe loader
    for name, resource in resources.items():
        for event in (resource["Properties"].get("Events") or {}).values() if resource["Type"] == "AWS::Serverless::Function" else ():
            if event["Type"] != "HttpApi":
                continue
            p = event["Properties"]
            function = STAGE + "-" + re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower()
            integration = api.create_integration(
                ApiId=which, IntegrationType="AWS_PROXY", PayloadFormatVersion="2.0",
                IntegrationUri=f"arn:aws:lambda:us-east-1:000000000000:function:{function}")
            api.create_route(
                ApiId=which, Target="integrations/" + integration["IntegrationId"],
                RouteKey=f"{p['Method']} {p['Path']}" if "Path" in p else "$default")
    print(which)


def queues(origin, mailbox):
    sqs, functions = boto3.client("sqs"), boto3.client("lambda")
    queue = sqs.get_queue_url(QueueName=STAGE + "-mail")["QueueUrl"]
    dead = sqs.get_queue_url(QueueName=STAGE + "-mail-dead-letters")["QueueUrl"]
    who = "owner@solo.example"

    def depth(url):
        return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]["ApproximateNumberOfMessages"])

    def mails():
        request = urllib.request.Request(f"{mailbox}/_local/mail?to={who}", headers={"Accept": "application/json"})
        return len(json.load(urllib.request.urlopen(request, timeout=20)))

    mapping = next(m["UUID"] for m in functions.list_event_source_mappings()["EventSourceMappings"] if m["EventSourceArn"].endswith(STAGE + "-mail"))
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})  # five receives in seconds
    functions.update_event_source_mapping(UUID=mapping, Enabled=False)
    time.sleep(2)
    sqs.send_message(QueueUrl=queue, MessageBody="no job")
    request = urllib.request.Request(f"{origin}/v1/sign-in-codes", data=json.dumps({"email": who}).encode(), headers={"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=30)
    sqs.send_message(QueueUrl=queue, MessageBody="no job either")
    functions.update_event_source_mapping(UUID=mapping, Enabled=True)
    end = time.monotonic() + 90
    while (mails(), depth(dead)) != (1, 2):
        if time.monotonic() > end:
            sys.exit(f"{mails()} mails and {depth(dead)} dead letters, want 1 and 2")
        time.sleep(0.5)
    time.sleep(3)  # time for a second mail, which must not be
    if (mails(), depth(queue)) != (1, 0):
        sys.exit(f"{mails()} mails, and {depth(queue)} messages are left")
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "60"})
    print("a batch of three failed in part: one mail, two dead letters")


{"before": before, "after": after, "queues": queues}[sys.argv[1]](*sys.argv[2:])
