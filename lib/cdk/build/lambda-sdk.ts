import { join } from "node:path";
import type { Plugin } from "esbuild";
import { PACKAGE_ROOT } from "../functions/bundles.ts";

const standIn = (name: string): string => join(PACKAGE_ROOT, "lib", "aws", "lambda-sdk", `${name}.ts`);

/** Packages of the AWS SDK that are for other places than Lambda. */
export const LAMBDA_SDK_ALIASES = { "@aws-sdk/credential-provider-node": standIn("credentials") };

/** Replaces modules of the AWS SDK that a function loads or runs for nothing. */
export const lambdaSdkPlugin: Plugin = {
  name: "lambda-sdk",
  setup(build) {
    build.onResolve({ filter: /\/loadSharedConfigFiles$/ }, () => ({ path: standIn("config-files") }));
    // A dynamic import makes esbuild keep the module and all of what that imports whole: 20 KB, though no call needs it.
    build.onResolve({ filter: /^@smithy\/core\/event-streams$/ }, ({ kind }) =>
      kind === "dynamic-import" ? { path: standIn("event-streams") } : undefined,
    );
  },
};
