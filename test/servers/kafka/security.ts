import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { SecretRef, SecretSource } from "../../../lib/aws/secrets.ts";
import { systemClock } from "../../../lib/aws/system.ts";
import { createPublisher } from "../../../lib/targets/kafka/publisher.ts";
import { eventOf } from "../../aws/fixtures.ts";
import { RecordingTelemetry } from "../../world/recording-telemetry.ts";
import { secretTexts } from "../secret-texts.ts";
import { passwordAuth } from "./engine.ts";
import { readTopic } from "./reader.ts";
import type { KafkaServer } from "./server.ts";
import { type Listener, LOGIN } from "./settings.ts";
import { kafkaAdmin } from "./topics.ts";

const CALL_MS = 10_000;
const MSK_IAM = { mechanism: "aws-msk-iam", region: "eu-central-1" };
const CA = { parameterName: "ca" };

/** How the two sides prove who they are, on listeners of each kind. */
export function describeSecurity(server: KafkaServer): void {
  const { ports, authority } = server;
  const admin = kafkaAdmin(server);
  const good = { ...LOGIN, ca: authority };
  let topic = "";

  beforeAll(async () => {
    topic = await admin.createTopic(1);
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "aws-secret-5e11");
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await admin.close();
  });

  function publisherBy(listener: Listener, settings: object, secrets: SecretSource) {
    const port = listener === "relay" ? server.proxy.port : ports[listener];
    return createPublisher({
      config: { kind: "kafka", brokers: `127.0.0.1:${port}`, topic, ...settings },
      path: "OUTBOX_RELAY_TARGET",
      concurrency: 1,
      clock: systemClock,
      telemetry: new RecordingTelemetry(),
      secrets,
    });
  }
  const publishBy = (listener: Listener, settings: object, texts: Readonly<Record<string, string>> = good) =>
    publishWith(publisherBy(listener, settings, secretTexts(texts)));
  const publishWith = ({ publish }: ReturnType<typeof publisherBy>, id = "e1") =>
    publish(topic, [eventOf({ id })], systemClock.now() + CALL_MS);

  describe("publishing to Apache Kafka with credentials", () => {
    it.each([
      ["relay", { tls: false, auth: passwordAuth("scram-sha-512") }],
      ["relay", { tls: false, auth: passwordAuth("scram-sha-256") }],
      ["tls", { ca: CA, auth: passwordAuth("plain") }],
      ["direct", { tls: false }],
    ] as const)("passes by the listener %s with %j", async (listener, settings) => {
      expect(await publishBy(listener, settings)).toMatchObject([{ kind: "acknowledged" }]);
    });

    it.each([
      ["a wrong password", "relay", { tls: false, auth: passwordAuth("scram-sha-256") }, "SASL_AUTHENTICATION_FAILED"],
      ["a wrong password over TLS", "tls", { ca: CA, auth: passwordAuth("plain") }, "SASL_AUTHENTICATION_FAILED"],
      ["a mechanism that is off", "relay", { tls: false, auth: passwordAuth("plain") }, "UNSUPPORTED_SASL_MECHANISM"],
    ] as const)("is refused for good with %s, which is not shown", async (_why, listener, settings, code) => {
      const password = "wrong-password-99af";
      const results = await publishBy(listener, settings, { ...good, password });
      expect(results).toMatchObject([{ failure: { class: "permanent", scope: "target", code } }]);
      expect(JSON.stringify(results)).not.toContain(password);
    });

    it("is refused for good with a certificate of an authority that nobody knows", async () => {
      const results = await publishBy("tls", { auth: passwordAuth("plain") });
      const failure = { class: "permanent", scope: "target", code: expect.stringMatching(/SIGNED|UNABLE_TO_/) };
      expect(results).toMatchObject([{ failure }]);
    });

    it.each([
      ["a client without TLS", "tls", { tls: false, auth: passwordAuth("plain") }],
      ["a client with TLS", "direct", {}],
    ] as const)("fails for now where the broker hangs up on %s", async (_why, listener, settings) => {
      expect(await publishBy(listener, settings)).toMatchObject([{ failure: { class: "transient", scope: "target" } }]);
    });

    it("says which secret cannot be read", async () => {
      const results = await publishBy("relay", { tls: false, auth: passwordAuth("plain") }, {});
      const failure = { class: "transient", scope: "target", message: expect.stringContaining("no such secret") };
      expect(results).toMatchObject([{ failure }]);
    });

    it("reads a password anew that the broker refused, and only then", async () => {
      const texts = { ...good, password: "rotated-away" };
      const forgotten: SecretRef[] = [];
      const source = { ...secretTexts(texts), forget: (ref: SecretRef) => void forgotten.push(ref) };
      const publisher = publisherBy("relay", { tls: false, auth: passwordAuth("scram-sha-512") }, source);
      expect(await publishWith(publisher)).toMatchObject([{ failure: { class: "permanent" } }]);
      expect(forgotten).toEqual([
        { kind: "parameter", name: "username" },
        { kind: "parameter", name: "password" },
      ]);
      texts.password = LOGIN.password;
      expect(await publishWith(publisher, "rotated")).toMatchObject([{ kind: "acknowledged" }]);
      await server.proxy.setFault("refuse");
      expect(await publishWith(publisher)).toMatchObject([{ failure: { scope: "target" } }]);
      await server.proxy.setFault("pass");
      expect(forgotten).toHaveLength(2);
      expect((await readTopic(ports.direct, topic)).map(({ headers }) => headers["ce_id"])).toContain("rotated");
    });

    it("shows MSK's token to a broker, and is refused for good by one that is not MSK", async () => {
      const results = await publishBy("oauth", { tls: false, auth: MSK_IAM });
      expect(results).toMatchObject([{ failure: { class: "permanent", scope: "target" } }]);
      expect(JSON.stringify(results)).not.toMatch(/aws-secret-5e11|Bearer|AKIDEXAMPLE/);
    });
  });
}
