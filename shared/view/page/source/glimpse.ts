// A small portal in the invite dialog that follows what is ticked, and with which right.

export function glimpse(form: HTMLFormElement): void {
  const card = form.querySelector<HTMLElement>("[data-glimpse]");
  const brand = document.querySelector(".panel .brand");
  if (!card || !brand) return;
  card.hidden = false;
  const draw = () => {
    const data = new FormData(form);
    const pays = data.get("payer") === "client";
    const list = make("ul");
    for (const box of form.querySelectorAll<HTMLInputElement>("[name=resource]:checked")) {
      if (pays) break;
      const item = make("li");
      const name = make("b", box.parentElement!.querySelector("span")!.textContent!);
      name.dir = "auto";
      item.append(name, data.get(`access.${box.value}`) === "write" ? "Read and write" : "Read-only");
      list.append(item);
    }
    for (const box of pays ? form.querySelectorAll<HTMLInputElement>("[data-offer]:checked") : []) {
      const item = make("li");
      item.append(make("b", box.dataset.offer), "The client's own");
      list.append(item);
    }
    const who = String(data.get("name") ?? "").trim() || String(data.get("email") ?? "").trim() || "your client";
    const head = make("div");
    head.className = "brand";
    head.append(...[...brand.children].map((c) => c.cloneNode(true)));
    const says = make("p", `What ${who} will see`);
    says.className = "says";
    card.replaceChildren(says, head, list.children.length ? list : make("p", "Nothing is shared yet."));
  };
  form.addEventListener("input", draw);
  form.addEventListener("change", draw);
  form.addEventListener("click", () => queueMicrotask(draw)); // the tabs choose without an event of their own
  draw();
}

function make(tag: string, text = ""): HTMLElement {
  const e = document.createElement(tag);
  e.textContent = text;
  return e;
}
