import { describe, expect, it } from "vitest";
import { signedHeaders, signingKey, webhookId, webhookSigner } from "../../../lib/targets/http/webhook-signature.ts";
import { secretTexts } from "../../servers/secret-texts.ts";
import { VirtualClock } from "../../world/virtual-clock.ts";

/**
 * The vector of the project's own libraries.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript/src/webhook.test.ts
 */
const VECTOR = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  timestamp: 1_614_265_330,
  body: '{"test": 2432232314}',
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
};
const OTHER = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const refs = (...names: readonly string[]) => names.map((name) => ({ kind: "parameter", name }) as const);

describe("a signature", () => {
  it("is that of Standard Webhooks", () => {
    const keys = [signingKey(VECTOR.secret)];
    expect(signedHeaders(VECTOR.id, VECTOR.body, { keys, nowMs: VECTOR.timestamp * 1_000 + 999 })).toEqual({
      "webhook-id": VECTOR.id,
      "webhook-timestamp": String(VECTOR.timestamp),
      "webhook-signature": VECTOR.signature,
    });
  });

  it("is made by every key, so that a secret can be rotated", () => {
    const keys = [OTHER, VECTOR.secret].map(signingKey);
    const headers = signedHeaders(VECTOR.id, VECTOR.body, { keys, nowMs: VECTOR.timestamp * 1_000 });
    expect(headers["webhook-signature"]?.split(" ")).toEqual([expect.stringMatching(/^v1,/), VECTOR.signature]);
  });

  it.each([
    ["not base64 at all!", "not base64"],
    [`whsec_${Buffer.alloc(23).toString("base64")}`, "base64 of 23 bytes"],
    [Buffer.alloc(65).toString("base64"), "base64 of 65 bytes"],
  ])("cannot be made by %j", (secret, reason) => {
    expect(() => signingKey(secret)).toThrow(reason);
  });

  it("takes a secret without its prefix, and with a line break behind it", () => {
    expect(signingKey(`${VECTOR.secret.slice("whsec_".length)}\n`)).toEqual(signingKey(VECTOR.secret));
  });
});

describe("a webhook's id", () => {
  it("is the event's, where that can be signed without doubt", () => {
    expect(webhookId(["018f-e1_A"])).toBe("018f-e1_A");
  });

  it("holds no full stop and nothing that a header cannot hold, and is the same in every attempt", () => {
    const ids = ["a.b", "ünïcödé", "two\r\nlines", "x".repeat(500)];
    for (const id of ids) {
      expect(webhookId([id])).toMatch(/^msg_[A-Za-z0-9_-]{43}$/);
      expect(webhookId([id])).toBe(webhookId([id]));
    }
    expect(new Set(ids.map((id) => webhookId([id]))).size).toBe(ids.length);
    expect(webhookId(["a", "b"])).not.toBe(webhookId(["a,b"]));
  });
});

describe("signing", () => {
  it("fails for now while the secret cannot be read", async () => {
    const secrets = {
      read: () => Promise.reject(new Error("The secret /s could not be read")),
      forget: () => undefined,
    };
    const clock = new VirtualClock();
    const signer = webhookSigner(refs("/s"), secrets, clock);
    expect(await signer.sign(["e1"], "{}", clock.now() + 5_000)).toMatchObject({
      kind: "unsigned",
      failure: { class: "transient", scope: "target", message: "The secret /s could not be read" },
    });
  });

  it("fails for good with a secret that is none, never shows it, and reads it again", async () => {
    const forgotten: unknown[] = [];
    const secrets = { ...secretTexts({ "/s": "hunter2 hunter2" }), forget: (ref: unknown) => void forgotten.push(ref) };
    const clock = new VirtualClock();
    const signed = await webhookSigner(refs("/s"), secrets, clock).sign(["e1"], "{}", clock.now() + 5_000);
    expect(signed).toMatchObject({ failure: { class: "permanent", scope: "target", code: "SigningSecretInvalid" } });
    expect(JSON.stringify(signed)).not.toContain("hunter2");
    expect(forgotten).toEqual(refs("/s"));
  });

  it("has the time of each attempt and the id of the event, by which a receiver refuses a call that somebody kept", async () => {
    const clock = new VirtualClock();
    const signer = webhookSigner(refs("/s"), secretTexts({ "/s": VECTOR.secret }), clock);
    const attempts = [];
    for (const waitMs of [0, 600_000]) {
      await clock.run(() => clock.sleep(waitMs));
      attempts.push(await clock.run(() => signer.sign(["e1"], "{}", clock.now() + 5_000)));
    }
    const [first, second] = attempts.map((each) => (each.kind === "signed" ? each.headers : {}));
    expect(first?.["webhook-id"]).toBe("e1");
    expect(second?.["webhook-id"]).toBe("e1");
    expect(Number(second?.["webhook-timestamp"]) - Number(first?.["webhook-timestamp"])).toBe(600);
    expect(second?.["webhook-signature"]).not.toBe(first?.["webhook-signature"]);
  });

  it("ends in time", async () => {
    const secrets = { read: () => new Promise<string>(() => undefined), forget: () => undefined };
    const clock = new VirtualClock();
    const signer = webhookSigner(refs("/s"), secrets, clock);
    expect(await clock.run(() => signer.sign(["e1"], "{}", clock.now() + 20))).toMatchObject({
      failure: { class: "transient", code: "CredentialsLate" },
    });
  });
});
