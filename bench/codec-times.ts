/** How a row holds an event's data: a JSON string, a map, or gzip of the string. */
export const DATA_FORMS = ["S", "M", "gzip"] as const;
export type DataForm = (typeof DATA_FORMS)[number];

export interface CodecOrder {
  readonly rounds: number;
  readonly warmUpRounds: number;
}

/** Microseconds of CPU per event for each round, under names like `decode S ours` and `encode theirs`. */
export type CodecTimes = Readonly<Record<string, readonly number[]>>;
