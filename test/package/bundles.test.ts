import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { nodeOf, printed } from "./installed.ts";
import { APP_NAMES, type AppName, type NodeMajor } from "./matrix.ts";

const installed = inject("installed");

/** A writer and a handler of events, with OpenTelemetry's API and without AWS's clients: 104 KB, half of it when minified. */
const AT_MOST_BYTES = 110_000;

const HANDLE = `
const bundle = await import(process.argv[1]);
const { handler, writes } = bundle.handler === undefined ? bundle.default : bundle;
const body = { specversion: "1.0", id: "1", source: "/shop", type: "order.placed", data: { orderId: "42" } };
const answer = await handler({ Records: [{ eventSource: "aws:sqs", messageId: "m", body: JSON.stringify(body) }] });
console.log(JSON.stringify({ answer, writes }));`;

async function expectToWork(app: AppName, node: NodeMajor, file: string): Promise<void> {
  const code = await readFile(file, "utf8");
  expect(code.length).toBeLessThan(AT_MOST_BYTES);
  expect(code).not.toMatch(/aws-cdk-lib|constructs/);
  const told = await printed(
    nodeOf(installed, node),
    ["--input-type=module", "--eval", HANDLE, file],
    installed.apps[app],
  );
  const { answer, writes } = JSON.parse(told);
  expect(answer).toEqual({ batchItemFailures: [] });
  expect(writes).toMatchObject([{ Put: { TableName: "outbox", Item: { type: { S: "stock.reserved" } } } }]);
}

describe("a function that writes and handles events, bundled", () => {
  it.each(APP_NAMES)("by NodejsFunction with the %s of everything, is small and works", async (app) => {
    const node = app === "floor" ? "20" : "24";
    // The CDK looks for esbuild by the name of a command.
    const told = await printed("npm", ["exec", "--no", "--", "node", "bundle.cjs"], installed.apps[app]);
    await expectToWork(app, node, told.trim().split("\n").at(-1) ?? "");
  });

  it.each([
    { app: "floor", format: "esm", node: "24", as: "mjs" },
    { app: "newest", format: "cjs", node: "22", as: "cjs" },
  ] as const)(
    "by esbuild as $format with the $app of everything, is small and works",
    async ({ app, format, node, as }) => {
      const folder = installed.apps[app];
      const out = join(folder, `handler.${as}`);
      const args = [
        "handler.ts",
        "--bundle",
        "--platform=node",
        "--packages=bundle",
        "--external:@aws-sdk/*",
        "--target=node20",
      ];
      // CommonJS packages inside of an ES module call require() for Node's own modules.
      const banner =
        "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
      await printed(
        join(folder, "node_modules", ".bin", "esbuild"),
        [...args, `--format=${format}`, `--outfile=${out}`, ...(format === "esm" ? [banner] : [])],
        folder,
      );
      await expectToWork(app, node, out);
    },
  );
});
