// Links that lead to a page with an open dialog open it in place instead.
import { early } from "./early";

export function dialogs(root: ParentNode): void {
  for (const link of root.querySelectorAll<HTMLAnchorElement>("a[data-dialog]")) {
    link.setAttribute("role", "button");
    link.setAttribute("aria-haspopup", "dialog");
    const open = (e: Event) => {
      const d = document.getElementById(link.dataset.dialog!);
      if (!(d instanceof HTMLDialogElement)) return; // on another page: follow the link
      e.preventDefault();
      show(d);
    };
    link.addEventListener("click", open);
    link.addEventListener("keydown", (e) => { if (e.key === " ") open(e); });
  }
  for (const d of root.querySelectorAll("dialog")) {
    for (const c of d.querySelectorAll<HTMLElement>("[data-close]")) {
      c.setAttribute("role", "button");
      const shut = (e: Event) => { e.preventDefault(); close(d); };
      c.addEventListener("click", shut);
      c.addEventListener("keydown", (e) => { if (e.key === " ") shut(e); });
    }
    // A press that begins inside and ends outside, as when text is selected, does not close.
    let outside = false;
    d.addEventListener("pointerdown", (e) => { outside = e.target === d; });
    d.addEventListener("click", (e) => { if (outside && e.target === d) close(d); });
    d.addEventListener("cancel", (e) => { e.preventDefault(); close(d); });
    if (d.open) {
      const on = document.activeElement;
      d.close();
      show(d);
      if (early(on) && d.contains(on)) (on as HTMLElement).focus(); // somebody is in the middle of it already
    }
  }
}

export function show(d: HTMLDialogElement): void {
  if (!d.open) d.showModal();
  (d.querySelector<HTMLElement>("[data-focus]") ?? d.querySelector<HTMLElement>("[autofocus]"))?.focus();
}

// close leaves an address that would open the dialog again on a reload. What was typed stays in the form.
function close(d: HTMLDialogElement): void {
  if (d.querySelector("[data-working]")) return; // it would hide what comes of it
  d.close();
  // One that was open when the page came has nothing that the focus goes back to by itself.
  const on = document.activeElement;
  if (!on || on === document.body || d.contains(on)) document.querySelector<HTMLElement>(`a[data-dialog="${d.id}"]`)?.focus();
  if (location.search.match(/[?&](invite|cancel|revoke|remove|erase|rename|delete|ask)=/)) history.replaceState(null, "", location.pathname);
}
