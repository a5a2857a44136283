import { HANG_GUARDS } from "./hanging.ts";

/** What the suites of vitest have in common. */
export const NODE_SUITE = {
  environment: "node" as const,
  /** The SDK tells each process that it will leave Node 20 one day; the tests run on 20 and 24. */
  env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
  ...HANG_GUARDS,
};
