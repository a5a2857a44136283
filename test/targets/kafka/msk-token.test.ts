import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { mskToken } from "../../../lib/targets/kafka/msk-token.ts";

const NOW = Date.parse("2026-11-21T08:09:10Z");
const IDENTITY = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const SESSION = { ...IDENTITY, sessionToken: "IQoJb3JpZ2luX2VjEXAMPLE//session+token==" };

const addressIn = (token: string) => new URL(Buffer.from(token, "base64url").toString());
const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();

/** Signature Version 4 in the query, by its published steps: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signatureOf(address: URL, secret: string): string {
  const signed = [...address.searchParams].filter(([name]) => name !== "X-Amz-Signature" && name !== "User-Agent");
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = signed
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join("&");
  const canonical = ["GET", "/", query, `host:${address.host}`, "", "host", createHash("sha256").digest("hex")].join(
    "\n",
  );
  const scope = "20261121/eu-central-1/kafka-cluster/aws4_request";
  const text = [
    "AWS4-HMAC-SHA256",
    "20261121T080910Z",
    scope,
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");
  const key = scope.split("/").reduce<Buffer | string>((previous, part) => hmac(previous, part), `AWS4${secret}`);
  return hmac(key, text).toString("hex");
}

describe("MSK's token", () => {
  const tokenOf = (identity: typeof IDENTITY) =>
    mskToken({ region: "eu-central-1", credentials: async () => identity, nowMs: NOW });

  it("is the signed address of a request to connect, as base64url without padding", async () => {
    const token = await tokenOf(SESSION);
    expect(token).toMatch(/^[\w-]+$/);
    const address = addressIn(token);
    expect(address.origin + address.pathname).toBe("https://kafka.eu-central-1.amazonaws.com/");
    expect(Object.fromEntries(address.searchParams)).toEqual({
      Action: "kafka-cluster:Connect",
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": "AKIDEXAMPLE/20261121/eu-central-1/kafka-cluster/aws4_request",
      "X-Amz-Date": "20261121T080910Z",
      "X-Amz-Expires": "900",
      "X-Amz-Security-Token": SESSION.sessionToken,
      "X-Amz-SignedHeaders": "host",
      "X-Amz-Signature": expect.stringMatching(/^[0-9a-f]{64}$/),
      "User-Agent": "dynamodb-outbox-relay",
    });
  });

  it.each([IDENTITY, SESSION])("is signed by Signature Version 4: %#", async (identity) => {
    const address = addressIn(await tokenOf(identity));
    expect(address.searchParams.get("X-Amz-Signature")).toBe(signatureOf(address, identity.secretAccessKey));
  });

  it("tells apart who signs, and when", async () => {
    const later = await mskToken({ region: "eu-central-1", credentials: async () => IDENTITY, nowMs: NOW + 1_000 });
    const other = await tokenOf({ ...IDENTITY, secretAccessKey: "another" });
    expect(new Set([await tokenOf(IDENTITY), later, other]).size).toBe(3);
  });
});
