import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { type BuildFailure, formatMessages } from "esbuild";
import { BILL_FILE, billOfMaterials } from "../lib/cdk/build/bill-of-materials.ts";
import { buildAuditBundle, buildBundles } from "../lib/cdk/build/bundler.ts";
import { buildCommand } from "../lib/cdk/build/command-bundle.ts";
import { NOTICES_FILE, readTerms, thirdPartyNotices } from "../lib/cdk/build/third-party.ts";
import { PACKAGE_ROOT } from "../lib/cdk/functions/bundles.ts";
import { outliveReader } from "../lib/local/closed-output.ts";
import { LocalRunError } from "../lib/local/local-run-error.ts";
import { orUnwritable } from "../lib/local/unwritable.ts";

const DIST = join(PACKAGE_ROOT, "dist");
// The CDK app's command builds before every synth, quietly; `npm run build` shows the sizes.
const quiet = process.argv.includes("--quiet");
// The package contains the bundled code, so it must contain its licences, and says what there is of it.
const withNotices = process.argv.includes("--notices");

outliveReader();
try {
  const bundles = await orUnwritable(DIST, async () => [...(await buildBundles()), await buildAuditBundle()]);
  for (const { file, bytes } of bundles) {
    if (!quiet) {
      console.log(`${relative(process.cwd(), file)}  ${(bytes / 1024).toFixed(0)} KB`);
    }
  }
  if (withNotices) {
    const packages = [...bundles, await orUnwritable(DIST, buildCommand)].flatMap((each) => each.packages);
    const [[subject], terms] = await Promise.all([readTerms([PACKAGE_ROOT]), readTerms(packages)]);
    if (subject === undefined) throw new Error(`${PACKAGE_ROOT} is not a package`);
    await orUnwritable(DIST, async () => {
      await writeFile(join(DIST, NOTICES_FILE), thirdPartyNotices(terms));
      await writeFile(join(DIST, BILL_FILE), `${JSON.stringify(billOfMaterials(subject, terms), undefined, 2)}\n`);
    });
  }
} catch (error) {
  if (error instanceof LocalRunError) {
    console.error(error.message);
    process.exit(1);
  }
  if (!isBuildFailure(error)) {
    throw error;
  }
  // The place in the source helps more than a stack trace through the bundler.
  console.error((await formatMessages(error.errors, { kind: "error" })).join(""));
  process.exit(1);
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && "warnings" in error;
}
