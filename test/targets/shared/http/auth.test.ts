import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import type { SecretSource } from "../../../../lib/aws/secrets.ts";
import { systemClock } from "../../../../lib/aws/system.ts";
import { createPublisher } from "../../../../lib/targets/http/publisher.ts";
import { eventOf } from "../../../aws/fixtures.ts";
import { httpServer } from "../../../aws/loopback.ts";
import { readBody } from "../../../servers/read-body.ts";
import { secretTexts } from "../../../servers/secret-texts.ts";
import { TokenEndpoint } from "../../../servers/webhook/token-endpoint.ts";
import { RecordingTelemetry } from "../../../world/recording-telemetry.ts";
import { VirtualClock } from "../../../world/virtual-clock.ts";

const CLIENT = { id: "the relay", secret: "s:ecret %&" };

/** A receiver that requires a token of the endpoint beside it. */
async function tokenWorld({ secrets = secretTexts({ "/s": CLIENT.secret }), clock = systemClock, auth = {} } = {}) {
  const tokens = new TokenEndpoint(CLIENT);
  let refusals = 0;
  /** Any failure of the token endpoint. */
  const upset: { answer?: (response: ServerResponse) => void } = {};
  const address = await httpServer(async (request: IncomingMessage, response: ServerResponse) => {
    const body = await readBody(request, 1_000_000);
    if (request.url === "/token") {
      if (upset.answer !== undefined) return upset.answer(response);
      return tokens.answer(request.headers, body, response);
    }
    if (!tokens.admits(request.headers)) refusals += 1;
    response.writeHead(tokens.admits(request.headers) ? 204 : 401).end();
  });
  const publisher = createPublisher({
    config: {
      ...{ kind: "http", url: `${address}/hook`, allowInsecure: true },
      auth: {
        kind: "oauth2",
        tokenUrl: `${address}/token`,
        clientId: CLIENT.id,
        clientSecret: { parameterName: "/s" },
        ...auth,
      },
    },
    ...{ path: "target", concurrency: 8, clock, telemetry: new RecordingTelemetry(), secrets },
  });
  const publish = async (forMs = 5_000) => {
    const [result] = await publisher.publish(publisher.destinationOf(eventOf()), [eventOf()], clock.now() + forMs);
    return result;
  };
  return { tokens, upset, publish, refusals: () => refusals };
}

const ACKNOWLEDGED = { kind: "acknowledged" };

