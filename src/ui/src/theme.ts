// Light, dark, or what the system says; remembered.

import { effect, signal } from "@preact/signals";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "runlog-theme";
const kept = localStorage.getItem(KEY) as Theme | null;
export const theme = signal<Theme>(kept && THEMES.includes(kept) ? kept : "system");

effect(() => {
  localStorage.setItem(KEY, theme.value);
  document.documentElement.style.colorScheme = theme.value === "system" ? "light dark" : theme.value;
});
