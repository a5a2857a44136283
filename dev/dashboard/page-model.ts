import type { View } from "../../lib/cloudwatch/widgets.ts";

/** The data that the page draws. */
export interface Page {
  readonly title: string;
  /** Snapshots of the first row, at chosen moments. */
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
