// The name under which this browser changes things, where no proxy gives one; remembered.

import { effect, signal } from "@preact/signals";

const KEY = "runlog-actor";
export const actor = signal(localStorage.getItem(KEY) ?? "");

effect(() => localStorage.setItem(KEY, actor.value));
