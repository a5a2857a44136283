import { join } from "node:path";
import { build } from "esbuild";
import { PACKAGE_ROOT } from "../functions/bundles.ts";
import { bundledPackages } from "./third-party.ts";

export interface CommandBundle {
  readonly file: string;
  /** The folders of the packages whose code it holds. */
  readonly packages: readonly string[];
}

/** Node gives ES modules no `require`, and packages in CommonJS call it for Node's own modules. */
const REQUIRE = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Builds the operator's command into one file. It is not minified: whoever runs it can read what acts on their table.
 *
 * @param file @default `dist/bin/outbox-relay.js` of the package, which `bin/outbox-relay.js` runs
 */
export async function buildCommand(
  file: string = join(PACKAGE_ROOT, "dist", "bin", "outbox-relay.js"),
): Promise<CommandBundle> {
  const { metafile } = await build({
    absWorkingDir: PACKAGE_ROOT,
    entryPoints: [join(PACKAGE_ROOT, "bin", "outbox-relay.ts")],
    outfile: file,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    mainFields: ["module", "main"],
    banner: { js: REQUIRE },
    logLevel: "warning",
    metafile: true,
  });
  return { file, packages: bundledPackages(metafile, PACKAGE_ROOT) };
}
