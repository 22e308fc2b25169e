// Keeps a page up to date while something that it tells of is under way: asks for the page again and puts the new
// part in the place of the old one, unless somebody is in the middle of using it.

let turn = 0;

export function watch(start: (root: ParentNode) => void): void {
  const mine = ++turn; // what was looked after before has left the page
  let part = document.querySelector<HTMLElement>("[data-watch]");
  if (!part) return;
  const slow = "slow" in part.dataset; // what takes hours: every 10 s for 10 minutes, then each minute
  const begun = performance.now();
  let pause = slow ? 10_000 : 2000;
  const look = async () => {
    if (!part?.dataset.watch || mine !== turn) return;
    if (slow && document.hidden) { // whoever comes back finds it new
      document.addEventListener("visibilitychange", look, { once: true });
      return;
    }
    const at = document.activeElement as HTMLElement | null;
    const inUse = part.querySelector("dialog[open], [data-working]") || part.contains(at) && !at?.dataset.copy;
    if (!document.hidden && !inUse) {
      try {
        const answer = await fetch(location.pathname + location.search, { headers: { Accept: "text/html" } });
        const fresh = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
        if (fresh && (fresh.dataset.edition !== part.dataset.edition || fresh.querySelector("ol")?.childElementCount !== part.querySelector("ol")?.childElementCount)) {
          renew(part, fresh);
          part = fresh;
          start(fresh);
          if (!fresh.dataset.watch) return watch(start); // what is in it may be under way
          if (!slow) pause = 2000;
        }
      } catch {
        // Offline for a moment: ask again later.
      }
    }
    pause = !slow ? Math.min(pause * 1.5, 10_000) : performance.now() - begun < 600_000 ? 10_000 : 60_000;
    setTimeout(look, pause);
  };
  setTimeout(look, pause);
}

// renew puts the new part in the place of the old one: what was unfolded stays so, the button that was just used keeps the focus,
// and what is new is said once.
function renew(old: HTMLElement, fresh: HTMLElement): void {
  const focused = old.contains(document.activeElement) && (document.activeElement as HTMLElement).dataset.copy;
  const folds = old.querySelectorAll("details");
  const anew = fresh.querySelectorAll("details");
  if (old.dataset.news && anew.length === folds.length) anew.forEach((d, i) => { d.open = folds[i]!.open; });
  old.replaceWith(fresh);
  if (focused) fresh.querySelector<HTMLElement>(`[data-copy="${focused}"]`)?.focus();
  const news = old.dataset.news && document.getElementById(old.dataset.news);
  if (news && old.dataset.sayNews !== fresh.dataset.sayNews) news.textContent = fresh.dataset.sayNews!;
}
