// Pasting a code takes the six digits out of whatever was copied with them. A form that says so sends itself once they are
// complete: the person has asked for the code, and of an invitation has pressed Accept, on the page before.
import { early } from "./early";

export function codes(root: ParentNode): void {
  for (const field of root.querySelectorAll<HTMLInputElement>("input.code")) {
    let sent = "";
    const complete = () => {
      const digits = field.value.normalize("NFKC").replace(/[\s\p{Pd}]/gu, "");
      const form = field.form;
      if (!form || !("complete" in form.dataset) || !/^\d{6}$/.test(digits) || digits === sent || !form.checkValidity()) return;
      sent = digits;
      form.requestSubmit();
    };
    field.addEventListener("paste", (e) => {
      const found = e.clipboardData?.getData("text").match(/(?<!\d)\d(?:[\s\u00a0-]?\d){5}(?!\d)/);
      if (!found) return;
      e.preventDefault();
      field.value = found[0].replace(/\D/g, "");
      complete();
    });
    field.addEventListener("input", complete);
    if (early(field)) complete();
  }
}
