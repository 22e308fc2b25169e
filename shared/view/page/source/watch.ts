// Keeps a page up to date while something that it tells of is under way: asks for the page again and puts the new
// part in the place of the old one, unless somebody is in the middle of using it.

let turn = 0;

export function watch(start: (root: ParentNode) => void): void {
  const mine = ++turn; // what was looked after before has left the page
  let part = document.querySelector<HTMLElement>("[data-watch]");
  if (!part) return;
  let pause = 2000;
  const look = async () => {
    if (!part?.dataset.watch || mine !== turn) return;
    const inUse = part.querySelector("dialog[open], [data-working]") || part.contains(document.activeElement);
    if (!document.hidden && !inUse) {
      try {
        const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" } });
        const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
        if (fresh && (fresh.dataset.edition !== part.dataset.edition || fresh.querySelector("ol")?.childElementCount !== part.querySelector("ol")?.childElementCount)) {
          part.replaceWith(fresh);
          part = fresh;
          start(fresh);
          pause = 2000;
        }
      } catch {
        // Offline for a moment: ask again later.
      }
    }
    pause = Math.min(pause * 1.5, 10_000);
    setTimeout(look, pause);
  };
  setTimeout(look, pause);
}
