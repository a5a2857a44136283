import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { relayEnvironment } from "../../../bench/relay-environment.ts";
import { streamEvent } from "../../../bench/rows.ts";
import { buildAuditBundle, buildBundles } from "../../../lib/cdk/build/bundler.ts";
import { FILES_BESIDE, PACKAGE_ROOT, requireAuditBundle, requireBundle } from "../../../lib/cdk/functions/bundles.ts";
import { decodeLine } from "../../../lib/contract/archive/archive-line.ts";
import { FUNCTION_ROLES } from "../../../lib/contract/deployment/function-role.ts";
import { TARGET_KINDS, type TargetKind } from "../../../lib/contract/deployment/target-kind.ts";
import { certificateIn } from "../../servers/certificate.ts";
import { createFolder } from "../fixtures.ts";

const load = createRequire(import.meta.url);

/** A package with a publisher for each target, and with functions that tell which target they were built for. */
function createPackage(overrides: Record<string, string> = {}): string {
  const { type } = JSON.parse(readFileSync(join(PACKAGE_ROOT, "package.json"), "utf8"));
  const root = createFolder("package-");
  const files = {
    "package.json": JSON.stringify({ name: "sample", type }),
    "lambdas/relay.ts": lambdaSource("relay"),
    "lambdas/requeuer.ts": lambdaSource("requeuer"),
    ...Object.fromEntries(TARGET_KINDS.map((kind) => [`lib/targets/${kind}/publisher.ts`, targetSource(kind)])),
    ...overrides,
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const importing = (path: string): string =>
  `import { target } from "#target"; import * as all from "${path}"; export const handler = () => [all, target];`;

const lambdaSource = (name: string): string =>
  `import { target } from "#target"; export const handler = (): string => "${name} " + target;`;

const targetSource = (kind: TargetKind): string => `export const target: string = "the ${kind} client";`;

/** A string that only this target's publisher has in its code. Every function has an SQS client for the dead letters. */
const MARKS: Readonly<Record<TargetKind, string>> = {
  eventbridge: "PutEvents",
  sqs: "AWSTraceHeader",
  sns: "PublishBatchRequestEntries",
  kinesis: "PutRecords",
  lambda: "RequestResponse",
  rabbitmq: "cloudEvents:",
  nats: "Nats-Msg-Id",
  http: "webhook-signature",
  nakadi: "publishing_status",
  kafka: "SCRAM-SHA-512",
};

/**
 * The size of each function's bundle, and a twentieth more. Brokers' credentials need two further clients of AWS, which are 100
 * KB. A broker's own client is 120 to 150 KB.
 */
const AT_MOST_BYTES: Readonly<Record<TargetKind, number>> = {
  eventbridge: 374_000,
  sqs: 355_000,
  sns: 394_000,
  kinesis: 395_000,
  lambda: 460_000,
  http: 459_000,
  nakadi: 460_000,
  rabbitmq: 583_000,
  nats: 613_000,
  kafka: 565_000,
};

/** The relay's own bundles, built once for all tests: that takes most of a minute on a busy machine. */
let built: ReturnType<typeof buildBundles> | undefined;
const ownBundles = () => {
  built ??= buildBundles({ outputFolder: createFolder("bundles-") });
  return built;
};

const ACKNOWLEDGED = { FailedEntryCount: 0, Entries: [{ EventId: "11710aed-b79e-4468-a20b-bb3c0c3b4860" }] };

/**
 * What a fresh process asks of AWS for its first record, and which modules of Node are loaded by then. It asks by TLS, as in
 * AWS: for a plain address the SDK imports `node:http` as a module, which makes Node 24 load all of the web's streams.
 */
async function firstInvocation(
  bundle: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<{
  readonly operations: readonly string[];
  readonly modules: readonly string[];
  /** The lines of what was put into S3, and where. */
  readonly objects: readonly { readonly path: string; readonly text: string }[];
}> {
  const operations: string[] = [];
  const objects: { path: string; text: string }[] = [];
  const folder = createFolder("certificate-");
  const { server } = await certificateIn(folder);
  const aws = createServer(server, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "PUT") {
        objects.push({ path: request.url ?? "", text: gunzipSync(Buffer.concat(chunks)).toString() });
        return response.end();
      }
      const operation = String(request.headers["x-amz-target"]).replace(/^.*\./, "");
      operations.push(operation);
      return response.end(JSON.stringify(operation === "PutEvents" ? ACKNOWLEDGED : {}));
    });
  });
  await new Promise<void>((listening) => aws.listen(0, "127.0.0.1", listening));
  try {
    const { port } = aws.address() as AddressInfo;
    // The row's time is a moment in the future, for a row that is some seconds old is read again first.
    const script = `
      const { streamEvent } = JSON.parse(process.argv[1]);
      const { handler } = require(process.argv[2]);
      handler(streamEvent, { getRemainingTimeInMillis: () => 60_000 }).then(() =>
        console.log(JSON.stringify(process.moduleLoadList)));`;
    const given = JSON.stringify({ streamEvent: streamEvent(1, Date.now() + 60_000) });
    const { stdout } = await promisify(execFile)(process.execPath, ["--eval", script, given, bundle], {
      env: {
        ...relayEnvironment(`https://127.0.0.1:${port}`),
        ...{ ...variables, NODE_EXTRA_CA_CERTS: join(folder, "ca.pem") },
      },
    });
    return { operations, objects, modules: JSON.parse(stdout.trim().split("\n").at(-1) ?? "") };
  } finally {
    await new Promise((closed) => aws.close(closed));
  }
}

