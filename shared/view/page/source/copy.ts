// Buttons that copy what stands in another element; without a script they are not there. One with data-copy-now does so by itself, too,
// where the browser lets it; where not, what is to be copied is selected.

export function copies(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.hidden = false;
    const word = button.firstChild!; // what is said to screen readers alone stands behind it
    const words = word.textContent;
    const copy = async (): Promise<void> => {
      const from = document.getElementById(button.dataset.copy!);
      if (!from) return;
      try {
        await navigator.clipboard.writeText(from.textContent!.trim());
        word.textContent = button.dataset.sayCopied!;
      } catch {
        getSelection()?.selectAllChildren(from);
        word.textContent = button.dataset.saySelected!;
      }
      setTimeout(() => { word.textContent = words; }, 2000);
    };
    button.addEventListener("click", copy);
    if ("copyNow" in button.dataset) copy();
  }
}
