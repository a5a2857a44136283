import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { provideEmulator } from "../../../lib/local/emulator/emulator.ts";
import { checkHealth, objectionTo } from "../../../lib/local/emulator/emulator-health.ts";
import { LocalRunError } from "../../../lib/local/local-run-error.ts";

const provide = (inherited: NodeJS.ProcessEnv) =>
  provideEmulator({
    inherited,
    runFolder: { path: "/nowhere", logs: "/nowhere", home: "/nowhere", temp: "/nowhere", remove: async () => {} },
    signal: new AbortController().signal,
    say: () => {},
  });

const HEALTH = { services: { dynamodb: "available", lambda: "available" }, ready_scripts: {} };
let server: Server;
let endpoint: string;
let answer: { status: number; body: string };

beforeEach(async () => {
  answer = { status: 200, body: JSON.stringify(HEALTH) };
  server = createServer((request, response) => {
    response.statusCode = request.url === "/_ministack/health" ? answer.status : 404;
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe("an emulator that is named by AWS_ENDPOINT_URL", () => {
  it("is used, and not ended, when it answers MiniStack's health check on loopback", async () => {
    const emulator = await provide({ AWS_ENDPOINT_URL: `${endpoint}/` });
    expect(emulator).toMatchObject({ endpoint, owned: false, logFile: undefined });
    await emulator.end();
    expect(await checkHealth(endpoint)).toEqual({ kind: "healthy" });
  });

  it.each([
    "https://dynamodb.us-east-1.amazonaws.com",
    "http://dynamodb.us-east-1.amazonaws.com",
    "https://127.0.0.1:4566",
    "http://10.0.0.7:4566",
    "http://127.0.0.1.example.com:4566",
    "http://0.0.0.0:4566",
    "localhost:4566",
    "nonsense",
  ])("is refused when it is %s", async (url) => {
    const refusal = await provide({ AWS_ENDPOINT_URL: url }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LocalRunError);
    expect((refusal as Error).message).toContain(`AWS_ENDPOINT_URL is ${url}:`);
    expect((refusal as Error).message).toContain("unset AWS_ENDPOINT_URL");
  });

  it.each([
    ["another status", { status: 404, body: "{}" }],
    ["no JSON", { status: 200, body: "ok" }],
    ["another JSON", { status: 200, body: JSON.stringify({ services: { s3: "running" } }) }],
  ])("is refused when its health check answers %s", async (_, other) => {
    answer = other;
    await expect(provide({ AWS_ENDPOINT_URL: endpoint })).rejects.toThrow(/GET \/_ministack\/health answered/);
  });

  it("is refused when nobody listens there", async () => {
    await expect(provide({ AWS_ENDPOINT_URL: "http://127.0.0.1:1" })).rejects.toThrow(/health failed/);
  });
});

describe("loopback", () => {
  it.each(["http://localhost:4566", "http://127.0.0.1:4566", "http://127.8.9.1", "http://[::1]:4566"])(
    "is %s",
    (url) => {
      expect(objectionTo(url)).toBeUndefined();
    },
  );
});

describe("a machine with neither Python nor Docker", () => {
  it("is told once what to install", async () => {
    const refusal = await provide({ PATH: "/nonexistent" }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LocalRunError);
    expect((refusal as Error).message).toMatch(
      /no Python was found[\s\S]*no Docker was found[\s\S]*Install Python 3\.10/,
    );
  });
});
