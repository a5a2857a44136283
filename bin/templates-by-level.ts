import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { PACKAGE_ROOT } from "../lib/cdk/functions/bundles.ts";
import { OutboxRelayStack } from "../lib/cdk/outbox-relay-stack.ts";
import { MONITORING_LEVELS } from "../lib/cdk/relay-settings.ts";
import { readAppSettings } from "../lib/cdk/settings.ts";
import { outliveReader } from "../lib/local/closed-output.ts";

/**
 * Prints the app's template at each level of monitoring, as one JSON object, from which `npm run bench -- cost`
 * computes prices. It is a separate process, since the CDK's types and the benchmark's need different compiler options.
 *
 * Arguments: the folder of the functions' bundles, and a folder to synthesize into.
 */
const [bundlesFolder = "", outputFolder = ""] = process.argv.slice(2);
const { context } = JSON.parse(readFileSync(join(PACKAGE_ROOT, "cdk.json"), "utf8"));
outliveReader();
const templates = MONITORING_LEVELS.map((monitoring) => {
  const app = new App({ context, outdir: join(outputFolder, monitoring) });
  new OutboxRelayStack(app, "OutboxRelay", { settings: readAppSettings({ monitoring }), bundlesFolder });
  return [monitoring, app.synth().getStackByName("OutboxRelay").template];
});
console.log(JSON.stringify(Object.fromEntries(templates)));
