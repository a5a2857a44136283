import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { NOTICES_FILE } from "../lib/cdk/build/third-party.ts";
import { BUNDLES_FOLDER, BundleMissingError, PACKAGE_ROOT } from "../lib/cdk/functions/bundles.ts";
import { writeRelease } from "../lib/cdk/release/write-release.ts";
import { refuse, SettingError } from "../lib/contract/settings/setting-reader.ts";
import { outliveReader } from "../lib/local/closed-output.ts";
import { LocalRunError } from "../lib/local/local-run-error.ts";
import { orUnwritable } from "../lib/local/unwritable.ts";

const HELP = `Writes templates for CloudFormation, and the functions' zips, for people without the CDK: docs/cloudformation.md.

  npm run release:assets -- [options]

  --output <folder>   where to (dist/release)
  --settings <json>   settings of every template that are no parameters, such as '{"memoryMb":2048}': the construct's props
  --help`;

outliveReader();
try {
  const { output, settings, help } = options();
  if (help) console.log(HELP);
  else {
    const { version } = JSON.parse(await readFile(join(PACKAGE_ROOT, "package.json"), "utf8"));
    const written = await orUnwritable(output, () =>
      writeRelease({
        folder: output,
        version,
        bundlesFolder: BUNDLES_FOLDER,
        licences: [join(PACKAGE_ROOT, "LICENSE"), join(PACKAGE_ROOT, "dist", NOTICES_FILE)],
        settings,
      }),
    );
    for (const { name, bytes } of written) console.log(`${name}  ${(bytes / 1024).toFixed(0)} KB`);
    console.log(`${written.length} files are in ${output}. How to deploy them: docs/cloudformation.md`);
  }
} catch (error) {
  const isTheirs =
    error instanceof SettingError || error instanceof BundleMissingError || error instanceof LocalRunError;
  if (!isTheirs) throw error;
  // A user's mistake is reported in one line: a stack trace would bury it.
  console.error(error.message);
  process.exitCode = 1;
}

function options(): { readonly output: string; readonly settings: unknown; readonly help: boolean } {
  const { output, settings, help } = parsed();
  return {
    output: resolve(output ?? join(PACKAGE_ROOT, "dist", "release")),
    settings: settings === undefined ? {} : settingsIn(settings),
    help: help === true,
  };
}

function parsed() {
  try {
    return parseArgs({
      options: { output: { type: "string" }, settings: { type: "string" }, help: { type: "boolean" } },
    }).values;
  } catch (error) {
    throw new LocalRunError(`${(error as Error).message}\n\n${HELP}`);
  }
}

function settingsIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse("--settings", text, "it must be an object in JSON");
  }
}
