import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FunctionRole } from "../../contract/deployment/function-role.ts";
import type { TargetKind } from "../../contract/deployment/target-kind.ts";
import { OWN_FOLDER } from "./own-folder.cjs";

/** The compiled file is deeper than its source, so the root is searched for instead of counted. */
export const PACKAGE_ROOT = packageRootAbove(OWN_FOLDER);

/** The folder of the package's own package.json: one without a name only says of what kind the modules beside it are. */
function packageRootAbove(folder: string): string {
  const file = join(folder, "package.json");
  const named = existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name !== undefined;
  const above = dirname(folder);
  return named || above === folder ? folder : packageRootAbove(above);
}

/** Relative to this file, not to the working directory, so that an app in another folder finds the bundles too. */
export const BUNDLES_FOLDER = join(PACKAGE_ROOT, "dist", "lambdas");

/**
 * The one file of a bundle, a CommonJS module; its handler is `index.handler`. An ES module would start 3 ms later:
 * Node then loads every export of its built-in modules.
 */
export const BUNDLE_FILE = "index.js";

/** A file beside each bundle that declares it CommonJS, wherever the bundle is put. */
export const PACKAGE_FILE = "package.json";

/**
 * Files beside each bundle, by the names of the imports that load them. A bundle loads one only where its part is configured; a
 * function without that part is deployed without its file.
 */
export const FILES_BESIDE = { "#archive": "archive.mjs", "#tracing": "tracing.mjs" } as const;
export type FileBeside = keyof typeof FILES_BESIDE;

/** The folder of one bundle, inside the folder of all bundles. A bundle holds one function and one target's client. */
export const bundleFolder = (bundlesFolder: string, name: FunctionRole, target: TargetKind): string =>
  join(bundlesFolder, `${name}-${target}`);

/** The audit's bundle: one for all targets, since it publishes nothing. */
export const AUDIT_BUNDLE = "audit";

/** A function's code is missing: it has to be built first. */
export class BundleMissingError extends Error {
  override readonly name = "BundleMissingError";
}

/**
 * The folder of a bundle that exists.
 *
 * @throws BundleMissingError when the bundle was not built.
 */
export const requireBundle = (bundlesFolder: string, name: FunctionRole, target: TargetKind): string =>
  required(bundleFolder(bundlesFolder, name, target), `The ${name}'s bundle for the target ${target}`);

/** {@link requireBundle} for the audit. */
export const requireAuditBundle = (bundlesFolder: string): string =>
  required(join(bundlesFolder, AUDIT_BUNDLE), "The audit's bundle");

function required(folder: string, what: string): string {
  const file = join(folder, BUNDLE_FILE);
  if (!existsSync(file)) throw new BundleMissingError(`${what}, ${file}, is missing: run npm run build.`);
  return folder;
}