describe("OAuth 2.0 client credentials", () => {
  it.each(["header", "body"])("are shown to the token endpoint in the %s", async (credentialsIn) => {
    const { publish } = await tokenWorld({ auth: { credentialsIn, scope: "events.write" } });
    expect(await publish()).toEqual(ACKNOWLEDGED);
  });

  it("get one token for all calls, however many wait for it", async () => {
    const { tokens, publish } = await tokenWorld();
    expect(await Promise.all(Array.from({ length: 20 }, () => publish()))).toEqual(Array(20).fill(ACKNOWLEDGED));
    await publish();
    expect(tokens.asked).toBe(1);
  });

  it("get a new one a minute before the old one ends", async () => {
    const clock = new VirtualClock();
    const { tokens, publish } = await tokenWorld({ clock });
    await publish();
    clock.skip(3_539_000);
    await publish();
    expect(tokens.asked).toBe(1);
    clock.skip(2_000);
    expect(await publish()).toEqual(ACKNOWLEDGED);
    expect(tokens.asked).toBe(2);
  });

  it("get a new one after five minutes at the latest where the server does not say how long one is good for", async () => {
    const clock = new VirtualClock();
    const { tokens, publish } = await tokenWorld({ clock });
    tokens.lifetimeSeconds = undefined;
    await publish();
    clock.skip(300_000);
    await publish();
    expect(tokens.asked).toBe(2);
  });

  it("get a new one once when the receiver refuses it, all calls together", async () => {
    const { tokens, publish, refusals } = await tokenWorld();
    await publish();
    tokens.tokens.clear();
    expect(await Promise.all(Array.from({ length: 8 }, () => publish()))).toEqual(Array(8).fill(ACKNOWLEDGED));
    expect(tokens.asked).toBe(2);
    expect(refusals()).toBeLessThanOrEqual(8);
  });

  it("do not go round in circles with a receiver that refuses every token", async () => {
    const { tokens, publish, refusals } = await tokenWorld();
    tokens.admits = () => false;
    expect(await publish()).toMatchObject({ failure: { class: "permanent", scope: "target", code: "HTTP401" } });
    expect(tokens.asked).toBe(2);
    expect(refusals()).toBe(2);
  });

  it("that the endpoint refuses are the target's lasting fault; the secret is read again, and not shown", async () => {
    const forgotten: unknown[] = [];
    const texts = { "/s": "wrong-and-secret" };
    const secrets: SecretSource = { ...secretTexts(texts), forget: (ref) => void forgotten.push(ref) };
    const { publish } = await tokenWorld({ secrets });
    const result = await publish();
    expect(result).toMatchObject({
      failure: {
        class: "permanent",
        scope: "target",
        code: "TokenRefused",
        message: expect.stringContaining("invalid_client"),
      },
    });
    expect(JSON.stringify(result)).not.toContain("wrong-and-secret");
    expect(forgotten).toEqual([{ kind: "parameter", name: "/s" }]);
    texts["/s"] = CLIENT.secret;
    expect(await publish()).toEqual(ACKNOWLEDGED);
  });

  it.each([
    ["is throttled", (response: ServerResponse) => response.writeHead(429, { "retry-after": "30" }).end(), "throttled"],
    ["is down", (response: ServerResponse) => response.writeHead(503).end(), "transient"],
    ["answers no token", (response: ServerResponse) => response.end('{"token":"?"}'), "transient"],
    [
      "answers a token that would break a header",
      (response: ServerResponse) => response.end('{"access_token":"a\\nb"}'),
      "transient",
    ],
    ["hangs up", (response: ServerResponse) => response.destroy(), "transient"],
  ])("fail for now where the endpoint %s: nothing was sent", async (_what, answer, failureClass) => {
    const { upset, publish } = await tokenWorld();
    upset.answer = answer;
    expect(await publish()).toMatchObject({ failure: { class: failureClass, scope: "target" } });
    delete upset.answer;
    expect(await publish()).toEqual(ACKNOWLEDGED);
  });

  it("end in time where the endpoint never answers", async () => {
    const { upset, publish } = await tokenWorld();
    upset.answer = () => undefined;
    expect(await publish(100)).toMatchObject({ failure: { class: "transient", scope: "target" } });
  });

  it("are asked for again after a secret that never came", async () => {
    const never = new Promise<string>(() => undefined);
    const answers = [never, Promise.resolve(CLIENT.secret)];
    const secrets = { read: () => answers.shift() ?? never, forget: () => undefined };
    const { publish } = await tokenWorld({ secrets });
    expect(await publish(50)).toMatchObject({ failure: { class: "transient", code: "CredentialsLate" } });
    expect(await publish()).toEqual(ACKNOWLEDGED);
  });

  it("are not late for a caller that has time, when the one that asked first had none", async () => {
    const never = new Promise<string>(() => undefined);
    const answers = [never, Promise.resolve(CLIENT.secret)];
    const secrets = { read: () => answers.shift() ?? never, forget: () => undefined };
    const { publish } = await tokenWorld({ secrets });
    const [hurried, patient] = await Promise.all([publish(50), publish()]);
    expect(hurried).toMatchObject({ failure: { class: "transient", code: "CredentialsLate" } });
    expect(patient).toEqual(ACKNOWLEDGED);
  });

  it("fail for now where the secret cannot be read", async () => {
    const read = () => Promise.reject(new Error("The secret /s could not be read (AccessDenied)"));
    const { publish } = await tokenWorld({ secrets: { read, forget: () => undefined } });
    expect(await publish()).toMatchObject({
      failure: { class: "transient", code: "CredentialsUnavailable", message: expect.stringContaining("/s") },
    });
  });
});

describe("an API key", () => {
  async function keyWorld(keys: string[]) {
    const shown: unknown[] = [];
    const address = await httpServer((request, response) => {
      request.resume();
      shown.push(request.headers["x-api-key"]);
      response.writeHead(request.headers["x-api-key"] === "new" ? 204 : 401).end();
    });
    // The secret is kept like real ones, and read again only when it is forgotten.
    let kept: string | undefined;
    const secrets: SecretSource = {
      read: async () => {
        kept ??= keys.shift() ?? "old";
        return kept;
      },
      forget: () => {
        kept = undefined;
      },
    };
    const auth = { kind: "api-key", header: "x-api-key", value: { parameterName: "/key" } };
    const publisher = createPublisher({
      config: { kind: "http", url: address, allowInsecure: true, auth },
      ...{ path: "target", concurrency: 1, clock: systemClock, telemetry: new RecordingTelemetry(), secrets },
    });
    const publish = () => publisher.publish(publisher.destinationOf(eventOf()), [eventOf()], systemClock.now() + 5_000);
    return { shown, publish };
  }

  it("that was rotated is read again when the receiver refuses the old one", async () => {
    const { shown, publish } = await keyWorld(["old\n", "new\n"]);
    expect(await publish()).toEqual([ACKNOWLEDGED]);
    expect(shown).toEqual(["old", "new"]);
  });

  it("that is still the same is not shown twice", async () => {
    const { shown, publish } = await keyWorld(["old", "old"]);
    expect(await publish()).toMatchObject([{ failure: { class: "permanent", scope: "target", code: "HTTP401" } }]);
    expect(shown).toEqual(["old"]);
  });
});
