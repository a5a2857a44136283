import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { buildBundles } from "../lib/cdk/bundler.ts";
import { defaultConcurrency } from "../lib/core/settings.ts";
import { nodeOn, type Placement, placement } from "./cores.ts";
import { report } from "./report.ts";
import { BUS_NAME, TABLE_NAME } from "./rows.ts";
import { TABLE_MS, TARGET_MS } from "./stub-server.ts";
import type { ClientMessage, ClientOptions, RoundResult } from "./workload.ts";

const ROUNDS = 10;
const WARM_UP_ROUNDS = 5;

/** What the construct sets for a relay of 1024 MB, and no trace of anybody's account. */
const environmentFor = (endpoint: string) => ({
  PATH: process.env["PATH"],
  NODE_ENV: "production",
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  OUTBOX_TABLE_NAME: TABLE_NAME,
  DEAD_LETTER_QUEUE_URL: `${endpoint}/123456789012/dead-letters`,
  OUTBOX_RELAY_SETTINGS: JSON.stringify({ concurrency: defaultConcurrency(1024) }),
  OUTBOX_RELAY_TARGET: JSON.stringify({ kind: "eventbridge", busName: BUS_NAME }),
  POWERTOOLS_SERVICE_NAME: "bench",
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1024",
});

/** Builds the relay as it is deployed, and the two processes of the benchmark, so that no loader runs beside them. */
async function builtInto(folder: string) {
  const bundles = await buildBundles({ outputFolder: join(folder, "lambdas") });
  const relayFor = (kind: (typeof bundles)[number]["target"]) => {
    const relay = bundles.find(({ functionName, target }) => functionName === "relay" && target === kind);
    if (relay === undefined) throw new Error(`There is no bundle of the relay for the target ${kind}`);
    return relay;
  };
  await build({
    entryPoints: ["stub-process.ts", "client-process.ts"].map((file) => join(import.meta.dirname, file)),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    logLevel: "error",
  });
  const [relay, ordered] = [relayFor("eventbridge"), relayFor("sqs")];
  return { relay, ordered, stub: join(folder, "stub-process.mjs"), client: join(folder, "client-process.mjs") };
}

function start(core: string | undefined, args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const [command, commandArgs] = nodeOn(core, args);
  // The relay writes its metrics to stdout: here they go nowhere.
  return spawn(command, commandArgs, { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

const firstMessage = <Message>(child: ChildProcess) =>
  new Promise<Message>((resolve, reject) => {
    child.once("message", (message) => resolve(message as Message));
    child.once("exit", (code) => reject(new Error(`A process of the benchmark ended early, with code ${code}`)));
  });

/** On a terminal one line that changes; elsewhere a line for each step. */
function progress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[2K${text}` : `${text}\n`);
}

function measure(client: ChildProcess): Promise<readonly (readonly RoundResult[])[]> {
  const rounds: (readonly RoundResult[])[] = [];
  return new Promise((resolve, reject) => {
    client.on("message", (message: ClientMessage) => {
      if (message.kind === "warming-up") progress(`Warming up, round ${message.round} of ${WARM_UP_ROUNDS}`);
      else {
        rounds.push(message.results);
        progress(`Round ${message.round} of ${ROUNDS}`);
      }
    });
    client.once("exit", (code) => {
      if (process.stderr.isTTY) progress("");
      if (code === 0) resolve(rounds);
      else reject(new Error(`The measured process ended with code ${code}, after ${rounds.length} rounds`));
    });
  });
}

const heading = (where: Placement, bundleBytes: number) =>
  [
    `Node ${process.version}; EventBridge and SQS answer after ${TARGET_MS} ms and DynamoDB after ${TABLE_MS} ms; ${ROUNDS} interleaved rounds, medians (min-max).`,
    where.kind === "pinned"
      ? `The client has core ${where.client} to itself, the stub core ${where.stub}.`
      : `Not pinned to one core: ${where.why}.`,
    `The relay's bundle has ${Math.round(bundleBytes / 1024)} KB.`,
    "",
  ].join("\n");

const folder = await mkdtemp(join(tmpdir(), "outbox-relay-bench-"));
const children: ChildProcess[] = [];
// Ctrl-C reaches the children too; this process lives on to clean up after them.
let interrupted = false;
process.once("SIGINT", () => {
  interrupted = true;
  for (const child of children) child.kill();
});
try {
  progress("Building");
  const { relay, ordered, stub: stubFile, client: clientFile } = await builtInto(folder);
  const where = placement();
  const [clientCore, stubCore] = where.kind === "pinned" ? [where.client, where.stub] : [];
  const stub = start(stubCore, [stubFile], environmentFor(""));
  children.push(stub);
  const { port } = await firstMessage<{ readonly port: number }>(stub);
  const endpoint = `http://127.0.0.1:${port}`;
  const bundles = { bundle: relay.file, orderedBundle: ordered.file };
  const options: ClientOptions = { endpoint, ...bundles, rounds: ROUNDS, warmUpRounds: WARM_UP_ROUNDS };
  const client = start(clientCore, [clientFile, JSON.stringify(options)], environmentFor(endpoint));
  children.push(client);
  const rounds = await measure(client);
  console.log(heading(where, relay.bytes));
  console.log(report(rounds));
} catch (error) {
  if (!interrupted) throw error;
  process.exitCode = 130;
} finally {
  for (const child of children) child.kill();
  await rm(folder, { recursive: true, force: true });
}
