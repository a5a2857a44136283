import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Plugin } from "esbuild";
import { PACKAGE_ROOT } from "../functions/bundles.ts";

const standIn = (name: string): string => join(PACKAGE_ROOT, "lib", "aws", "lambda-sdk", `${name}.ts`);

/** Packages of the AWS SDK that are not needed in Lambda. */
export const LAMBDA_SDK_ALIASES = {
  "@aws-sdk/credential-provider-node": standIn("credentials"),
  "@aws-sdk/middleware-endpoint-discovery": standIn("endpoint-discovery"),
  "@aws-sdk/signature-v4-multi-region": standIn("one-region-signer"),
};

/** The codec of rows. */
const CODEC = join(PACKAGE_ROOT, "lib", "contract", "codec");

/** Replaces modules, most of them of the AWS SDK, that a function would load or run without need before its first call. */
export const lambdaSdkPlugin: Plugin = {
  name: "lambda-sdk",
  setup(build) {
    build.onResolve({ filter: /\/loadSharedConfigFiles$/ }, () => ({ path: standIn("config-files") }));
    build.onResolve({ filter: /\/(stream-type-check|isStreamingPayload)$/ }, () => ({ path: standIn("stream-types") }));
    build.onResolve({ filter: /^\.\/uuid\/v4$/ }, () => ({ path: standIn("uuid") }));
    build.onResolve({ filter: /^node:zlib$/ }, ({ resolveDir }) =>
      resolveDir === CODEC ? { path: standIn("zlib") } : undefined,
    );
    // Each client takes its version from its manifest, and esbuild would keep the rest of it as well: 7 KB.
    build.onLoad({ filter: /[\\/]@aws-sdk[\\/]client-[\w-]+[\\/]package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, "utf8"));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
    // Because of a dynamic import esbuild would keep the whole module with its imports: 20 KB that no call needs.
    build.onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: standIn("event-streams") } : undefined,
    );
  },
};
