// Times in the reader's own zone, and "2 minutes ago" that stays true while the page is open.

const { lang } = document.documentElement;
const words = new Intl.RelativeTimeFormat(lang, { numeric: "always" });
// In English the day goes before the month, as on the rest of the page.
const exact = new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, { dateStyle: "long", timeStyle: "medium" });
const units: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

// When each time was first seen here, and how far it was then: this machine's clock may be wrong, its pace is not.
const seen = new WeakMap<HTMLTimeElement, number>();

export function times(root: ParentNode): void {
  // In a list the moment that all are told from stands once.
  for (const t of root.querySelectorAll<HTMLTimeElement>("[data-now] time:not([data-in])")) {
    t.dataset.in = String((Date.parse(t.dateTime) - Date.parse(t.closest<HTMLElement>("[data-now]")!.dataset.now!)) / 1000);
  }
  for (const t of root.querySelectorAll<HTMLTimeElement>("time[data-in]")) {
    t.title = exact.format(Date.parse(t.dateTime));
    seen.set(t, performance.now());
  }
}

// tell is a distance in seconds in words; "" when it is too far to change while somebody looks.
function tell(s: number): string {
  if (Math.abs(s) < 10) return document.body.dataset.sayNow!;
  if (Math.abs(s) >= 60 * 86400) return "";
  const [unit, size] = units.find(([, size]) => Math.abs(s) >= size)!;
  return words.format(Math.trunc(s / size), unit);
}

setInterval(() => {
  for (const t of document.querySelectorAll<HTMLTimeElement>("time[data-in]")) {
    const said = tell(Number(t.dataset.in) - (performance.now() - (seen.get(t) ?? performance.now())) / 1000);
    if (said && t.textContent !== said) t.textContent = said;
  }
}, 20_000);
