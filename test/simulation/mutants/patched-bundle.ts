import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { bodyOf, extentOf } from "./named-function.ts";

/** A change to a source file that makes the protocol wrong. It is applied to a bundle of the simulation, never to the file. */
export interface Patch {
  /** From the repository's root. */
  readonly file: string;
  /** The function that is changed. @default the whole file is searched */
  readonly within?: string | undefined;
  /** Absent: the function does nothing but answer with {@link replace}. */
  readonly find?: string;
  readonly replace: string;
}

/** Changes a text of a function. */
export const inFunction = (file: string, within: string, find: string, replace: string): Patch => ({
  ...{ file, within, find, replace },
});

/** Has a function do nothing but answer. */
export const answering = (file: string, within: string, replace: string): Patch => ({ file, within, replace });

/** Changes a text outside of any function. */
export const inFile = (file: string, find: string, replace: string): Patch => ({ file, find, replace });

const ROOT = join(import.meta.dirname, "..", "..", "..");

/**
 * Bundles a program of the simulation with some of the sources changed, inside the bundle only.
 *
 * @throws when a patch does not fit exactly one place of its file.
 */
export async function bundlePatched(entry: string, outfile: string, patches: readonly Patch[]): Promise<void> {
  const byFile = new Map<string, Patch[]>();
  for (const patch of patches) {
    const file = join(ROOT, patch.file);
    byFile.set(file, [...(byFile.get(file) ?? []), patch]);
  }
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "silent",
    plugins: [
      {
        name: "patches",
        setup: ({ onLoad }) => {
          onLoad({ filter: /\.ts$/ }, async ({ path }) => {
            const mine = byFile.get(path);
            if (mine === undefined) return undefined;
            return { contents: mine.reduce(patched, await readFile(path, "utf8")), loader: "ts" };
          });
        },
      },
    ],
  });
}

/** @throws when the patch does not fit exactly one place. */
export function patched(source: string, { file, within, find, replace }: Patch): string {
  const { begin, end } = within === undefined ? { begin: 0, end: source.length } : extentOf(source, within, file);
  const part = source.slice(begin, end);
  const changed = find === undefined ? answeringAtOnce(part, replace) : part.split(find);
  const [before, after, ...more] = changed;
  if (before === undefined || after === undefined || more.length > 0) {
    const place = within === undefined ? file : `${within} in ${file}`;
    throw new Error(`A patch must fit exactly one place of ${place}, and does not: ${find ?? replace}`);
  }
  return source.slice(0, begin) + before + (find === undefined ? "" : replace) + after + source.slice(end);
}

/** A function's text in two parts, with its answer at the end of the first. The rest of a block is never reached. */
function answeringAtOnce(text: string, answer: string): readonly string[] {
  const body = bodyOf(text);
  if (body === undefined) return [];
  const before = text.slice(0, body.at);
  if (body.kind === "block") return [`${before}return ${answer};\n`, text.slice(body.at)];
  return [`${before} ${answer}`, /[;,]\s*$/.exec(text)?.[0] ?? ""];
}
