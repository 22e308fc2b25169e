// Sends an invite without leaving the page, and shows what comes of it in place.
import { working } from "./busy";
import { glimpse } from "./glimpse";
import { reload } from "./list";

interface Problem { code?: string; detail?: string; existing?: string; errors?: { location: string; message: string }[] }
interface Invite { clientId: string; status: string; email: string }

const fields = ["email", "name", "message", "payer", "grants", "order", "sendAt", "timeZone", "language"];

export function invite(): void {
  const form = document.querySelector<HTMLFormElement>("#invite-form");
  if (!form) return;
  const email = form.querySelector<HTMLInputElement>("#email")!;
  const name = form.querySelector<HTMLInputElement>("#name")!;
  const button = form.querySelector<HTMLButtonElement>("[data-send]")!;
  const status = form.querySelector<HTMLElement>("[data-status]")!;
  let key = form.dataset.key || crypto.randomUUID();
  let sent = "";

  // "Acme Ltd <ops@acme.example>" fills both fields, from an address book or typed.
  const both = (text = "") => {
    const m = text.trim().match(/^"?([^"<]*?)"?\s*<\s*([^<>\s]+@[^<>\s]+)\s*>$/);
    if (!m) return false;
    email.value = m[2]!;
    if (m[1] && !name.value) name.value = m[1];
    return true;
  };
  email.addEventListener("paste", (e) => {
    if (both(e.clipboardData?.getData("text"))) e.preventDefault();
  });
  email.addEventListener("change", () => {
    both(email.value);
  });

  // Zones are suggested once one is typed: they would weigh more than the rest of the form.
  form.querySelector("#timeZone")?.addEventListener("focus", () => {
    form.querySelector("#zones")!.append(...Intl.supportedValuesOf("timeZone").map((z) => new Option("", z)));
  }, { once: true });

  glimpse(form);
  form.addEventListener("submit", async (e) => {
    const by = e.submitter as HTMLButtonElement | null;
    if (by?.value === "preview" || by?.name === "meant") return; // the preview: a page of its own; and what was asked is answered
    e.preventDefault();
    if ("working" in button.dataset) return;
    clear(form);
    both(email.value); // typed before the script was there
    const body = JSON.stringify(read(form));
    if (sent && sent !== body) key = crypto.randomUUID(); // another invite than the one that was asked for before
    sent = body;
    const say = form.dataset;
    const done = working(button, say.saySending!);
    status.textContent = say.saySendingNow!;
    const slow = setTimeout(() => { status.textContent = button.textContent = say.sayStill!; }, 10_000);
    try {
      if (await mistyped(email.value)) return form.submit(); // the page asks, with all that was typed
      const made = await send(form, body, key);
      done();
      status.textContent = "";
      key = crypto.randomUUID();
      await out(form, made);
    } catch (err) {
      done();
      const p = err as Problem;
      if (p.code) key = crypto.randomUUID(); // it was answered; the next press is a new request
      tell(form, p.detail ? p : { detail: say.sayLost! });
      status.textContent = "";
    } finally {
      clearTimeout(slow);
    }
  });
}

// mistyped tells whether the address looks like a typing error, which is asked about before anything is sent.
async function mistyped(email: string): Promise<boolean> {
  try {
    const answer = await fetch("/v1/invites/preview", { method: "POST", body: JSON.stringify({ email: email.trim() }), headers: { "Content-Type": "application/json" } });
    return answer.ok && (await answer.json()).warnings.length > 0;
  } catch {
    return false; // sending it tells what is wrong
  }
}

// out says that the invite is sent: where the dialog was opened from, with the client in the list behind it.
async function out(form: HTMLFormElement, made: Invite): Promise<void> {
  const at = `/clients/${encodeURIComponent(made.clientId)}`;
  const place = document.querySelector<HTMLElement>("[data-note]");
  if (made.status === "sending" || made.status === "scheduled" || !place || !document.getElementById("list")) return location.assign(at);
  form.closest("dialog")!.close(); // the focus goes back to what opened it
  form.reset();
  form.querySelector<HTMLElement>('[role="tab"]')?.click();
  if (location.search) history.replaceState(null, "", location.pathname);
  if (!document.activeElement || document.activeElement === document.body) document.querySelector<HTMLElement>(".heading [data-dialog]")?.focus();
  const note = make("div");
  note.className = "note good";
  const said = make("p", `${form.dataset.saySent!.replace("{email}", () => made.email)} `);
  const link = make("a", form.dataset.saySee);
  link.setAttribute("href", at);
  said.append(link);
  note.append(said);
  place.setAttribute("role", "status");
  place.replaceChildren(note);
  await reload(new URLSearchParams());
}

