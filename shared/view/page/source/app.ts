// What pages do beyond what they can do by themselves. Everything here is an addition: without it, each page works
// by links and forms.
import { codes } from "./code";
import { dialogs } from "./dialog";
import { invite } from "./invite";
import { tabs } from "./tabs";
import { busy, waits } from "./busy";
import { brand } from "./brand";
import { early } from "./early";
import { copies } from "./copy";
import { times } from "./time";
import { totals } from "./total";
import { prints } from "./print";
import { watch } from "./watch";
import { switches } from "./switch";
import { rights } from "./care";
import { list } from "./list";
import { exports } from "./export";
import { menus } from "./menu";
import { beside } from "./beside";
import { echoes } from "./echo";

function start(root: ParentNode): void {
  tabs(root);
  dialogs(root);
  waits(root);
  times(root);
  rights(root);
  copies(root);
  menus(root);
  echoes(root);
}

const lists = (): void => list(start);

start(document);
codes(document);
busy();
invite();
totals();
prints();
switches();
exports();
lists();
beside((root) => { start(root); watch(start); }, lists);
brand();
watch(start);
if (!early(document.activeElement)) document.querySelector<HTMLElement>("[data-focus]")?.focus(); // or they go on where they type
