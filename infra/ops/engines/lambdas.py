"""What sam deploy needs of MiniStack beforehand, and what it leaves out there. Run by lambdas.go, with boto3's variables.

    lambdas.py before            the bucket for code, and the secrets that functions read
    lambdas.py after             prints the API's id; MiniStack takes no routes from an OpenAPI body, so they are made here
    lambdas.py queues ORIGIN MAILBOX   holds that a batch fails in part, that what fails too often is a dead letter on
                                 every queue, and that the schedule has run the sweep
"""
import json
import re
import sys
import time
import urllib.request

import boto3
import yaml

STAGE = "latchkey"

# The keys are anybody's; the other three are those of what stands in for Stripe and for the program that sets things up.
SECRETS = {
    "code-key": "the local run keeps no secrets from its own machine",
    "seal-key": "what the local run seals it could as well leave open",
    "stripe-key": "sk_test_latchkey_stand_in",
    "stripe-webhook-secret": "whsec_the_stand_in_and_the_product_are_one_process",
    "provisioner-secret": "the program and the product are one process",
}


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
    for name, value in SECRETS.items():
        boto3.client("ssm").put_parameter(Name=f"/latchkey/{name}", Type="SecureString", Value=value)


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
    mappings = {m["EventSourceArn"].rsplit(":", 1)[1]: m for m in functions.list_event_source_mappings()["EventSourceMappings"]}
    names = ("mail", "delivery", "billing", "provision")
    if set(mappings) != {f"{STAGE}-{name}" for name in names}:
        sys.exit(f"event source mappings of {sorted(mappings)}")

    def url(name):
        return sqs.get_queue_url(QueueName=f"{STAGE}-{name}")["QueueUrl"]

    def depth(name, attribute="ApproximateNumberOfMessages"):
        return int(sqs.get_queue_attributes(QueueUrl=url(name), AttributeNames=[attribute])["Attributes"][attribute])

    def mails(who):
        request = urllib.request.Request(f"{mailbox}/_local/mail?to={who}", headers={"Accept": "application/json"})
        return len(json.load(urllib.request.urlopen(request, timeout=20)))

    def enable(name, on):
        functions.update_event_source_mapping(UUID=mappings[f"{STAGE}-{name}"]["UUID"], Enabled=on)

    def ask(who):
        request = urllib.request.Request(f"{origin}/v1/sign-in-codes", data=json.dumps({"email": who}).encode(), headers={"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=30)

    def until(what, state, want):
        end = time.monotonic() + 120
        while (now := state()) != want:
            if time.monotonic() > end:
                sys.exit(f"{what}: {now}, want {want}")
            time.sleep(0.5)

    # A batch of three for the mail worker, two of which are no jobs. It takes seconds, not the minutes between receives.
    usual = {name: str(depth(name, "VisibilityTimeout")) for name in names}
    for name in names:
        sqs.set_queue_attributes(QueueUrl=url(name), Attributes={"VisibilityTimeout": "1"})
        enable(name, False)
    time.sleep(2)
    sqs.send_message(QueueUrl=url("mail"), MessageBody="no job")
    ask("owner@solo.example")
    sqs.send_message(QueueUrl=url("mail"), MessageBody="no job either")
    enable("mail", True)
    until("mails and dead letters", lambda: (mails("owner@solo.example"), depth("mail-dead-letters")), (1, 2))
    time.sleep(3)  # time for a second mail, which must not be
    until("mails and messages left", lambda: (mails("owner@solo.example"), depth("mail")), (1, 0))
    print("a batch of three failed in part: one mail, two dead letters")

    # The other three queues have dead letters, too, and nothing that fails holds up what comes after it.
    for name in names[1:]:
        sqs.send_message(QueueUrl=url(name), MessageBody="no job")
        enable(name, True)
    until("dead letters", lambda: [depth(name + "-dead-letters") for name in names], [2, 1, 1, 1])
    ask("owner@northwind.example")
    until("a mail after dead letters", lambda: mails("owner@northwind.example"), 1)
    print("dead letters of every queue:", {name: depth(name + "-dead-letters") for name in names})
    for name in names:
        sqs.set_queue_attributes(QueueUrl=url(name), Attributes={"VisibilityTimeout": usual[name]})
        sqs.purge_queue(QueueUrl=url(name + "-dead-letters"))

    # The sweep runs every minute, and says so.
    logs = boto3.client("logs")
    group = functions.get_function_configuration(FunctionName=STAGE + "-sweep")["LoggingConfig"]["LogGroup"]
    until("the sweep's lines", lambda: any('"operation":"sweep"' in e["message"] for e in logs.filter_log_events(logGroupName=group)["events"]), True)
    print("the schedule has run the sweep")


{"before": before, "after": after, "queues": queues}[sys.argv[1]](*sys.argv[2:])
