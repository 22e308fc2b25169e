// Shows what the choice of size and add-on comes to. The amounts are the server's: each choice has its own.

export function totals(): void {
  const box = document.querySelector<HTMLElement>("#invite-form [data-total]");
  const form = box?.closest("form");
  if (!box || !form) return;
  const show = () => {
    const data = new FormData(form);
    const of = [data.get("hosting"), data.has("whatsapp") && "whatsapp"].filter(Boolean).join("+");
    for (const p of box.querySelectorAll<HTMLElement>("[data-of]")) {
      if (p.hidden !== (p.dataset.of !== of)) p.hidden = p.dataset.of !== of;
    }
  };
  form.addEventListener("change", show);
  form.addEventListener("reset", () => queueMicrotask(show));
  show(); // a browser that comes back keeps what was chosen
}
