import { join } from "node:path";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";
import { PROJECT_ROOT } from "../../lib/local/run-folder.ts";

/** Bundles an entry as the build of a service does. */
async function bundle(entry: string) {
  const { metafile, outputFiles } = await build({
    entryPoints: [join(PROJECT_ROOT, "lib", entry, "index.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    minify: true,
    write: false,
    metafile: true,
    // As in Lambda, whose runtime has the SDK.
    external: ["@aws-sdk/*"],
    outdir: "out",
  });
  return { inputs: Object.keys(metafile.inputs), bytes: outputFiles[0]?.contents.length ?? 0 };
}

describe.each([
  ["client", 47_000],
  ["consumer", 45_000],
  ["testing", 60_000],
])("the entry %s", (entry, maxBytes) => {
  it("holds no construct, no adapter and nothing of the CDK, and is small", async () => {
    const { inputs, bytes } = await bundle(entry);
    expect(inputs.filter((path) => /aws-cdk|constructs|lib\/(cdk|adapters|local)\//.test(path))).toEqual([]);
    expect(bytes).toBeLessThan(maxBytes);
  });

  it("holds nothing of the entries above it", async () => {
    const above = { client: /lib\/(consumer|testing)\//, consumer: /lib\/testing\//, testing: /^$/ }[entry];
    expect((await bundle(entry)).inputs.filter((path) => above?.test(path))).toEqual([]);
  });
});
