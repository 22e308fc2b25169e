// Passkeys: signing in with one, from the field's suggestions or by the button, and creating one. Without this, or in a browser that
// knows no passkeys, nothing is offered. What is asked and answered is the HTTP API's (W3C, Web Authentication Level 3); answers are
// put into JSON here, since password managers' own credentials don't all have toJSON.
import { working } from "./busy";

type Json = Record<string, unknown>;

interface Signals {
  signalUnknownCredential?(o: { rpId: string; credentialId: string }): Promise<void>;
  signalAllAcceptedCredentials?(o: { rpId: string; userId: string; allAcceptedCredentialIds: string[] }): Promise<void>;
  isConditionalMediationAvailable?(): Promise<boolean>;
}

const bytes = (text: string): ArrayBuffer =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)).buffer;
const text = (of: ArrayBuffer | null): string =>
  of ? btoa(String.fromCharCode(...new Uint8Array(of))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") : "";

// Refused is what the API says to it, for a person.
class Refused extends Error {
  constructor(readonly code: string, words: string) { super(words); }
}

async function send(path: string, body?: Json): Promise<Json> {
  const answer = await fetch(path, {
    method: "POST", credentials: "same-origin",
    headers: { "Accept-Language": document.documentElement.lang, ...(body && { "Content-Type": "application/json" }) },
    body: body && JSON.stringify(body),
  });
  const said = (await answer.json()) as Json;
  if (!answer.ok) throw new Refused(String(said.code), String(said.detail));
  return said;
}

// decoded is what the API asks, with bytes where browsers want them.
function decoded(asked: Json): Json {
  const of = asked.publicKey as Json;
  of.challenge = bytes(of.challenge as string);
  const user = of.user as Json | undefined;
  if (user) user.id = bytes(user.id as string);
  for (const c of [of.excludeCredentials ?? [], of.allowCredentials ?? []].flat() as Json[]) c.id = bytes(c.id as string);
  return of;
}

const credentials = () => PublicKeyCredential as unknown as Signals;

// answer has a passkey answer what is asked at path + "-options", and sends that to the path.
async function answer(path: string, mediation?: CredentialMediationRequirement, signal?: AbortSignal, chosen = () => {}): Promise<void> {
  const publicKey = decoded(await send(path + "-options"));
  const rpId = publicKey.rpId as string;
  const got = (await navigator.credentials.get({ publicKey: publicKey as unknown as PublicKeyCredentialRequestOptions, mediation, signal })) as PublicKeyCredential;
  chosen();
  const said = got.response as AuthenticatorAssertionResponse;
  try {
    await send(path, {
      id: got.id, rawId: text(got.rawId), type: got.type,
      response: {
        clientDataJSON: text(said.clientDataJSON), authenticatorData: text(said.authenticatorData),
        signature: text(said.signature), userHandle: text(said.userHandle),
      },
    });
  } catch (e) {
    if (e instanceof Refused && e.code === "unknown_passkey") void credentials().signalUnknownCredential?.({ rpId, credentialId: got.id });
    throw e;
  }
}

async function signIn(offer: HTMLElement, mediation: CredentialMediationRequirement | undefined, signal: AbortSignal, chosen?: () => void): Promise<void> {
  await answer("/v1/sessions/passkey", mediation, signal, chosen);
  location.assign(onward(offer));
}

// onward is where somebody goes on who has signed in, with what was typed beside the button.
function onward(offer: HTMLElement): string {
  const next = offer.dataset.next || "/";
  const typed = document.querySelector<HTMLInputElement>("input#" + (offer.dataset.keep ?? "none"));
  if (!typed?.value) return next;
  return next + (next.includes("?") ? "&" : "?") + new URLSearchParams({ [typed.name]: typed.value }).toString();
}

// stepUp proves that it is the person, and goes on with the form that asked for it.
async function stepUp(): Promise<void> {
  await answer("/v1/sessions/current/step-up-passkey");
  HTMLFormElement.prototype.submit.call(document.querySelector("#step-up")!); // by whatever names its fields go
}

async function add(): Promise<void> {
  let asked: Json;
  try {
    asked = await send("/v1/me/passkeys/options");
  } catch (e) {
    if (!(e instanceof Refused) || e.code !== "step_up_required") throw e;
    return location.assign("/step-up?to=" + encodeURIComponent("/account?done=stepped-up"));
  }
  const publicKey = decoded(asked);
  const made = (await navigator.credentials.create({ publicKey: publicKey as unknown as PublicKeyCredentialCreationOptions })) as PublicKeyCredential;
  const said = made.response as AuthenticatorAttestationResponse;
  await send("/v1/me/passkeys", {
    id: made.id, rawId: text(made.rawId), type: made.type,
    response: {
      clientDataJSON: text(said.clientDataJSON), attestationObject: text(said.attestationObject),
      transports: said.getTransports?.() ?? [],
    },
  });
  location.assign("/account?done=passkey#passkeys");
}

// again is when a suggestion that nobody has taken is asked for anew: its challenge is over after five minutes.
const again = 4 * 60_000;

// suggest has the browser suggest passkeys in the field, until one is taken or the button is pressed.
function suggest(offer: HTMLElement, tell: (e: unknown) => void): () => void {
  let run: AbortController | undefined;
  let timer = 0;
  const stop = () => { clearTimeout(timer); run?.abort(); };
  const begin = async () => {
    if (!document.querySelector("input[autocomplete~=webauthn]") || !(await credentials().isConditionalMediationAvailable?.())) return;
    stop();
    const mine = (run = new AbortController());
    timer = window.setTimeout(begin, again);
    let chosen = false;
    try {
      await signIn(offer, "conditional", mine.signal, () => { chosen = true; });
    } catch (e) {
      if (mine.signal.aborted || !chosen) return; // nobody has asked for it: what is not suggested is missed by nobody
      tell(e);
      void begin();
    }
  };
  void begin();
  return stop;
}

export function passkeys(): void {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const list = document.querySelector<HTMLElement>("[data-passkeys]");
  if (list) {
    void credentials().signalAllAcceptedCredentials?.({
      rpId: list.dataset.passkeysAt!, userId: list.dataset.passkeysOf!,
      allAcceptedCredentialIds: list.dataset.passkeys!.split(" ").filter(Boolean),
    })?.catch(() => undefined);
  }
  const offer = document.querySelector<HTMLElement>("[data-passkey]");
  const button = offer?.querySelector("button");
  const wrong = offer?.querySelector<HTMLElement>("[role=alert]");
  if (!offer || !button || !wrong) return;
  const tell = (e: unknown) => {
    const name = e instanceof DOMException ? e.name : "";
    if (name === "NotAllowedError" || name === "AbortError") return; // the person has closed it
    wrong.querySelector("span")!.textContent = e instanceof Refused ? e.message : name === "InvalidStateError" ? offer.dataset.sayThere! : offer.dataset.sayFailed!;
    wrong.hidden = false;
  };
  const signing = offer.dataset.passkey === "sign-in";
  let stop = signing ? suggest(offer, tell) : () => undefined;
  button.addEventListener("click", async () => {
    if ("working" in button.dataset) return;
    wrong.hidden = true;
    stop();
    const icon = button.innerHTML;
    const done = working(button, button.dataset.sayWorking!);
    try {
      await (signing ? signIn(offer, undefined, new AbortController().signal) : offer.dataset.passkey === "step-up" ? stepUp() : add());
    } catch (e) {
      done();
      button.innerHTML = icon;
      tell(e);
      if (signing) stop = suggest(offer, tell);
    }
  });
  offer.hidden = false;
}
