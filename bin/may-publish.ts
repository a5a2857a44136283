import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { refusalToPublish } from "../lib/cdk/build/publish-guard.ts";
import { PACKAGE_ROOT } from "../lib/cdk/functions/bundles.ts";
import { outliveReader } from "../lib/local/closed-output.ts";

outliveReader();
const refusal = refusalToPublish(JSON.parse(await readFile(join(PACKAGE_ROOT, "package.json"), "utf8")), process.env);
if (refusal !== undefined) {
  console.error(refusal);
  process.exitCode = 1;
}
