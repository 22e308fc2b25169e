// Buttons that say what is going on, and that a second press does nothing to.

export function working(button: HTMLButtonElement, words: string): () => void {
  const before = button.textContent;
  button.dataset.working = "";
  button.setAttribute("aria-disabled", "true");
  button.textContent = words;
  return () => {
    delete button.dataset.working;
    button.removeAttribute("aria-disabled");
    button.textContent = before;
  };
}

export function busy(): void {
  document.addEventListener("submit", (e) => {
    const form = e.target as HTMLFormElement;
    const words = e.submitter?.dataset.busy ?? form.dataset.busy;
    const button = (e.submitter ?? form.querySelector("button:not([type=button])")) as HTMLButtonElement | null;
    if (!words || !button || e.defaultPrevented) return;
    if ("working" in button.dataset) return e.preventDefault();
    const done = working(button, words);
    // Back to this page from the next one: the browser shows it as it was left.
    addEventListener("pageshow", (p) => { if (p.persisted) done(); }, { once: true });
  });
}

// waits counts down on buttons that may not be pressed for some seconds.
export function waits(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-wait]")) {
    const words = button.textContent!;
    const end = performance.now() + Number(button.dataset.wait) * 1000;
    button.disabled = true;
    const tick = () => {
      const left = Math.ceil((end - performance.now()) / 1000);
      if (left <= 0) {
        button.disabled = false;
        button.textContent = words;
        return;
      }
      button.textContent = button.dataset.sayWait!.replace("{button}", () => words).replace("{seconds}", () => String(left));
      setTimeout(tick, 1000);
    };
    tick();
  }
}
