import { type Progress, progressBlock, progressLine } from "./progress.ts";

/** The output of the run. */
export interface Screen {
  /** Writes a line that stays. Without a terminal the line starts with the time. */
  say(line: string): void;
  /** Writes lines without a time, fit for copying. */
  print(lines: readonly string[]): void;
  /** Shows the current state. On a terminal one block is redrawn; elsewhere a line is written now and then. */
  show(progress: Progress): void;
  /** Removes the block, so that the next line follows the last one. */
  clear(): void;
}

export interface ScreenOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const PLAIN_EVERY_MS = 3_000;
/** Unchanged numbers are written less often, but still written, to show that the run is alive. */
const PLAIN_UNCHANGED_EVERY_MS = 9_000;
const DEFAULT_COLUMNS = 80;

/** @param now - milliseconds of a monotonic clock. */
export function openScreen(output: ScreenOutput, now: () => number = () => performance.now()): Screen {
  return output.isTTY === true ? terminalScreen(output, now) : plainScreen(output, now);
}

function terminalScreen(output: ScreenOutput, now: () => number): Screen {
  const startedMs = now();
  let drawn = 0;
  const erase = () => {
    if (drawn > 0) {
      output.write(`\u001b[${drawn}A\r\u001b[0J`);
      drawn = 0;
    }
  };
  const print = (lines: readonly string[]) => {
    erase();
    output.write(`${lines.join("\n")}\n`);
  };
  return {
    say: (line) => print([line]),
    print,
    show(progress) {
      const lines = progressBlock(progress, now() - startedMs, widthOf(output));
      erase();
      output.write(`${lines.join("\n")}\n`);
      drawn = lines.length;
    },
    clear: erase,
  };
}

/** A terminal of unknown size reports 0. */
const widthOf = ({ columns = 0 }: ScreenOutput): number => (columns > 0 ? columns : DEFAULT_COLUMNS);

function plainScreen(output: ScreenOutput, now: () => number): Screen {
  const startedMs = now();
  const stamp = () => `[${((now() - startedMs) / 1000).toFixed(1).padStart(6)} s]`;
  let lastMs = Number.NEGATIVE_INFINITY;
  let lastLine = "";
  let lastPhase = "";
  const say = (line: string) => output.write(`${stamp()} ${line}\n`);
  return {
    say,
    print(lines) {
      output.write(`${lines.join("\n")}\n`);
    },
    show(progress) {
      const line = progressLine(progress);
      const pauseMs = line === lastLine ? PLAIN_UNCHANGED_EVERY_MS : PLAIN_EVERY_MS;
      if (progress.phase !== lastPhase) {
        say(`- ${progress.phase}`);
      } else if (now() - lastMs < pauseMs) {
        return;
      }
      say(`  ${line}`);
      lastMs = now();
      lastLine = line;
      lastPhase = progress.phase;
    },
    clear() {},
  };
}
