"""Walks the main job with the client that a generator has made: an agency's owner makes a key, a program invites a client with
it, and the client accepts and reads its portal. It uses the generated types alone, but for the mailbox."""

import re
import sys
import time

import httpx
from latchkey_client import AuthenticatedClient, Client
from latchkey_client.api.api_keys import create_api_key
from latchkey_client.api.instances_and_services import list_instances
from latchkey_client.api.invitations import accept_invitation, view_invitation
from latchkey_client.api.invite_a_client import get_invite, send_invite
from latchkey_client.api.portal import get_portal
from latchkey_client.api.signing_in import request_sign_in_code, sign_in
from latchkey_client.models import (
    AcceptInputBody,
    CreateKeyInputBody,
    DraftBody,
    GrantBody,
    Problem,
    RequestCodeInputBody,
    SignInInputBody,
)

origin, guest = sys.argv[1:]


def mailed(to: str, pattern: str) -> str:
    """Waits for the newest mail to an address that holds the pattern, and returns what it finds."""
    for _ in range(200):
        mails = httpx.get(f"{origin}/_local/mail", params={"to": to}, headers={"Accept": "application/json"}).json()
        for mail in mails:
            if found := re.search(pattern, mail["text"]):
                return found.group(1)
        time.sleep(0.1)
    raise SystemExit(f"no mail to {to} holds {pattern}")


def signed_in(who: str) -> Client:
    """Signs a person in with a mailed code. Cookies are kept by hand: httpx keeps none that are for https alone."""
    cookies: dict[str, str] = {}
    client = Client(base_url=origin)
    asked = request_sign_in_code.sync_detailed(client=client, body=RequestCodeInputBody(email=who))
    assert asked.status_code == 202, asked
    keep(cookies, asked.headers)
    client = client.with_headers({"Cookie": "; ".join(f"{n}={v}" for n, v in cookies.items())})
    session = sign_in.sync_detailed(client=client, body=SignInInputBody(email=who, code=mailed(who, r"\b(\d{6})\b")))
    assert session.status_code == 201, session
    assert session.parsed.email == who, session
    keep(cookies, session.headers)
    return Client(base_url=origin, headers={"Cookie": "; ".join(f"{n}={v}" for n, v in cookies.items())})


def keep(cookies: dict[str, str], headers) -> None:
    for line in httpx.Headers(headers).get_list("set-cookie"):
        name, value = line.split(";")[0].split("=", 1)
        cookies[name] = value


office = signed_in("owner@northwind.example")
key = create_api_key.sync(
    client=office,
    body=CreateKeyInputBody(name="Python client", scopes=["invites:read", "invites:write", "clients:read", "resources:read"]),
)
assert key.last_used_at is None and key.created_at.tzinfo is not None, key
program = AuthenticatedClient(base_url=origin, token=key.secret)
instances = list_instances.sync(client=program, linkable=True)
assert instances.items, instances
draft = DraftBody(email=guest, name="Py & Co", grants=[GrantBody(resource=instances.items[0].id, access="read")], message="Here you are.")
sent = send_invite.sync_detailed(client=program, body=draft, prefer="wait=10", idempotency_key="python-" + guest)
assert sent.status_code == 201, sent
invite = sent.parsed
assert invite.order is None and invite.payment is None and invite.name == "Py & Co" and len(invite.grants) == 1, invite
refused = send_invite.sync(client=program, body=DraftBody(email="nonsense"))
assert isinstance(refused, Problem) and refused.code == "invalid", refused
link = mailed(guest, r"/i/(lki_[0-9A-Za-z]+)")
client = signed_in(guest)
shown = view_invitation.sync(link, client=client)
assert shown.contract is None and shown.email == guest, shown
taken = accept_invitation.sync(link, client=client, body=AcceptInputBody(offer=shown.offer))
assert not isinstance(taken, Problem), taken
portal = get_portal.sync(client=client)
assert portal.agency is not None and len(portal.instances) == 1, portal
kept = get_invite.sync(invite.id, client=program)
assert kept.status == "accepted" and kept.created_at == invite.created_at, kept
print("portal of", portal.agency.name, "with", portal.instances[0].name)
