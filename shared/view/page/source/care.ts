// A right that is chosen is saved at once; what comes of it is said, and a right that was refused goes back.

export function rights(root: ParentNode): void {
  const said = document.querySelector<HTMLElement>("[data-said]");
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-right]")) {
    form.dataset.ready = "";
    let before = chosen(form);
    form.addEventListener("change", async () => {
      const now = chosen(form);
      const name = form.dataset.name!;
      const resource = (form.elements.namedItem("resource") as HTMLInputElement).value;
      say(said, `Saving the right to ${name}`);
      try {
        const answer = await fetch(`/v1${new URL(form.action).pathname}/grants/${encodeURIComponent(resource)}`, {
          method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ access: now }),
        });
        if (!answer.ok) throw new Error((await answer.json()).detail);
        before = now;
        say(said, `Saved. ${name} is now ${now === "write" ? "read and write" : "read-only"} for this client.`, true);
      } catch (e) {
        form.querySelector<HTMLInputElement>(`[value="${before}"]`)!.checked = true;
        say(said, e instanceof TypeError ? "We could not reach the server, so nothing was changed. Try again." : (e as Error).message, true);
      }
    });
  }
}

function chosen(form: HTMLFormElement): string {
  return String(new FormData(form).get("access"));
}

// say tells everybody: in the live region, which is shown as soon as there is something to read.
function say(where: HTMLElement | null, words: string, shown = false): void {
  if (!where) return;
  where.textContent = words;
  if (shown) where.className = "small muted then";
}
