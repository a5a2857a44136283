import { relative } from "node:path";
import { type BuildFailure, formatMessages } from "esbuild";
import { buildBundles } from "../lib/cdk/bundler.ts";

// The CDK app's command builds before every synth and has nothing to say there; `npm run build` shows the sizes.
const quiet = process.argv.includes("--quiet");

try {
  for (const { file, bytes } of await buildBundles()) {
    if (!quiet) {
      console.log(`${relative(process.cwd(), file)}  ${(bytes / 1024).toFixed(0)} KB`);
    }
  }
} catch (error) {
  if (!isBuildFailure(error)) {
    throw error;
  }
  // The place in the source says more than a stack trace through the bundler.
  console.error((await formatMessages(error.errors, { kind: "error" })).join(""));
  process.exit(1);
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && "warnings" in error;
}