function read(form: HTMLFormElement): object {
  const data = new FormData(form);
  const text = (k: string) => String(data.get(k) ?? "").trim() || undefined;
  const out: Record<string, unknown> = { email: text("email") ?? "", name: text("name"), payer: text("payer"), message: text("message"), sendAt: text("sendAt"), timeZone: text("timeZone"), language: text("language"), reminders: data.has("quiet") ? false : undefined };
  if (out.payer === "agency") {
    out.grants = data.getAll("resource").map((r) => ({ resource: r, access: data.get(`access.${r}`) }));
  } else {
    const gb = text("hosting");
    const order = { hosting: gb ? { storageGb: Number(gb) } : undefined, whatsapp: data.has("whatsapp") || undefined };
    if (order.hosting || order.whatsapp) out.order = order;
  }
  return out;
}

// send asks for the invite and waits until its mail is out. It throws the problem when it did not work.
async function send(form: HTMLFormElement, body: string, key: string): Promise<Invite> {
  let answer = await fetch("/v1/invites", {
    method: "POST", body,
    headers: { "Content-Type": "application/json", "Prefer": "wait=10", "Idempotency-Key": key },
  });
  const place = answer.headers.get("Location");
  for (let tries = 0; ; tries++) {
    const content = await answer.json();
    if (!answer.ok) throw content;
    const made = content as Invite & { reason?: string; timeline?: { event: string }[] };
    // A mail that went out and came back leaves an invite whose page says so. One that never went out leaves nothing.
    if (made.status === "failed" && made.timeline?.some((e) => e.event === "bounced")) return made;
    if (made.status === "failed") {
      const refused = form.dataset.sayRefused!.replace("{email}", () => made.email).replace("{reason}", () => made.reason || form.dataset.sayReason!);
      throw { code: "mail_refused", detail: refused };
    }
    // After a minute the client's own page, which goes on looking, is the better place to wait.
    if (made.status !== "sending" || !place || tries > 30) return made;
    await new Promise((r) => setTimeout(r, 2000));
    answer = await fetch(place);
  }
}

function clear(form: HTMLFormElement): void {
  form.querySelector("[data-summary]")!.replaceChildren();
  form.querySelectorAll(".wrong").forEach((w) => w.remove());
  form.querySelectorAll("[aria-invalid]").forEach((f) => {
    f.removeAttribute("aria-invalid");
    const rest = (f.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => !id.endsWith("-wrong"));
    f.setAttribute("aria-describedby", rest.join(" "));
  });
}

// tell shows what is wrong: at each field, and as a summary that takes the focus.
function tell(form: HTMLFormElement, p: Problem): void {
  const list = (p.errors ?? []).map((x) => ({ field: x.location.replace(/^body\./, "").split(/[.[]/)[0]!, message: x.message }));
  const items: HTMLElement[] = [];
  for (const { field, message } of list) {
    const item = make("li");
    const target = fields.includes(field) && (document.getElementById(field) ?? document.getElementById("payer"));
    if (target) {
      const link = make("a", message);
      link.setAttribute("href", `#${target.id}`);
      link.addEventListener("click", (e) => { e.preventDefault(); target.focus(); target.scrollIntoView({ block: "center" }); });
      item.append(link);
      mark(target, field, message);
    } else {
      item.textContent = message;
    }
    items.push(item);
  }
  if (items.length === 0) items.push(make("li", p.detail));
  const box = make("div");
  box.className = "note bad";
  box.tabIndex = -1;
  box.setAttribute("role", "alert");
  const inner = make("div");
  const all = make("ul");
  all.append(...items);
  const say = form.dataset;
  inner.append(make("h2", items.length === 1 ? say.sayProblem : say.sayProblems!.replace("{n}", () => String(items.length))), all);
  // What helps is done in a new tab: what was typed waits here.
  const [words, way] = p.existing?.startsWith("cl_") ? [say.sayExisting, `/clients/${encodeURIComponent(p.existing)}`]
    : { unauthenticated: [say.saySignIn, "/sign-in"], plan_required: [say.sayUpgrade, "/upgrade"] }[p.code ?? ""] ?? [];
  if (words && way) {
    const link = make("a", words);
    link.setAttribute("href", way);
    if (!p.existing) link.setAttribute("target", "_blank");
    inner.append(link);
  }
  box.append(inner);
  form.querySelector("[data-summary]")!.append(box);
  box.focus();
  box.scrollIntoView({ block: "nearest" });
}

function mark(target: HTMLElement, field: string, message: string): void {
  const wrong = make("p", message);
  wrong.className = "wrong";
  wrong.id = `${field}-wrong`;
  if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) {
    target.setAttribute("aria-invalid", "true");
    target.setAttribute("aria-describedby", `${target.getAttribute("aria-describedby") ?? ""} ${wrong.id}`.trim());
    target.after(wrong);
  } else {
    target.tabIndex = -1;
    target.querySelector(`#panel-${field === "order" ? "client" : "agency"}`)!.append(wrong);
  }
}

function make(tag: string, text = ""): HTMLElement {
  const e = document.createElement(tag);
  e.textContent = text;
  return e;
}
