// Buttons that copy what stands in another element; without a script they are not there.

export function copies(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
    button.hidden = false;
    const words = button.textContent!;
    button.addEventListener("click", async () => {
      const from = document.getElementById(button.dataset.copy!);
      if (!from) return;
      try {
        await navigator.clipboard.writeText(from.textContent!.trim());
        button.textContent = button.dataset.sayCopied!;
      } catch {
        getSelection()?.selectAllChildren(from);
        button.textContent = button.dataset.saySelected!;
      }
      setTimeout(() => { button.textContent = words; }, 2000);
    });
  }
}
