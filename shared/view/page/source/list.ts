// The list of clients: rows that follow what is typed, and keys to go through them.
import { show } from "./dialog";
import { early } from "./early";
import { listURL, mark, together } from "./beside";

// reload reads the list anew, as the address says or as it is asked for; list sets it.
export let reload: (query?: URLSearchParams) => Promise<void> = async () => { location.assign("/clients"); };

export function list(start: (root: ParentNode) => void): void {
  const form = document.querySelector<HTMLFormElement>("[data-find]");
  if (!form || "ready" in form.dataset) return;
  const input = form.querySelector<HTMLInputElement>("#q")!;
  const found = document.querySelector<HTMLElement>("[data-found]")!;
  form.dataset.ready = "";
  let asked: AbortController | undefined;
  let timer = 0;

  const load = async (query?: URLSearchParams) => {
    clearTimeout(timer);
    query ??= new URLSearchParams([...new FormData(form)].map(([k, v]) => [k, String(v).trim()] as [string, string]).filter(([, v]) => v));
    const url = query.size ? `/clients?${query}` : "/clients";
    asked?.abort();
    asked = new AbortController();
    const place = document.getElementById("list")!;
    place.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" }, signal: asked.signal });
      if (!answer.ok || answer.redirected) throw new Error();
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["list", "filters", "status-field", "row-acts", "counter"]) {
        if (!document.getElementById(id)) continue;
        const next = fresh.getElementById(id);
        if (!next) throw new Error(); // the last client was removed meanwhile: the page is another one
        document.getElementById(id)!.replaceWith(next);
      }
      const now = document.getElementById("list")!;
      start(now);
      mark();
      found.textContent = now.dataset.count!;
      listURL(url);
      if (!together()) history.replaceState(null, "", url);
    } catch (e) {
      if ((e as Error).name !== "AbortError") form.submit(); // the page itself says what is wrong
    }
  };
  reload = load;
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => void load(), 180); });
  form.addEventListener("submit", (e) => { e.preventDefault(); void load(); });
  if (early(input)) void load();
  keys(input);
}

const stored = "latchkey-keys";

function keys(input: HTMLInputElement): void {
  const sheet = document.querySelector<HTMLDialogElement>("#keys")!;
  const button = document.querySelector<HTMLButtonElement>("[data-keys]")!;
  const on = sheet.querySelector<HTMLInputElement>("[data-keys-on]")!;
  button.hidden = false;
  button.addEventListener("click", () => show(sheet));
  on.checked = recall() !== "off";
  on.addEventListener("change", () => {
    try { localStorage.setItem(stored, on.checked ? "on" : "off"); } catch { /* it holds until the page is left */ }
  });

  const rows = () => [...document.querySelectorAll<HTMLAnchorElement>("#list .name a")];
  const go = (by: number) => {
    const all = rows();
    const at = all.indexOf(document.activeElement as HTMLAnchorElement);
    if (at < 0 && by < 0) return;
    if (at === 0 && by < 0) return input.focus();
    all[Math.min(at + by, all.length - 1)]?.focus();
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || document.querySelector("dialog[open]")) return;
    const target = e.target as HTMLElement;
    if (target === input && e.key === "ArrowDown") { e.preventDefault(); return go(1); }
    if (target.closest("input, textarea, select, [contenteditable]")) return;
    // Arrows scroll as ever until a row has the focus.
    const inList = rows().includes(document.activeElement as HTMLAnchorElement);
    if (inList && (e.key === "ArrowDown" || e.key === "ArrowUp")) { e.preventDefault(); return go(e.key === "ArrowDown" ? 1 : -1); }
    if (!on.checked) return;
    const act = {
      "/": () => { input.focus(); input.select(); }, "j": () => go(1), "k": () => go(-1), "ArrowDown": () => go(1), "?": () => show(sheet),
      "n": invite, "c": invite,
    }[e.key];
    if (!act) return;
    e.preventDefault();
    act();
  });
}

// recall reads the choice; a browser that stores nothing may throw.
function recall(): string | null {
  try { return localStorage.getItem(stored); } catch { return null; }
}

function invite(): void { document.querySelector<HTMLAnchorElement>(".heading [data-dialog=invite]")?.click(); }