/** A missing part of a bundle shows when it is loaded. A complete one first misses its configuration. */
const UNCONFIGURED = /The environment variable OUTBOX_\w+ is not set/;

describe("buildBundles", () => {
  test("builds each function for each target, with no other target's code", async () => {
    const root = createPackage();
    const outputFolder = join(root, "out");
    const bundles = await buildBundles({ root, outputFolder });
    expect(bundles.map(({ functionName, target }) => `${functionName}-${target}`)).toEqual(
      FUNCTION_ROLES.flatMap((functionName) => TARGET_KINDS.map((kind) => `${functionName}-${kind}`)),
    );
    for (const { functionName, target, file, bytes } of bundles) {
      expect(file).toBe(join(outputFolder, `${functionName}-${target}`, "index.js"));
      const code = readFileSync(file, "utf8");
      expect(bytes).toBe(Buffer.byteLength(code));
      expect(TARGET_KINDS.filter((kind) => code.includes(`the ${kind} client`))).toEqual([target]);
      // The package around it says "module", as this one does. The package.json beside the bundle counts.
      const { handler } = load(file);
      expect(handler()).toBe(`${functionName} the ${target} client`);
      expect(requireBundle(outputFolder, functionName, target)).toBe(dirname(file));
    }
  });

  test("leaves a bundle alone that is as it would be built, for another synth may be reading it", async () => {
    const root = createPackage();
    const outputFolder = join(root, "out");
    const files = (await buildBundles({ root, outputFolder })).map(({ file }) => file);
    const inodes = () => files.map((file) => statSync(file).ino);
    const before = inodes();
    await buildBundles({ root, outputFolder });
    expect(inodes()).toEqual(before);
    writeFileSync(join(root, "lambdas", "relay.ts"), 'export const handler = () => "changed";');
    await buildBundles({ root, outputFolder });
    expect(inodes().map((inode, index) => inode === before[index])).toEqual(
      files.map((file) => !file.includes("/relay-")),
    );
    expect(readdirSync(outputFolder).length).toBe(files.length);
  });

  test("builds the same bytes wherever the sources stand: a release's zips are named by them", async () => {
    // Files that import another are the ones in which a bundler names paths.
    const others = {
      "lib/other.ts": "export const other = () => 1;",
      "lambdas/relay.ts": importing("../lib/other.ts"),
    };
    const [one, other] = [createPackage(others), createPackage(others)];
    const built = await Promise.all(
      [one, other].map((root) => buildBundles({ root, outputFolder: join(root, "out") })),
    );
    const [ones, theirs] = built.map((bundles) => bundles.map(({ file }) => readFileSync(file, "utf8")));
    expect(ones).toEqual(theirs);
    expect(ones?.join()).not.toContain(one);
  });

  test("fails with the file's name where a function does not compile", async () => {
    const root = createPackage({ "lambdas/relay.ts": 'import "./missing.ts";' });
    await expect(buildBundles({ root, outputFolder: join(root, "out") })).rejects.toThrow("lambdas/relay.ts");
  });

  test("awaits nothing at the top of a bundle: whoever loads it by require(), as some emulators do, would refuse it", async () => {
    const bundles = await ownBundles();
    for (const { file } of bundles.filter(({ target }) => target === "eventbridge")) {
      expect(() => load(file)).toThrow(UNCONFIGURED);
    }
  });

  test("keeps each of the relay's own bundles small, with no client of another target", async () => {
    const bundles = await ownBundles();
    for (const { target, file, bytes } of bundles) {
      const code = readFileSync(file, "utf8");
      expect(bytes).toBeLessThan(AT_MOST_BYTES[target]);
      expect(TARGET_KINDS.filter((kind) => code.includes(MARKS[kind]))).toEqual([target]);
      await expect(import(pathToFileURL(file).href)).rejects.toThrow(UNCONFIGURED);
      // The rest of the Kafka client, beside its protocol, would add 400 KB.
      for (const name of ["avro", "strictTuples"]) expect(code.includes(name)).toBe(false);
      // Lambda passes credentials in the environment. The other providers would be a third of the bundle.
      expect(code).not.toContain("fromSSO");
      // A function has no files of the SDK's configuration.
      expect(code).not.toContain("AWS_SHARED_CREDENTIALS_FILE");
      // Clients whose services have calls with event streams name their reader themselves.
      expect(code.includes(":message-type")).toBe(["kinesis", "lambda"].includes(target));
      // No call asks for an endpoint or signs for several regions. Of a client's manifest only the version is needed.
      for (const name of ["endpointCacheSize", "SigV4a", "sideEffects"]) expect(code).not.toContain(name);
      // The tracer is a file beside the bundle, and is left out if no tracing is configured.
      expect(code).not.toContain("opentelemetry.js.api");
      const tracer = readFileSync(join(dirname(file), FILES_BESIDE["#tracing"]), "utf8");
      expect(tracer).toContain("opentelemetry.js.api");
      expect(tracer.length).toBeLessThan(40_000);
      // So is what writes the archive.
      expect(code).not.toContain("x-ndjson");
      const archive = readFileSync(join(dirname(file), FILES_BESIDE["#archive"]), "utf8");
      expect(archive).toContain("x-ndjson");
      expect(archive.length).toBeLessThan(300_000);
    }
  });

  test("builds the audit once for all targets, with no target's client", async () => {
    const outputFolder = createFolder("bundles-");
    const { file, bytes, packages } = await buildAuditBundle({ outputFolder });
    expect(requireAuditBundle(outputFolder)).toBe(dirname(file));
    expect(bytes).toBeLessThan(600_000);
    const code = readFileSync(file, "utf8");
    expect(TARGET_KINDS.filter((kind) => code.includes(MARKS[kind]))).toEqual([]);
    expect(packages.some((folder) => folder.endsWith("@aws-sdk/client-s3"))).toBe(true);
    expect(() => load(file)).toThrow(UNCONFIGURED);
    expect(() => requireAuditBundle(join(outputFolder, "elsewhere"))).toThrow(
      `The audit's bundle, ${join(outputFolder, "elsewhere", "audit", "index.js")}, is missing: run npm run build.`,
    );
  });

  test("has Node load no more before the first publish than the call itself needs: neither zlib nor the web's streams and crypto", async () => {
    const bundles = await ownBundles();
    const relay = bundles.find(({ functionName, target }) => functionName === "relay" && target === "eventbridge");
    const { operations, modules, objects } = await firstInvocation(relay?.file ?? "");
    expect(objects).toEqual([]);
    expect(operations).toEqual(["DescribeEventBus", "PutEvents", "DescribeEventBus", "BatchWriteItem"]);
    expect(modules).toContain("NativeModule https");
    expect(
      modules.filter((name) =>
        /^NativeModule (zlib|internal\/webstreams\/readablestream|internal\/crypto\/webcrypto)$/.test(name),
      ),
    ).toEqual([]);
  });

  test("has the file beside the bundle write what was met and acknowledged, where an archive is configured", async () => {
    const bundles = await ownBundles();
    const relay = bundles.find(({ functionName, target }) => functionName === "relay" && target === "eventbridge");
    const archive = { bucket: "receipts", payload: false, journal: "journal" };
    const { operations, objects } = await firstInvocation(relay?.file ?? "", {
      OUTBOX_RELAY_ARCHIVE: JSON.stringify(archive),
    });
    expect(operations).toEqual(["DescribeEventBus", "PutEvents", "DescribeEventBus", "BatchWriteItem"]);
    const lines = objects.flatMap(({ text }) => text.split("\n").slice(0, -1)).map((line) => decodeLine(line).line);
    expect(lines).toMatchObject([
      { line: "met" },
      { line: "receipt", role: "relay", target: { eventId: ACKNOWLEDGED.Entries[0]?.EventId } },
    ]);
    for (const { path } of objects) expect(path).toMatch(/^\/receipts\/relay%3Dbench\/date%3D/);
  });
});
