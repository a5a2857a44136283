import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { makeRelease, type ReleaseOptions } from "./release.ts";

/** Names every template and zip with its digest, as `sha256sum --check` reads it. */
export const SUMS_FILE = "SHA256SUMS";

export interface WriteOptions extends Omit<ReleaseOptions, "workFolder"> {
  /** The folder that is written to. What an earlier release left there is replaced; other files stay. */
  readonly folder: string;
  /** Files that are copied beside them: the zips hold code of others, whose licences ask to be passed on with it. */
  readonly licences: readonly string[];
}

export interface WrittenFile {
  readonly name: string;
  readonly bytes: number;
}

/**
 * Writes a release: templates, zips, their sums, and the licences of what is in them.
 *
 * @throws as {@link makeRelease}
 */
export async function writeRelease({ folder, licences, ...options }: WriteOptions): Promise<readonly WrittenFile[]> {
  const workFolder = await mkdtemp(join(tmpdir(), "outbox-relay-release-"));
  try {
    const { templates, zips } = makeRelease({ ...options, workFolder });
    const files = [
      ...[...templates].map(([name, template]) => [name, Buffer.from(`${JSON.stringify(template, undefined, 1)}\n`)]),
      ...zips,
    ] as readonly (readonly [name: string, content: Buffer])[];
    await mkdir(folder, { recursive: true });
    await removeFormer(folder);
    for (const [name, content] of files) await writeFile(join(folder, name), content);
    const sums = files.map(([name, content]) => `${createHash("sha256").update(content).digest("hex")}  ${name}\n`);
    await writeFile(join(folder, SUMS_FILE), sums.sort().join(""));
    for (const each of licences) await copyFile(each, join(folder, basename(each)));
    return files.map(([name, { length: bytes }]) => ({ name, bytes }));
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

/** Only what the sums name: the folder may hold files of its owner. */
async function removeFormer(folder: string): Promise<void> {
  let sums: string;
  try {
    sums = await readFile(join(folder, SUMS_FILE), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const names = [...sums.matchAll(/^[0-9a-f]{64} {2}([\w.-]+)$/gm)].map(([, name = ""]) => name);
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true })));
}
