// On a wide screen the chosen client stands beside the list: on the list its page is fetched into the side, and on its own page
// the list is. The address is the client's in both cases, so that it can be loaded again and sent to somebody.

const wide = matchMedia("(min-width: 1680px)");
const stored = "latchkey-list";

// listURL is the list as it was last looked at.
export function listURL(now?: string): string {
  try {
    if (now) sessionStorage.setItem(stored, now);
    return sessionStorage.getItem(stored) ?? "/clients";
  } catch {
    return now ?? "/clients"; // a browser that stores nothing
  }
}

// Together tells whether list and client are both shown.
export const together = (): boolean => wide.matches && document.querySelector("[data-columns]")?.classList.contains("with-list") === true;

export function mark(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>("#list .name a")) {
    const here = together() && link.pathname === location.pathname;
    const row = link.closest("tr")!;
    if (here) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

export function beside(start: (root: ParentNode) => void, begin: () => void): void {
  const columns = document.querySelector<HTMLElement>("[data-columns]");
  if (!columns) return;
  const detail = document.getElementById("detail")!;
  const title = document.title;
  let asked = 0;

  const fetched = async (url: string, id: string): Promise<[HTMLElement, string]> => {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    const page = answer.ok && !answer.redirected && new DOMParser().parseFromString(await answer.text(), "text/html");
    const part = page && page.getElementById(id);
    if (!page || !part || !part.childElementCount) throw new Error();
    return [part, page.title];
  };
  const show = async (url: string, push: boolean) => {
    const mine = ++asked;
    detail.setAttribute("aria-busy", "true");
    try {
      const [part, name] = await fetched(url, "detail");
      if (mine !== asked) return;
      if (!columns.classList.contains("with-list")) listURL(location.pathname + location.search);
      detail.replaceChildren(...part.childNodes);
      detail.hidden = false;
      detail.scrollTop = 0;
      columns.classList.add("with-list");
      if (push) history.pushState(null, "", url);
      document.title = name;
      const heading = detail.querySelector<HTMLElement>("h1");
      heading?.setAttribute("aria-level", "2");
      start(detail);
      mark();
      const said = document.querySelector<HTMLElement>("[data-found]");
      if (said) said.textContent = document.getElementById("roster")!.dataset.sayShown!.replace("{name}", () => heading?.textContent ?? "");
    } catch {
      if (mine === asked) location.assign(url);
    } finally {
      detail.removeAttribute("aria-busy");
    }
  };

  document.addEventListener("click", (e) => {
    const link = (e.target as HTMLElement).closest<HTMLAnchorElement>("#list .name a");
    if (!link || !wide.matches || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || e.button) return;
    e.preventDefault();
    if (together() && link.pathname === location.pathname) return into(detail); // chosen already: on to it
    void show(link.pathname, true);
  });
  detail.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || e.defaultPrevented || !together() || document.querySelector("dialog[open]")) return;
    document.querySelector<HTMLElement>("#list tr[aria-current] .name a")?.focus();
  });
  addEventListener("popstate", () => {
    if (location.pathname !== "/clients") return void show(location.pathname + location.search, false);
    asked++;
    if (!document.getElementById("list")) return location.reload();
    columns.classList.remove("with-list");
    detail.hidden = true;
    detail.replaceChildren();
    document.title = title;
    mark();
  });

  const fill = async () => {
    try {
      const [part] = await fetched(listURL(), "roster");
      document.getElementById("roster")!.replaceWith(part);
      detail.querySelector("h1")?.setAttribute("aria-level", "2");
      start(part);
      begin();
      mark();
      part.querySelector("tr[aria-current]")?.scrollIntoView({ block: "nearest" });
    } catch {
      columns.classList.remove("with-list"); // the client alone is as good
    }
  };
  if (columns.classList.contains("with-list") && !document.getElementById("list")) {
    if (wide.matches) void fill();
    else wide.addEventListener("change", () => { if (wide.matches) void fill(); }, { once: true });
  }
}

function into(detail: HTMLElement): void {
  const heading = detail.querySelector<HTMLElement>("h1");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus();
}
