import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createPublisher } from "../../../lib/targets/http/publisher.ts";
import type { HttpMode } from "../../../lib/targets/http/settings.ts";
import { certificateInMemory, type ServerCertificate } from "../certificate.ts";
import { startChildServer } from "../child-server.ts";
import type { OpenTarget, TargetEngine } from "../engine.ts";
import { Journal } from "../journal.ts";
import { secretTexts } from "../secret-texts.ts";
import { TcpProxy } from "../tcp-proxy.ts";
import { TAKEN_FILE, type Taken } from "./webhook-server.ts";

export interface WebhookEngineOptions {
  readonly mode: HttpMode;
  readonly secure: boolean;
  readonly auth: "api-key" | "oauth2";
  readonly signed: boolean;
}

const MAX_BYTES = 1_048_576;

export async function webhookEngine({ mode, secure, auth, signed }: WebhookEngineOptions): Promise<TargetEngine> {
  const tls: ServerCertificate | undefined = secure ? await certificateInMemory() : undefined;
  const [key, signingKey] = [0, 1].map(() => randomBytes(32).toString("base64"));
  const known = {
    "/key": key ?? "",
    "/signing": `whsec_${signingKey}`,
    "/old-signing": randomBytes(32).toString("base64"),
  };
  const server = await startChildServer("webhook/webhook-main.ts", {
    certificate: tls?.server,
    maxBytes: MAX_BYTES,
    ...(auth === "api-key" ? { apiKey: key } : { client: { id: "relay", secret: key } }),
    ...(signed ? { signingKey } : {}),
  });
  const proxy = await TcpProxy.start(() => ({ host: "127.0.0.1", port: server.port }));
  const origin = `${secure ? "https" : "http"}://127.0.0.1:${proxy.port}`;
  let hooks = 0;

  const authSettings =
    auth === "api-key"
      ? { kind: "api-key", header: "x-api-key", value: { parameterName: "/key" } }
      : {
          kind: "oauth2",
          tokenUrl: `${origin}/oauth/token`,
          clientId: "relay",
          clientSecret: { parameterName: "/key" },
        };

  return {
    createPublisher,
    proxy,
    server,
    traits: { deduplicates: false, ordered: true, missingCode: /HTTP404/ },
    async open(): Promise<OpenTarget> {
      hooks += 1;
      const path = `/hooks/${hooks}`;
      const missing = `${origin}/nowhere`;
      const config = {
        kind: "http",
        url: `${origin}${path}`,
        alsoTo: [missing],
        mode,
        auth: authSettings,
        ...(secure ? { ca: tls?.ca } : { allowInsecure: true }),
        ...(signed ? { signing: [{ parameterName: "/old-signing" }, { parameterName: "/signing" }] } : {}),
        ...(mode === "batch" ? {} : { maxBytes: MAX_BYTES }),
      };
      const wrong = randomBytes(32).toString("base64");
      return {
        config,
        secrets: secretTexts(known),
        forbidden: { config, secrets: secretTexts({ ...known, "/key": wrong }), secret: wrong },
        missing,
        received: async () =>
          new Journal<Taken>(join(server.folder, TAKEN_FILE))
            .read()
            .flatMap((taken) => (taken.path === path ? [taken.event] : [])),
        close: async () => undefined,
      };
    },
    async end() {
      await proxy.close();
      await server.end();
    },
  };
}
