import type { View } from "../../lib/cloudwatch/widgets.ts";

/** What the page draws. */
export interface Page {
  readonly title: string;
  /** What was worth keeping: the first row at some moments. */
  readonly moments: readonly Moment[];
  readonly views: readonly View[];
  /** Epoch milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly note: string;
}

export interface Moment {
  readonly title: string;
  readonly tone: "calm" | "trouble";
  readonly atMs: number;
  readonly views: readonly View[];
}
