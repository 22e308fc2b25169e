// A log that is longer than one file holds comes in parts: after each, the button gives the next one.

export function exports(): void {
  const said = document.querySelector<HTMLElement>("[data-exported]");
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-export]")) {
    let part = 1;
    link.addEventListener("click", async (e) => {
      e.preventDefault();
      if (link.getAttribute("aria-disabled")) return;
      link.setAttribute("aria-disabled", "true");
      try {
        const answer = await fetch(link.href);
        if (!answer.ok) throw new Error((await answer.json()).detail);
        const name = answer.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/)?.[1] ?? "activity";
        const url = URL.createObjectURL(await answer.blob());
        const save = document.createElement("a");
        save.href = url;
        save.download = part > 1 ? name.replace(/(\.\w+)$/, `-part-${part}$1`) : name;
        save.click();
        setTimeout(() => URL.revokeObjectURL(url), 60_000);
        const next = answer.headers.get("Link")?.match(/<([^>]+)>; rel="next"/)?.[1];
        if (next) {
          part++;
          link.href = next;
          link.textContent = (said?.dataset.sayNext ?? "").replace("{part}", () => String(part));
        }
        const words = (next ? said?.dataset.sayPart : said?.dataset.saySaved) ?? "";
        tell(said, words.replace("{part}", () => String(part - 1)).replace("{next}", () => String(part)));
      } catch (err) {
        tell(said, err instanceof TypeError ? said?.dataset.sayLost ?? "" : (err as Error).message);
      } finally {
        link.removeAttribute("aria-disabled");
      }
    });
  }
}

function tell(where: HTMLElement | null, words: string): void {
  if (!where) return;
  where.textContent = words;
  where.className = "small muted only";
}
