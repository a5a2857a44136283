/** The state of the run at one moment. */
export interface Progress {
  /** A description of the current fault of the target. */
  readonly phase: string;
  readonly events: number;
  readonly written: number;
  readonly delivered: number;
  /** Rows in the outbox table. */
  readonly waiting: number;
  /** Messages in the dead-letter queue. */
  readonly parked: number;
  readonly requeued: number;
  /** Copies beyond the first. */
  readonly duplicates: number;
  /** Latency of the latest deliveries, in milliseconds from the row's write. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
}

const BAR_WIDTH = 30;

/** A block of a few lines, for a terminal that draws it again and again. */
export function progressBlock(progress: Progress, elapsedMs: number, width: number): string[] {
  const { events, written, delivered, waiting, parked, requeued, duplicates, p50Ms, p99Ms } = progress;
  const lines = [
    "",
    `  ${progress.phase}`,
    `  ${bar(delivered, written, events)} ${delivered} of ${events} delivered  ${seconds(elapsedMs)}`,
    `  written ${pad(written)}   delivered ${pad(delivered)}   waiting    ${pad(waiting)}`,
    `  parked  ${pad(parked)}   requeued  ${pad(requeued)}   duplicates ${pad(duplicates)}`,
    `  latency of the latest: p50 ${duration(p50Ms)}, p99 ${duration(p99Ms)}`,
  ];
  return lines.map((line) => line.slice(0, Math.max(1, width - 1)));
}

/** The numbers as one line, for a file or a pipe. */
export function progressLine(progress: Progress): string {
  const { written, delivered, waiting, parked, requeued, duplicates, p50Ms, p99Ms } = progress;
  return [
    `written ${written}`,
    `delivered ${delivered}`,
    `waiting ${waiting}`,
    `parked ${parked}`,
    `requeued ${requeued}`,
    `duplicates ${duplicates}`,
    `p50 ${duration(p50Ms)}`,
    `p99 ${duration(p99Ms)}`,
  ].join("  ");
}

/** Delivered is solid, written and not yet delivered is shaded. */
function bar(delivered: number, written: number, events: number): string {
  const cells = (count: number) => Math.min(BAR_WIDTH, Math.round((count / Math.max(1, events)) * BAR_WIDTH));
  const solid = cells(delivered);
  const shaded = Math.max(0, cells(written) - solid);
  return `${"█".repeat(solid)}${"▒".repeat(shaded)}${"░".repeat(BAR_WIDTH - solid - shaded)}`;
}

const pad = (count: number): string => String(count).padStart(6);

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export function duration(ms: number | undefined): string {
  if (ms === undefined) {
    return "-";
  }
  return ms < 1000 ? `${Math.round(ms)} ms` : seconds(ms);
}
