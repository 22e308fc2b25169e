// What the pages do that people see who are no agency: signing in, an invitation, the portal. It stands in the page itself, so
// that the agency's logo can be loaded beside it. Without it, each page works by links and forms.
import { busy, waits } from "./busy";
import { codes } from "./code";
import { copies } from "./copy";
import { dialogs } from "./dialog";
import { passkeys } from "./passkey";
import { prints } from "./print";
import { switches } from "./switch";
import { times } from "./time";
import { watch } from "./watch";

function start(root: ParentNode): void {
  dialogs(root);
  waits(root);
  times(root);
  copies(root);
}

start(document);
codes(document);
busy();
prints();
passkeys();
switches();
watch(start);
// The agency writes to its clients by day, where they are.
for (const z of document.querySelectorAll<HTMLInputElement>("[data-zone]")) z.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
// Back from a provider with a form that goes on: the browser may show the page again as it was left, and runs this only once.
document.querySelector<HTMLFormElement>("form[data-goes-on]")?.requestSubmit();
document.querySelector<HTMLElement>("[data-focus]")?.focus();
