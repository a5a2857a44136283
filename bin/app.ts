import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import { BundleMissingError } from "../lib/cdk/functions/bundles.ts";
import { OutboxRelayStack } from "../lib/cdk/outbox-relay-stack.ts";
import { readContextSettings } from "../lib/cdk/settings.ts";
import { SettingError } from "../lib/contract/settings/setting-reader.ts";
import { outliveReader } from "../lib/local/closed-output.ts";

outliveReader();
try {
  const app = new App();
  new OutboxRelayStack(app, "OutboxRelay", { settings: readContextSettings(app.node) });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
} catch (error) {
  if (!(error instanceof SettingError || error instanceof BundleMissingError)) {
    throw error;
  }
  // A user's mistake is reported in one line: a stack trace would bury it.
  console.error(error.message);
  process.exit(1);
}
