import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildBundles } from "../../../lib/cdk/build/bundler.ts";
import { removeFolder } from "../../../lib/local/leftovers.ts";
import { itemOf } from "../../aws/fixtures.ts";
import { awsEnvironment, httpServer } from "../../aws/loopback.ts";
import { WAIT_HANGS_AFTER_MS } from "../../setup/hanging.ts";
import { readTopic } from "./reader.ts";
import type { KafkaServer } from "./server.ts";
import { LOGIN } from "./settings.ts";
import { kafkaAdmin } from "./topics.ts";

const run = promisify(execFile);
const SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:AmazonMSK_relay-AbCdEf";
/** Invokes a bundle's handler as Lambda does. The process must end by itself: no connection may keep it alive. */
const INVOKE = `
  const { handler } = await import(process.env.BUNDLE);
  const answer = await handler(JSON.parse(process.env.EVENT), { getRemainingTimeInMillis: () => 60_000 });
  console.log("ANSWER", JSON.stringify(answer));
`;

/** The bundle differs from the sources: its Kafka client is cut down to what the relay uses. */
export function describeBundle(server: KafkaServer): void {
  const admin = kafkaAdmin(server);
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "outbox-relay-bundle-"));
    await buildBundles({ outputFolder: folder });
  });
  afterAll(async () => {
    await removeFolder(folder);
    await admin.close();
  });

  describe("the relay's bundle for Kafka", () => {
    it("delivers a stream record with a login from Secrets Manager, deletes the row and ends", async () => {
      const topic = await admin.createTopic(3);
      const calls: string[] = [];
      const aws = await httpServer((request, response) => {
        const operation = operationOf(request);
        calls.push(operation);
        response.setHeader("content-type", "application/x-amz-json-1.1");
        response.end(JSON.stringify(ANSWERS[operation] ?? {}));
      });
      const secret = (field: string) => ({ secretArn: SECRET_ARN, field });
      const auth = { mechanism: "scram-sha-512", username: secret("username"), password: secret("password") };
      const brokers = `127.0.0.1:${server.proxy.port}`;
      const NewImage = itemOf({ id: "bundled" });
      const record = {
        SequenceNumber: "1".padStart(21, "0"),
        ApproximateCreationDateTime: Date.now() / 1_000,
        NewImage,
      };
      const { stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", INVOKE], {
        timeout: WAIT_HANGS_AFTER_MS,
        env: {
          ...awsEnvironment(aws),
          AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
          BUNDLE: join(folder, "relay-kafka", "index.js"),
          EVENT: JSON.stringify({ Records: [{ eventName: "INSERT", dynamodb: record }] }),
          OUTBOX_TABLE_NAME: "outbox",
          DEAD_LETTER_QUEUE_URL: `${aws}/123456789012/dead-letters`,
          OUTBOX_RELAY_SETTINGS: JSON.stringify({ concurrency: 4, minAgeSeconds: 70 }),
          OUTBOX_RELAY_TARGET: JSON.stringify({ kind: "kafka", brokers, topic, tls: false, auth }),
          POWERTOOLS_SERVICE_NAME: "orders-relay",
        },
      });
      expect(stderr).toBe("");
      expect(stdout).toContain('ANSWER {"batchItemFailures":[]}');
      expect(stdout).not.toContain(LOGIN.password);
      expect(calls).toContain("BatchWriteItem");
      expect((await readTopic(server.ports.direct, topic)).map(({ headers }) => headers["ce_id"])).toEqual(["bundled"]);
    });
  });
}

const ANSWERS: Readonly<Record<string, unknown>> = {
  BatchWriteItem: { UnprocessedItems: {} },
  GetSecretValue: { SecretString: JSON.stringify(LOGIN) },
};

const operationOf = ({ headers }: IncomingMessage): string => String(headers["x-amz-target"]).split(".").at(-1) ?? "";
