// Workflows are switched in place: the button moves when n8n has done it, and what came of it is said.

export function switches(): void {
  const said = document.querySelector<HTMLElement>("[data-said]");
  const told = document.querySelector<HTMLElement>("[data-told]");
  if (!said || !told) return;
  const say = said.dataset;
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-switch]")) {
    form.addEventListener("submit", async (e) => {
      e.preventDefault();
      const button = form.querySelector<HTMLButtonElement>("button")!;
      if (button.ariaDisabled === "true") return;
      const want = button.getAttribute("aria-checked") !== "true";
      const name = document.getElementById(button.getAttribute("aria-labelledby")!)?.textContent ?? "";
      const words = button.querySelector(".words")!;
      button.ariaDisabled = "true";
      words.textContent = "…";
      said.textContent = "";
      told.replaceChildren();
      let is = !want;
      try {
        const answer = await fetch(form.dataset.switch!, {
          method: "PUT", body: JSON.stringify({ active: want }),
          headers: { "Content-Type": "application/json", Accept: "application/json", "Accept-Language": document.documentElement.lang },
        });
        const body = await answer.json();
        if (answer.ok) {
          is = body.active;
          said.textContent = (is ? say.sayIsOn! : say.sayIsOff!).replace("{name}", () => name);
        } else {
          tell(told, body.detail ?? say.sayRefused!);
        }
      } catch {
        tell(told, say.sayLost!);
      }
      button.setAttribute("aria-checked", String(is));
      words.textContent = is ? say.sayOn! : say.sayOff!;
      form.querySelector<HTMLInputElement>("input[name=active]")!.value = String(!is);
      button.ariaDisabled = null;
    });
  }
}

function tell(where: HTMLElement, words: string): void {
  const note = document.createElement("div");
  note.className = "note bad";
  note.setAttribute("role", "alert");
  const p = document.createElement("p");
  p.textContent = words;
  note.append(p);
  where.replaceChildren(note);
}
