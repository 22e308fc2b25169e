// Pasting a code takes the six digits out of whatever was copied with them. Nothing is sent by itself: accepting is for
// the person to do.

export function codes(root: ParentNode): void {
  for (const field of root.querySelectorAll<HTMLInputElement>("input.code")) {
    field.addEventListener("paste", (e) => {
      const found = e.clipboardData?.getData("text").match(/(?<!\d)\d(?:[\s\u00a0-]?\d){5}(?!\d)/);
      if (!found) return;
      e.preventDefault();
      field.value = found[0].replace(/\D/g, "");
    });
  }
}
