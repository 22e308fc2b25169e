// A small portal beside the invite form that follows what is typed and ticked.

export function glimpse(form: HTMLFormElement): void {
  const card = form.querySelector<HTMLElement>("[data-glimpse]");
  const brand = document.querySelector(".panel .brand");
  if (!card || !brand) return;
  card.hidden = false;
  const say = card.dataset;
  const draw = () => {
    const data = new FormData(form);
    const text = (k: string) => String(data.get(k) ?? "").trim();
    const pays = text("payer") === "client";
    const list = make("ul");
    for (const box of form.querySelectorAll<HTMLInputElement>("[name=resource]:checked")) {
      if (pays) break;
      list.append(tile(box.parentElement!.querySelector("span")!.textContent!, text(`access.${box.value}`) === "write" ? say.sayWrite! : say.sayRead!));
    }
    for (const box of pays ? form.querySelectorAll<HTMLInputElement>("[data-offer]:checked") : []) list.append(tile(box.dataset.offer!, say.sayOwn!));
    const head = make("div");
    head.className = "brand";
    head.append(...[...brand.children].map((c) => c.cloneNode(true)));
    const says = make("p", say.sayTitle!.replace("{name}", () => text("name") || text("email") || say.saySomebody!));
    says.className = "says";
    const portal = make("div");
    portal.className = "small-portal";
    portal.append(head);
    if (text("message")) {
      const quote = make("blockquote", text("message"));
      quote.dir = "auto";
      portal.append(quote);
    }
    portal.append(list.children.length ? list : make("p", say.sayEmpty));
    card.replaceChildren(says, portal);
  };
  form.addEventListener("input", draw);
  form.addEventListener("change", draw);
  form.addEventListener("reset", () => queueMicrotask(draw));
  form.addEventListener("click", () => queueMicrotask(draw)); // the tabs choose without an event of their own
  draw();
}

function tile(name: string, right: string): HTMLElement {
  const item = make("li");
  const title = make("b", name);
  title.dir = "auto";
  item.append(title, right);
  return item;
}

function make(tag: string, text = ""): HTMLElement {
  const e = document.createElement(tag);
  e.textContent = text;
  return e;
}
