// Shows in a preview what is being typed.
import { early } from "./early";

export function echoes(root: ParentNode): void {
  const form = root.querySelector<HTMLFormElement>("form[data-echo]");
  if (!form) return;
  form.querySelector("[data-try]")?.remove();
  const draw = () => {
    for (const to of document.querySelectorAll<HTMLElement>("[data-echoes]")) {
      const typed = form.querySelector<HTMLInputElement>(`[name="${to.dataset.echoes}"]`)!.value.trim();
      to.textContent = typed || to.dataset.sayEmpty || "";
    }
  };
  form.addEventListener("input", draw);
  if ([...form.querySelectorAll("input")].some(early)) draw();
}
