import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

/** A change to a source file that makes the protocol wrong. Only a bundle of the simulation can apply it, and only to itself. */
export interface Patch {
  /** From the repository's root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const ROOT = join(import.meta.dirname, "..", "..");

/**
 * Bundles a program of the simulation with some of the sources changed, on the way into the bundle alone.
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
export function patched(source: string, { file, find, replace }: Patch): string {
  const [before, after, ...more] = source.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(`A patch must fit exactly one place of ${file}, and does not: ${find}`);
  }
  return before + replace + after;
}
