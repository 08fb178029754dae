/** Colours that canvases need in code; the same values as in `style.css`. */
export const COLOURS = {
  text: "#aeb8c4",
  line: "#232b35",
  bid: "#4fa6dc",
  bidFill: "#4fa6dc2e",
  ask: "#e2955a",
  askFill: "#e2955a2e",
  mark: "#8994a3",
} as const;

/** One per organism; told apart also with the common colour-vision deficiencies. */
export const SERIES = ["#6db3f2", "#e8b04b", "#5cc8a1", "#d98bd0", "#f0857a", "#a3b86c", "#9a93e8", "#c9a27e"] as const;

export function seriesColour(index: number): string {
  return SERIES[index % SERIES.length];
}
