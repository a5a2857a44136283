/**
 * The wire format of PutEvents (AWS JSON 1.1), as far as the fault proxy needs it.
 */

export interface PutEventsEntry {
  readonly Detail?: string;
  readonly [field: string]: unknown;
}

export interface EntryResult {
  readonly EventId?: string;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
}

/** The entries of a PutEvents request; undefined for any other request. */
export function readEntries(target: string | undefined, body: Buffer): readonly PutEventsEntry[] | undefined {
  if (target?.endsWith(".PutEvents") !== true) {
    return undefined;
  }
  const request = parsed(body);
  return isRecord(request) && Array.isArray(request["Entries"]) ? request["Entries"].filter(isRecord) : undefined;
}

/** The results in an answer to PutEvents, in the order of the entries; empty for any other answer. */
export function readResults(body: Buffer): readonly EntryResult[] {
  const answer = parsed(body);
  return isRecord(answer) && Array.isArray(answer["Entries"]) ? answer["Entries"].filter(isRecord) : [];
}

/** The CloudEvents id of an entry, or a note that it has none. */
export function eventIdOf(entry: PutEventsEntry): string {
  const detail = typeof entry.Detail === "string" ? parsed(Buffer.from(entry.Detail)) : undefined;
  const id = isRecord(detail) ? detail["id"] : undefined;
  return typeof id === "string" ? id : "(no id)";
}

/** Ids of the entries that an answer acknowledges. */
export function acknowledgedIds(entries: readonly PutEventsEntry[], results: readonly EntryResult[]): string[] {
  return entries.flatMap((entry, index) => {
    const result = results[index];
    return result !== undefined && result.ErrorCode === undefined ? [eventIdOf(entry)] : [];
  });
}

export function answerOf(results: readonly EntryResult[]): Buffer {
  const failed = results.filter((result) => result.ErrorCode !== undefined).length;
  return Buffer.from(JSON.stringify({ FailedEntryCount: failed, Entries: results }));
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    // Not JSON, so not PutEvents: the proxy passes such a request on unchanged.
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
