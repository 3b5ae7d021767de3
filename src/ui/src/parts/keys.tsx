// What the keyboard does on every page.

import { useEffect, useState } from "preact/hooks";

import { href } from "../route";
import { Dialog } from "./basics";

const PLACES: Record<string, string> = { e: "experiments", m: "models", a: "activity" };

const HELP: [string, string][] = [
  ["/", "find or filter"],
  ["g e, g m, g a", "experiments, models, activity"],
  ["j, k", "next, previous link of the page"],
  ["?", "this list"],
  ["Esc", "close"],
];

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select");
}

/** Moves the focus along the links of the page. */
function step(by: number) {
  const links = [...document.querySelectorAll<HTMLElement>("main a")];
  const at = links.findIndex((it) => it === document.activeElement);
  links[Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
}

export function Keys() {
  const [help, setHelp] = useState(false);
  useEffect(() => {
    let before = "";
    const act = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const place = before === "g" ? PLACES[event.key] : undefined;
      before = event.key;
      if (place) location.hash = href([place]);
      else if (event.key === "?") setHelp(true);
      else if (event.key === "j") step(1);
      else if (event.key === "k") step(-1);
      else if (event.key === "/") {
        event.preventDefault();
        document.querySelector<HTMLElement>("main input[type=search]")?.focus();
      }
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
    </Dialog>
  );
}
