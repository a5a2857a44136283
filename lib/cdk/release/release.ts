import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { readFields } from "../../contract/settings/setting-reader.ts";
import { PACKAGE_ROOT } from "../functions/bundles.ts";
import { ReleasedCode } from "./released-code.ts";
import {
  RELEASED_SETTING_NAMES,
  type ReleasedSettings,
  ReleasedStack,
  type ReleasedTemplate,
} from "./released-stack.ts";
import { RELEASED_TARGETS, type ReleasedTarget } from "./released-targets.ts";

const PLAIN = { isOrdered: false, table: "own", hasAlarms: true, hasArchive: false } as const;
/** Those with variants. HTTP with a bearer token is a variant of HTTP itself. */
const VARIED: readonly ReleasedTarget[] = ["eventbridge", "sqs", "sns", "kinesis", "http"];
/** Targets with a template for order per key. Order at the others needs an app of the CDK. */
const ORDERED: readonly ReleasedTarget[] = ["sqs", "sns", "kinesis"];

/**
 * The released templates. Each target with a table of its own, no order, a dashboard and alarms; and what changes the
 * structure, one thing at a time. Any other combination is an app of the CDK.
 */
export const RELEASED_TEMPLATES: readonly ReleasedTemplate[] = [
  ...(Object.keys(RELEASED_TARGETS) as ReleasedTarget[]).map((target) => ({ ...PLAIN, target, name: target })),
  ...ORDERED.map((target) => ({ ...PLAIN, target, name: `${target}-per-key`, isOrdered: true })),
  ...VARIED.map((target) => ({ ...PLAIN, target, name: `${target}-given-table`, table: "given" as const })),
  ...VARIED.map((target) => ({ ...PLAIN, target, name: `${target}-without-alarms`, hasAlarms: false })),
  ...VARIED.map((target) => ({ ...PLAIN, target, name: `${target}-with-archive`, hasArchive: true })),
];

export interface ReleaseOptions {
  readonly version: string;
  readonly bundlesFolder: string;
  /** The CDK writes its assemblies here. */
  readonly workFolder: string;
  /** Settings of every template that need their values at synth. @default the construct's defaults */
  readonly settings?: unknown;
  /** @default {@link RELEASED_TEMPLATES} */
  readonly released?: readonly ReleasedTemplate[];
}

export interface Release {
  /** By the names of their files. */
  readonly templates: ReadonlyMap<string, object>;
  readonly zips: ReadonlyMap<string, Buffer>;
}

/**
 * Makes the templates and zips of a release out of the construct itself.
 *
 * @throws SettingError naming the setting, the value and what is allowed.
 * @throws BundleMissingError when the functions' code was not built.
 */
export function makeRelease(options: ReleaseOptions): Release {
  const { version, bundlesFolder, workFolder, settings: given = {}, released = RELEASED_TEMPLATES } = options;
  // Their values are checked by the construct.
  const settings = readFields("settings", given, RELEASED_SETTING_NAMES) as ReleasedSettings;
  const { context } = JSON.parse(readFileSync(join(PACKAGE_ROOT, "cdk.json"), "utf8"));
  const templates = new Map<string, object>();
  const zips = new Map<string, Buffer>();
  for (const template of released) {
    // An app for each: relays of one app must not share a table or a name.
    const app = new App({ context, outdir: join(workFolder, template.name), analyticsReporting: false });
    const code = new ReleasedCode();
    const stack = new ReleasedStack(app, { template, code, version, bundlesFolder, settings });
    templates.set(`${template.name}.template.json`, app.synth().getStackArtifact(stack.artifactId).template);
    for (const [name, content] of code.zips) zips.set(name, content);
  }
  return { templates, zips };
}
