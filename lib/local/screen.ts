import { type Progress, progressBlock, progressLine } from "./progress.ts";

/** Where the run tells what happens. */
export interface Screen {
  /** A line that stays. Where there is no terminal it carries the time. */
  say(line: string): void;
  /** Lines that stay as they are, fit for copying. */
  print(lines: readonly string[]): void;
  /** The state of things. On a terminal one block is drawn again and again; elsewhere a line is written now and then. */
  show(progress: Progress): void;
  /** Takes the block away: what is said next stays below what was said last. */
  clear(): void;
}

export interface ScreenOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const PLAIN_EVERY_MS = 3_000;
const DEFAULT_COLUMNS = 80;

/** @param now - milliseconds on any clock that only goes forward. */
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
      const lines = progressBlock(progress, now() - startedMs, output.columns ?? DEFAULT_COLUMNS);
      erase();
      output.write(`${lines.join("\n")}\n`);
      drawn = lines.length;
    },
    clear: erase,
  };
}

function plainScreen(output: ScreenOutput, now: () => number): Screen {
  const startedMs = now();
  const stamp = () => `[${((now() - startedMs) / 1000).toFixed(1).padStart(6)} s]`;
  let lastMs = Number.NEGATIVE_INFINITY;
  let lastPhase = "";
  return {
    say(line) {
      output.write(`${stamp()} ${line}\n`);
    },
    print(lines) {
      output.write(`${lines.join("\n")}\n`);
    },
    show(progress) {
      if (now() - lastMs < PLAIN_EVERY_MS && progress.phase === lastPhase) {
        return;
      }
      lastMs = now();
      lastPhase = progress.phase;
      output.write(`${stamp()} ${progressLine(progress)}\n`);
    },
    clear() {},
  };
}
