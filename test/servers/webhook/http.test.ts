import { describeTarget } from "../contract.ts";
import { webhookEngine } from "./webhook-engine.ts";

const applicable = { credentials: true, restart: true };

describeTarget(
  "a webhook by HTTPS, structured and signed",
  () => webhookEngine({ mode: "structured", secure: true, auth: "api-key", signed: true }),
  applicable,
);
describeTarget(
  "a webhook in binary mode",
  () => webhookEngine({ mode: "binary", secure: false, auth: "api-key", signed: true }),
  applicable,
);
describeTarget(
  "a webhook in batches, by OAuth 2.0",
  () => webhookEngine({ mode: "batch", secure: false, auth: "oauth2", signed: false }),
  applicable,
);
