import type { Writable } from "node:stream";
import { stripVTControlCharacters, styleText } from "node:util";

export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface OutputOptions {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** One JSON document on standard output, and nothing else there. */
  readonly json: boolean;
  readonly environment: NodeJS.ProcessEnv;
}

/** Where a command tells what it found: for people, or as JSON for scripts. */
export interface Output {
  readonly json: boolean;
  /** A line for people. Nothing where JSON was asked for. */
  line(text?: string): void;
  table(columns: readonly string[], rows: readonly (readonly string[])[]): void;
  /** Name and value, aligned. */
  facts(facts: readonly (readonly [name: string, value: string])[]): void;
  /** The document for scripts. Nothing where people read. */
  document(value: unknown): void;
  /** Shows on standard error how far long work has come. On a terminal that is one line that changes. */
  progress(text: string): void;
  warn(text: string): void;
  readonly paint: Paint;
}

const STYLES = ["bold", "dim", "red", "green", "yellow"] as const;
type Style = (typeof STYLES)[number];
export type Paint = Readonly<Record<Style, (text: string) => string>>;

/** Colours for a terminal, and for nothing else: https://no-color.org */
function paintFor(coloured: boolean): Paint {
  // The caller has checked the stream. Node would check its own standard output.
  const painted = (style: Style) => (text: string) =>
    coloured ? styleText(style, text, { validateStream: false }) : text;
  return Object.fromEntries(STYLES.map((style) => [style, painted(style)])) as Paint;
}

const GAP = "  ";

export function outputTo({ stdout, stderr, json, environment }: OutputOptions): Output {
  const paint = paintFor(stdout.isTTY === true && environment["NO_COLOR"] === undefined && !json);
  let progressShown = false;
  const endProgress = () => {
    if (progressShown) stderr.write("\r\u001b[K");
    progressShown = false;
  };
  const line = (text = "") => {
    if (json) return;
    endProgress();
    stdout.write(`${text}\n`);
  };
  return {
    json,
    paint,
    line,
    table(columns, rows) {
      const widths = columns.map((name, index) =>
        Math.max(name.length, ...rows.map((row) => stripVTControlCharacters(row[index] ?? "").length)),
      );
      const laidOut = (cells: readonly string[]) =>
        cells.map((cell, index) => (index === cells.length - 1 ? cell : padded(cell, widths[index] ?? 0))).join(GAP);
      line(paint.dim(laidOut(columns.map((name) => name.toUpperCase()))));
      for (const row of rows) line(laidOut(row));
    },
    facts(facts) {
      const width = Math.max(0, ...facts.map(([name]) => name.length));
      for (const [name, value] of facts) line(`${paint.dim(name.padEnd(width))}${GAP}${value}`);
    },
    document(value) {
      if (json) stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    progress(text) {
      if (stderr.isTTY !== true) return;
      stderr.write(`\r\u001b[K${text.slice(0, (stderr.columns ?? 80) - 1)}`);
      progressShown = true;
    },
    warn(text) {
      endProgress();
      stderr.write(`${text}\n`);
    },
  };
}

const padded = (text: string, width: number): string =>
  text + " ".repeat(Math.max(0, width - stripVTControlCharacters(text).length));

// biome-ignore lint/suspicious/noControlCharactersInRegex: a writer's text must not move the operator's cursor.
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g;

/** A text that somebody else wrote, fit for a terminal. */
export const plain = (text: string): string =>
  text.replaceAll(CONTROLS, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);

/** The beginning of a long text. */
export const cut = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;
