/** How a row holds an event's data: JSON text, a map, or gzip of the text. */
export const DATA_FORMS = ["S", "M", "gzip"] as const;
export type DataForm = (typeof DATA_FORMS)[number];

export interface CodecOrder {
  readonly rounds: number;
  readonly warmUpRounds: number;
}

/** Microseconds of CPU for one event, round by round, under `decode S ours`, `encode theirs` and the like. */
export type CodecTimes = Readonly<Record<string, readonly number[]>>;
