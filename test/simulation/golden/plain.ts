/** Epoch milliseconds in a string. They are printed from the story's beginning. */
export const relative = (text: string, startMs: number): string =>
  text.replace(/\b1[67]\d{11}\b(?:\.\d+)?/g, (atMs) => `+${((Number(atMs) - startMs) / 1_000).toFixed(1)}s`);

/** JSON as people read it: a row by its event and marks, names without quotes, times from the beginning. */
export function plain(json: string, startMs: number): string {
  if (json === "") return "done";
  if (json.startsWith("fails: ")) return json;
  return relative(told(JSON.parse(json)), startMs);
}

function told(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "nothing" : value.map(told).join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  const fields = value as Readonly<Record<string, unknown>>;
  const { content, marks, receipt } = fields;
  if (marks !== undefined) return rowText(fields, marks as Readonly<Record<string, unknown>>);
  if (typeof receipt === "object") {
    // What the target calls the event is of no interest.
    const { receipt: _receipt, ...others } = fields;
    return told(others);
  }
  if (receipt !== undefined) {
    const { id, kind } = content as { readonly id?: string; readonly kind: string };
    return `receipt ${String(receipt)} of ${id ?? kind}`;
  }
  return Object.entries(fields)
    .map(([name, each]) => (name === "kind" ? told(each) : `${name} ${bracketed(each)}`))
    .join(" ");
}

const bracketed = (value: unknown): string =>
  typeof value === "object" && value !== null ? `(${told(value)})` : told(value);

/** A whole row, or a row as a scan sees it. */
function rowText({ content, id }: Readonly<Record<string, unknown>>, marks: Readonly<Record<string, unknown>>): string {
  const event = (content as { readonly event?: { readonly id?: string } } | undefined)?.event;
  return `${event?.id ?? String(id)}${markText(marks)}`;
}

function markText({ attempts, ...marks }: Readonly<Record<string, unknown>>): string {
  const all = { ...(attempts === 0 ? {} : { attempts }), ...marks };
  return Object.keys(all).length === 0 ? "" : ` (${told(all)})`;
}
