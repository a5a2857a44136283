// Synthesizes a function whose code the CDK bundles, and prints where that code is.
const { readdirSync } = require("node:fs");
const { join } = require("node:path");
const { App, Stack } = require("aws-cdk-lib");
const { Runtime } = require("aws-cdk-lib/aws-lambda");
const { NodejsFunction } = require("aws-cdk-lib/aws-lambda-nodejs");

const app = new App({ outdir: join(__dirname, "cdk.out") });
new NodejsFunction(new Stack(app, "Shop"), "Reserve", {
  entry: join(__dirname, "handler.ts"),
  depsLockFilePath: join(__dirname, "package-lock.json"),
  runtime: Runtime.NODEJS_24_X,
});
const { directory } = app.synth();
const asset = readdirSync(directory).find((name) => name.startsWith("asset."));
console.log(join(directory, asset, "index.js"));
