import { App } from "aws-cdk-lib";
import { TwoTargetsStack } from "./two-targets-stack.ts";

const app = new App();
// `-c shared='{"minAgeSeconds":60}'` arrives as a string.
new TwoTargetsStack(app, "TwoTargets", { shared: JSON.parse(app.node.tryGetContext("shared") ?? "{}") });
