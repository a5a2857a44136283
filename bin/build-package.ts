import { join } from "node:path";
import { buildPackageModules } from "../lib/cdk/build/package-modules.ts";
import { PACKAGE_ROOT } from "../lib/cdk/functions/bundles.ts";
import { outliveReader } from "../lib/local/closed-output.ts";
import { LocalRunError } from "../lib/local/local-run-error.ts";
import { orUnwritable } from "../lib/local/unwritable.ts";

outliveReader();
try {
  await orUnwritable(join(PACKAGE_ROOT, "dist"), () => buildPackageModules());
} catch (error) {
  if (!(error instanceof LocalRunError)) throw error;
  // A stack trace would bury the reason.
  console.error(error.message);
  process.exitCode = 1;
}
