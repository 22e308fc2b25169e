// What pages do beyond what they can do by themselves. Everything here is an addition: without it, each page works
// by links and forms.
import { codes } from "./code";
import { dialogs } from "./dialog";
import { invite } from "./invite";
import { tabs } from "./tabs";
import { busy, waits } from "./busy";
import { brand } from "./brand";
import { copies } from "./copy";
import { times } from "./time";
import { totals } from "./total";
import { prints } from "./print";
import { watch } from "./watch";
import { switches } from "./switch";
import { rights } from "./care";
import { list } from "./list";
import { exports } from "./export";

function start(root: ParentNode): void {
  tabs(root);
  dialogs(root);
  waits(root);
  times(root);
  rights(root);
  copies(root);
}

start(document);
codes(document);
busy();
invite();
totals();
prints();
switches();
exports();
list((root) => { times(root); });
brand();
watch(start);
document.querySelector<HTMLElement>("[data-focus]")?.focus();
