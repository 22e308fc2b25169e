// Shows on the settings page how a brand will look while it is being changed. How a colour is made legible is the
// server's to say: its page for the colour carries the outcome, and only that is taken over.
import { early } from "./early";

export function brand(): void {
  const form = document.querySelector<HTMLFormElement>("[data-brand]");
  const preview = document.querySelector<HTMLElement>("[data-preview]");
  if (!form || !preview) return;
  const name = form.querySelector<HTMLInputElement>("#name")!;
  const color = form.querySelector<HTMLInputElement>("#color")!;
  const picker = form.querySelector<HTMLInputElement>("#picker")!;
  const logo = form.querySelector<HTMLInputElement>("#logo")!;
  picker.hidden = false;
  form.querySelector("[data-try]")?.remove();

  const called = () => {
    for (const n of preview.querySelectorAll("[data-name]")) n.textContent = name.value;
  };
  name.addEventListener("input", called);
  let asked = 0;
  const show = async () => {
    if (!/^#[0-9a-f]{6}$/i.test(color.value)) return;
    picker.value = color.value;
    const mine = ++asked;
    try {
      const answer = await fetch(`/settings?color=${encodeURIComponent(color.value)}`, { headers: { Accept: "text/html" } });
      const style = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("style")?.textContent ?? "";
      if (!answer.ok || mine !== asked) return;
      for (const [, key, value] of style.matchAll(/(--[a-z]+):(light-dark\([^)]*\))/g)) preview.style.setProperty(key!, value!);
    } catch {
      // Offline for a moment: saving shows it.
    }
  };
  let later = 0;
  const soon = () => { clearTimeout(later); later = setTimeout(show, 150); };
  color.addEventListener("input", soon);
  picker.addEventListener("input", () => { color.value = picker.value; soon(); });
  const drawn = () => {
    const file = logo.files?.[0];
    if (!file) return;
    const read = new FileReader();
    read.onload = () => {
      for (const mark of preview.querySelectorAll(".mark")) {
        const img = document.createElement("img");
        img.src = String(read.result);
        img.alt = "";
        mark.className = "mark logo";
        mark.replaceChildren(img);
      }
    };
    read.readAsDataURL(file);
  };
  logo.addEventListener("change", drawn);
  if (early(name)) called();
  if (early(color)) void show();
  drawn();
}
