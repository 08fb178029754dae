/// <reference lib="dom" />
/** Keeps the page shown and the address the same. Other targets (the skip link) leave the page as it is. */
import { place } from "./state.ts";

export function startPlaces(): void {
  const follow = () => {
    const name = location.hash.slice(1);
    if (name === "desk" || name === "controls") place.value = name;
  };
  addEventListener("hashchange", follow);
  follow();
}
