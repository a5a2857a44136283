import { join } from "node:path";
import { build } from "esbuild";
import { targetPlugin } from "../../lib/cdk/build/bundler.ts";
import { FILES_BESIDE, PACKAGE_ROOT } from "../../lib/cdk/functions/bundles.ts";
import type { TargetKind } from "../../lib/contract/deployment/target-kind.ts";
import { summaryOf } from "../report/statistics.ts";
import type { Row, Workload } from "../workload.ts";

const BYTES_A_KB = 1024;

export const bundleKb: Workload = {
  name: "bundle-kb",
  about: "The relay's bundle for each target, beside the same handler bundled as esbuild does it by default.",
  async run(bench) {
    const relays = (await bench.bundles()).filter(({ functionName }) => functionName === "relay");
    const rows: Row[] = [];
    for (const { target, bytes } of relays) {
      bench.progress(target);
      const theirs = await defaultBytes(target);
      rows.push({
        name: `bundle-kb, ${target}`,
        unit: "KB",
        ours: summaryOf([bytes / BYTES_A_KB]),
        against: { name: "esbuild's defaults", value: summaryOf([theirs / BYTES_A_KB]) },
        ratio: summaryOf([bytes / theirs]),
        goal: { atMost: 1 },
      });
    }
    return rows;
  },
};

/** esbuild with only platform and bundling set: CommonJS parts of the SDK, not minified, all credential providers. */
async function defaultBytes(target: TargetKind): Promise<number> {
  const { outputFiles = [] } = await build({
    entryPoints: [join(PACKAGE_ROOT, "lambdas", "relay.ts")],
    // The target must be chosen.
    plugins: [targetPlugin(PACKAGE_ROOT, target)],
    external: Object.keys(FILES_BESIDE),
    bundle: true,
    platform: "node",
    write: false,
    logLevel: "silent",
  });
  return outputFiles.reduce((sum, { contents }) => sum + contents.length, 0);
}
