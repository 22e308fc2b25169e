// Turns a group of radio buttons into tabs (WAI-ARIA, tabs pattern). The radio buttons stay in the form and keep
// the choice.

export function tabs(root: ParentNode): void {
  for (const list of root.querySelectorAll<HTMLElement>("[data-tabs]")) {
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", list.dataset.tabs!);
    const all: HTMLButtonElement[] = [];
    for (const label of [...list.querySelectorAll("label")]) {
      const radio = label.querySelector("input")!;
      const tab = document.createElement("button");
      tab.type = "button";
      tab.id = `tab-${radio.value}`;
      tab.textContent = label.textContent!.trim();
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", `panel-${radio.value}`);
      const panel = document.getElementById(`panel-${radio.value}`);
      panel?.setAttribute("role", "tabpanel");
      panel?.setAttribute("aria-labelledby", tab.id);
      radio.hidden = true;
      label.replaceWith(tab);
      list.after(radio);
      const select = () => {
        radio.checked = true;
        for (const t of all) {
          t.setAttribute("aria-selected", String(t === tab));
          t.tabIndex = t === tab ? 0 : -1;
        }
      };
      tab.addEventListener("click", select);
      all.push(tab);
      if (radio.checked) queueMicrotask(select);
    }
    list.addEventListener("keydown", (e) => {
      const at = all.indexOf(document.activeElement as HTMLButtonElement);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[e.key];
      if (at < 0 || to === undefined) return;
      e.preventDefault();
      const tab = all[(to + all.length) % all.length]!;
      tab.click();
      tab.focus();
    });
  }
}
