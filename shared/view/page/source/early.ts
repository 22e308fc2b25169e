// What somebody typed or chose before the script was there. A page that is come back to, or loaded again, has what was there
// when it was left: nobody has just done it.

export function early(at: Element | null): boolean {
  const [arrival] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  if (arrival?.type !== "navigate") return false;
  if (at instanceof HTMLTextAreaElement) return at.value !== at.defaultValue;
  return at instanceof HTMLInputElement && (at.value !== at.defaultValue || at.checked !== at.defaultChecked);
}
