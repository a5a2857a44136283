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
/** Numbers that stay the same are written less often, but are written: whoever reads along shall see that it is alive. */
const PLAIN_UNCHANGED_EVERY_MS = 9_000;
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
      const lines = progressBlock(progress, now() - startedMs, widthOf(output));
      erase();
      output.write(`${lines.join("\n")}\n`);
      drawn = lines.length;
    },
    clear: erase,
  };
}

/** A terminal that does not know its size says 0. */
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
