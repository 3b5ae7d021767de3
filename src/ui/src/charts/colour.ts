// Colours of runs that also those tell apart who see few (after Okabe and Ito), readable on light and dark.

const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f"];

export function colour(index: number): string {
  return COLOURS[index % COLOURS.length]!;
}
