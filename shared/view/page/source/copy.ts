// Buttons that copy what stands in another element; without a script they are not there. One with data-copy-now does so by itself, too,
// where the browser lets it; where not, what is to be copied is selected. What data-copy-told leads to says for good which of it was
// done, once the browser has said so.

export function copies(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.hidden = false;
    const word = button.firstChild!; // what is said to screen readers alone stands behind it
    const words = word.textContent;
    const told = document.getElementById(button.dataset.copyTold ?? "");
    const say = (what: "sayCopied" | "saySelected"): void => {
      word.textContent = button.dataset[what]!;
      if (told) told.textContent = told.dataset[what]!;
    };
    const copy = async (): Promise<void> => {
      const from = document.getElementById(button.dataset.copy!);
      if (!from) return;
      try {
        await navigator.clipboard.writeText(from.textContent!.trim());
        say("sayCopied");
      } catch {
        getSelection()?.selectAllChildren(from);
        say("saySelected");
      }
      setTimeout(() => { word.textContent = words; }, 2000);
    };
    button.addEventListener("click", copy);
    if ("copyNow" in button.dataset) copy();
  }
}
