// The menu of a row opens in place: the page's own template of it, with what can be done about the row's client.

export function menus(root: ParentNode): void {
  const from = document.querySelector<HTMLTemplateElement>("#row-menu");
  if (!from) return;
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[name=menu]")) {
    button.setAttribute("aria-haspopup", "true");
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", (e) => {
      e.preventDefault();
      if (button.getAttribute("aria-expanded") === "true") return shut(button, true);
      open(from, button);
    });
  }
}

function open(from: HTMLTemplateElement, button: HTMLButtonElement): void {
  const place = document.createElement("div");
  place.innerHTML = from.innerHTML.replaceAll("cl_id", button.value);
  const menu = place.firstElementChild as HTMLElement;
  for (const item of menu.querySelectorAll<HTMLElement>("[data-may]")) {
    if (!button.dataset.can?.includes(item.dataset.may!)) item.remove();
  }
  button.after(menu);
  button.setAttribute("aria-expanded", "true");
  const items = [...menu.children] as HTMLElement[];
  items[0]?.focus();
  menu.addEventListener("keydown", (e) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (e.key === "Escape") shut(button, true);
    if (!by && e.key !== "Escape") return;
    e.preventDefault();
    e.stopPropagation();
    if (by) items[(items.indexOf(document.activeElement as HTMLElement) + by + items.length) % items.length]!.focus();
  });
  menu.addEventListener("focusout", (e) => {
    if (e.relatedTarget !== button && !menu.contains(e.relatedTarget as Node | null)) shut(button, false);
  });
  menu.querySelector("[data-address]")?.addEventListener("click", async (e) => {
    e.preventDefault();
    const name = button.closest("tr")!.querySelector(".name")!;
    const address = (name.querySelector("p") ?? name).textContent!.trim();
    try {
      await navigator.clipboard.writeText(address);
      document.querySelector("[data-found]")!.textContent = `${menu.dataset.copied}: ${address}`;
      (e.target as HTMLElement).textContent = menu.dataset.copied!;
      setTimeout(() => shut(button, menu.contains(document.activeElement)), 700);
    } catch {
      location.assign((e.target as HTMLAnchorElement).href); // there it can be picked by hand
    }
  });
}

function shut(button: HTMLButtonElement, focus: boolean): void {
  if (focus) button.focus();
  button.nextElementSibling?.remove();
  button.setAttribute("aria-expanded", "false");
}
