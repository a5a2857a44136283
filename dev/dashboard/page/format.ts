/** A number in few characters, readable from a distance. */
export function formatValue(value: number | undefined): string {
  if (value === undefined) return "–";
  const size = Math.abs(value);
  if (size >= 1e6) return `${trimmed(value / 1e6)}M`;
  if (size >= 1e4) return `${trimmed(value / 1e3)}k`;
  if (size === 0 || Number.isInteger(value)) return String(value);
  return size >= 100 ? value.toFixed(0) : size >= 1 ? value.toFixed(1) : String(Number(value.toPrecision(2)));
}

const trimmed = (value: number): string => value.toFixed(1).replace(/\.0$/, "");

export const formatTime = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
