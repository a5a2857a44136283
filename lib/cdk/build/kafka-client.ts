import { join } from "node:path";
import type { Plugin } from "esbuild";
import { PACKAGE_ROOT } from "../functions/bundles.ts";

const STAND_INS = join(PACKAGE_ROOT, "lib", "targets", "kafka", "client-stand-ins.ts");

/** Packages that the Kafka client loads for features that the relay does not use. */
export const KAFKA_CLIENT_ALIASES = {
  "ajv/dist/2020.js": STAND_INS,
  debug: STAND_INS,
  "@platformatic/wasm-utils": STAND_INS,
};

const CLIENT = /^@platformatic\/kafka$/;
const INSIDE_CLIENT = /[\\/]@platformatic[\\/]kafka[\\/]/;

/**
 * Keeps unused parts of the Kafka client out of the bundle. The client is one module with an administrator, a consumer,
 * three schema registries and every request of the protocol. It does not declare its files free of side effects, so
 * esbuild would keep them all: 400 KB, most of it read and compiled at every cold start.
 */
export const kafkaClientPlugin: Plugin = {
  name: "kafka-client",
  setup(build) {
    build.onResolve({ filter: /^\.|^@platformatic\/kafka$/ }, async ({ path, importer, pluginData, ...from }) => {
      const isClient = CLIENT.test(path) || INSIDE_CLIENT.test(importer);
      // Guards against recursion: resolving calls this plugin again.
      if (!isClient || pluginData === kafkaClientPlugin) return undefined;
      const resolved = await build.resolve(path, { ...from, importer, pluginData: kafkaClientPlugin });
      return { ...resolved, sideEffects: false };
    });
  },
};
