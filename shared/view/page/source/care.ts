// A right that is chosen is saved at once; what comes of it is said, and a right that was refused goes back. Who is given the right
// to change things can be taken it back with one press.
import { early } from "./early";

export function rights(root: ParentNode): void {
  const said = document.querySelector<HTMLElement>("[data-said]");
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-right]")) {
    form.dataset.ready = "";
    const choices = [...form.querySelectorAll<HTMLInputElement>("[name=access]")];
    let before = choices.find((c) => c.defaultChecked)!.value;
    const save = async () => {
      const now = chosen(form);
      const resource = (form.elements.namedItem("resource") as HTMLInputElement).value;
      const words = (key: string) => (said?.dataset[key] ?? "").replace("{thing}", () => form.dataset.name!);
      say(said, words("saySaving"));
      try {
        const answer = await fetch(`/v1${new URL(form.action).pathname}/grants/${encodeURIComponent(resource)}`, {
          method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ access: now }),
        });
        if (!answer.ok) throw new Error((await answer.json()).detail);
        before = now;
        say(said, words(now === "write" ? "sayWrite" : "sayRead"), true);
        if (now === "write") undo(said, form);
      } catch (e) {
        choices.find((c) => c.value === before)!.checked = true;
        say(said, e instanceof TypeError ? words("sayLost") : (e as Error).message, true);
      }
    };
    form.addEventListener("change", save);
    if (choices.some(early)) void save();
    else form.reset(); // a browser that comes back shows what was chosen when the page was left, and not what is the case
  }
}

function chosen(form: HTMLFormElement): string {
  return String(new FormData(form).get("access"));
}

function undo(where: HTMLElement | null, form: HTMLFormElement): void {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = where?.dataset.sayUndo ?? "";
  button.addEventListener("click", () => {
    const read = form.querySelector<HTMLInputElement>('[value="read"]')!;
    read.checked = true;
    read.focus();
    form.dispatchEvent(new Event("change"));
  });
  where?.append(" ", button);
}

// say tells everybody: in the live region, which is shown as soon as there is something to read.
function say(where: HTMLElement | null, words: string, shown = false): void {
  if (!where) return;
  where.textContent = words;
  if (shown) where.className = "small then said";
}
