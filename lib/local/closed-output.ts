import type { EventEmitter } from "node:events";

/**
 * A reader that has seen enough, such as `head`, closes the pipe. That is not an error of this program. Without a
 * listener Node would end the process with a stack trace, and the processes it started would stay behind.
 *
 * @param closed is called at most once.
 * @returns what stops listening.
 */
export function onClosedOutput(outputs: readonly EventEmitter[], closed: () => void): () => void {
  let told = false;
  const failed = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (told) return;
    told = true;
    closed();
  };
  for (const output of outputs) output.on("error", failed);
  return () => {
    for (const output of outputs) output.off("error", failed);
  };
}

const bothOutputs = () => [process.stdout, process.stderr];

/** Ends this process when its reader has gone, for nothing but the reader wants what it does. A failure keeps its code. */
export const endWithReader = (): (() => void) => onClosedOutput(bothOutputs(), () => process.exit());

/** Goes on unread when the reader has gone, for this process leaves something behind, or has something to tidy up. */
export const outliveReader = (): (() => void) => onClosedOutput(bothOutputs(), () => {});
