import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { removeFolder, removeLeftovers } from "./leftovers.ts";
import { orUnwritable } from "./unwritable.ts";

export const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The folder for all files of local runs; git ignores it, and it may be deleted at any time. */
export const LOCAL_FOLDER = join(PROJECT_ROOT, ".ministack");

/** The files of one run. All are deleted when the run succeeds; after a failure the logs stay. */
export interface RunFolder {
  readonly path: string;
  readonly logs: string;
  readonly home: string;
  readonly temp: string;
  /** Deletes the files, and the logs too unless they are to be kept. */
  remove(options: { readonly keepLogs: boolean }): Promise<void>;
}

/**
 * Makes the folder of one run, and deletes the folders of killed runs.
 *
 * @param localFolder holds the runs' folders. @default {@link LOCAL_FOLDER}
 * @throws LocalRunError if the folder cannot be written to.
 */
export async function makeRunFolder(localFolder: string = LOCAL_FOLDER): Promise<RunFolder> {
  const runs = join(localFolder, "runs");
  const folder = await orUnwritable(localFolder, async () => {
    await mkdir(runs, { recursive: true });
    await removeLeftovers(runs, "");
    const path = await mkdtemp(join(runs, `${process.pid}-`));
    const folder = { path, logs: join(path, "logs"), home: join(path, "home"), temp: join(path, "tmp") };
    for (const each of [folder.logs, folder.home, folder.temp]) {
      await mkdir(each, { recursive: true });
    }
    // MiniStack runs functions through a CommonJS script in the temporary folder, but the project's package.json
    // declares ESM.
    await writeFile(join(path, "package.json"), '{ "type": "commonjs" }\n');
    return folder;
  });
  const { path } = folder;
  return {
    ...folder,
    async remove({ keepLogs }) {
      const doomed = keepLogs ? [folder.home, folder.temp, join(path, "cdk.out"), join(path, "package.json")] : [path];
      await Promise.all(doomed.map(removeFolder));
    },
  };
}
