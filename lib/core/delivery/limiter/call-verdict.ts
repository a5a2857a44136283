/** How one call ended, as the destination's health sees it. `unclear`: one of its events may have failed it. */
export type CallVerdict = "answered" | "throttled" | "failed" | "unclear";
