// What the keyboard does on every page.

import { effect } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";

import { href, route } from "../route";
import { Dialog } from "./basics";

const PLACES: Record<string, string> = { e: "experiments", r: "experiments", m: "models", a: "activity", s: "settings" };

const HELP: [string, string][] = [
  ["/", "find or filter"],
  ["g e", "experiments"],
  ["g r", "the runs seen last"],
  ["g m", "models"],
  ["g a", "activity"],
  ["g s", "settings"],
  ["j, k", "next, previous link of the page"],
  ["x", "choose the row that has the focus"],
  ["c", "compare what is chosen"],
  ["[, ]", "previous, next: image, or stage change in the time bar"],
  ["?", "this list"],
  ["Esc", "close"],
];

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox], [type=range]), textarea, select");
}

/** Moves the focus along the links of the page. */
function step(by: number) {
  const links = [...document.querySelectorAll<HTMLElement>("main a")];
  const at = links.findIndex((it) => it === document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
}

/** Chooses the row in which the focus is. */
function choose() {
  const row = document.activeElement?.closest("[role=row], .row, tr");
  row?.querySelector<HTMLElement>("input[type=checkbox]")?.click();
}

/** The action of the page that has this key; that of the page before that of its frame. */
function press(key: string) {
  const buttons = ["main", "body"].map((part) => document.querySelector<HTMLElement>(`${part} [data-key="${key}"]`));
  buttons.find(Boolean)?.click();
}

function find(event: Event) {
  event.preventDefault();
  document.querySelector<HTMLElement>("main input[type=search]")?.focus();
}

/** The runs seen last, for as long as the page is open. */
let lastRuns = ["experiments"];
effect(() => {
  const { path } = route.value;
  if (path[0] === "experiments" && path[1]) lastRuns = path.slice(0, 2);
});

const ACTIONS: Record<string, (event: Event) => void> = {
  j: () => step(1),
  k: () => step(-1),
  x: choose,
  c: () => press("c"),
  "[": () => press("["),
  "]": () => press("]"),
  "/": find,
};

export function Keys() {
  const [help, setHelp] = useState(false);
  useEffect(() => {
    let before = "";
    const act = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const place = before === "g" ? PLACES[event.key] : undefined;
      before = event.key;
      if (document.querySelector("dialog[open]")) return;
      if (place) location.hash = href(event.key === "r" ? lastRuns : [place]);
      else if (event.key === "?") setHelp(true);
      else ACTIONS[event.key]?.(event);
    };
    addEventListener("keydown", act);
    return () => removeEventListener("keydown", act);
  }, []);
  if (!help) return null;
  return (
    <Dialog title="Keys" close={() => setHelp(false)}>
      <dl class="facts">
        {HELP.map(([key, what]) => (
          <div key={key}>
            <dt class="mono">{key}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div class="bar">
        <button type="button" onClick={() => setHelp(false)}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
