"""What sam deploy needs of MiniStack beforehand, and what it leaves out there. Run by lambdas.go, with boto3's variables.

    lambdas.py before TEMPLATE MAIL    the bucket for code, the secrets that functions read, and the areas in CloudFormation's own
                                 terms: MiniStack expands SAM in root templates alone. Functions find SES at MAIL
    lambdas.py after TEMPLATE    prints the API's id; MiniStack takes no routes from an OpenAPI body, so they are made here
    lambdas.py queues ORIGIN MAILBOX   holds that a batch fails in part, that what fails too often is a dead letter on
                                 every queue, and that the schedule has run the sweep

TEMPLATE is the root template that sam build has written.
"""
import json
import os
import re
import sys
import time
import urllib.request
from types import SimpleNamespace

import boto3
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

STAGE = "latchkey"

# The keys are anybody's; the other three are those of what stands in for Stripe and for the program that sets things up.
SECRETS = {
    "code-key": "the local run keeps no secrets from its own machine",
    "seal-key": "what the local run seals it could as well leave open",
    "stripe-key": "sk_test_latchkey_stand_in",
    "stripe-webhook-secret": "whsec_the_stand_in_and_the_product_are_one_process",
    "provisioner-secret": "the program and the product are one process",
}


def read(path):
    with open(path, encoding="utf-8") as f:
        return yaml_parse(f.read())


def before(built, mail):
    boto3.client("s3").create_bucket(Bucket=STAGE + "-code")
    for name, value in SECRETS.items():
        boto3.client("ssm").put_parameter(Name=f"/latchkey/{name}", Type="SecureString", Value=value)
    for resource in read(built)["Resources"].values():
        if resource["Type"] == "AWS::CloudFormation::Stack":
            translate(os.path.join(os.path.dirname(built), resource["Properties"]["TemplateURL"]), mail)


def translate(path, mail):
    """Writes an area anew as AWS's translator would have it, with the folders of its functions for sam deploy to pack."""
    source = read(path)
    folders = {}
    for name, resource in source["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            folders[name] = resource["Properties"]["CodeUri"]
            resource["Properties"]["CodeUri"] = "s3://bucket/key"  # the translator takes no folder
    out = transform(source, {}, SimpleNamespace(load=lambda: {}))
    out.pop("Transform", None)
    for name, folder in folders.items():
        function = out["Resources"][name]["Properties"]
        function["Code"] = folder
        function["Environment"]["Variables"]["AWS_ENDPOINT_URL_SESV2"] = mail
    with open(path, "w", encoding="utf-8") as f:
        json.dump(out, f)


def after(built):
    api = boto3.client("apigatewayv2")
    which = api.get_apis()["Items"][0]["ApiId"]
    if api.get_routes(ApiId=which)["Items"]:
        sys.exit("MiniStack takes routes from an OpenAPI body now: they need not be made here any more")
    for path, methods in read(built)["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"].items():
        for method, operation in methods.items():
            method = {"x-amazon-apigateway-any-method": "any"}.get(method, method).upper()
            uri = json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
            function = re.search(r"\$\{F\}-([a-z0-9-]+)/invocations", uri)[1]
            integration = api.create_integration(
                ApiId=which, IntegrationType="AWS_PROXY", PayloadFormatVersion="2.0",
                IntegrationUri=f"arn:aws:lambda:us-east-1:000000000000:function:{STAGE}-{function}")
            api.create_route(
                ApiId=which, Target="integrations/" + integration["IntegrationId"],
                RouteKey=path if path == "$default" else f"{method} {path}")
    print(which)


def queues(origin, mailbox):
    sqs, functions = boto3.client("sqs"), boto3.client("lambda")
    mappings = {m["EventSourceArn"].rsplit(":", 1)[1]: m for m in functions.list_event_source_mappings()["EventSourceMappings"]}
    names = ("mail", "delivery", "billing", "provision", "relay", "senders", "identities", "webhooks")
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
        end = time.monotonic() + 300  # the queue of identities takes fifty receives
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

    # The other queues have dead letters, too, and nothing that fails holds up what comes after it.
    for name in names[1:]:
        sqs.send_message(QueueUrl=url(name), MessageBody="no job")
        enable(name, True)
    until("dead letters", lambda: [depth(name + "-dead-letters") for name in names], [2] + [1] * (len(names) - 1))
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
