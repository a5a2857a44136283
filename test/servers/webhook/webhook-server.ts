import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type ReceivedEvent, receivedJson } from "../engine.ts";
import { readBody, TOO_LARGE } from "../read-body.ts";
import { type TokenClient, TokenEndpoint } from "./token-endpoint.ts";

export interface WebhookServerOptions {
  readonly apiKey?: string;
  readonly client?: TokenClient;
  /** The key in base64. Calls must be signed with it, as Standard Webhooks describes. */
  readonly signingKey?: string;
  readonly maxBytes: number;
  /** Stores the events of a call before the call is answered. */
  readonly keep: (taken: readonly Taken[]) => void;
}

export interface Taken {
  readonly path: string;
  readonly event: ReceivedEvent;
}

/** The file in which a server keeps its events, so that they survive its death. */
export const TAKEN_FILE = "taken.jsonl";

const MAX_CLOCK_SKEW_SECONDS = 300;

/** A receiver of CloudEvents over HTTP in all three modes, below `/hooks/`. */
export function webhookServer({ apiKey, client, signingKey, maxBytes, keep }: WebhookServerOptions) {
  const tokens = client === undefined ? undefined : new TokenEndpoint(client);

  function statusFor({ url: path = "", headers }: IncomingMessage, body: string): number {
    if (!path.startsWith("/hooks/")) return 404;
    if (apiKey !== undefined && headers["x-api-key"] !== apiKey) return 401;
    if (tokens !== undefined && !tokens.admits(headers)) return 401;
    if (body === TOO_LARGE) return 413;
    if (signingKey !== undefined && !isSigned(headers, body, Buffer.from(signingKey, "base64"))) return 401;
    const events = cloudEventsIn(headers, body);
    if (events === undefined) return 415;
    if (!events.every(isWellFormed)) return 400;
    keep(events.map((event) => ({ path, event })));
    return 204;
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request, maxBytes);
    if (request.url === "/oauth/token" && tokens !== undefined) return tokens.answer(request.headers, body, response);
    response.writeHead(statusFor(request, body)).end();
  };
}

function isSigned(headers: IncomingHttpHeaders, body: string, key: Buffer): boolean {
  const [id, timestamp, signatures] = ["id", "timestamp", "signature"].map((name) =>
    String(headers[`webhook-${name}`]),
  );
  if (Math.abs(Date.now() / 1_000 - Number(timestamp)) > MAX_CLOCK_SKEW_SECONDS) return false;
  const expected = Buffer.from(`v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`);
  return (signatures ?? "").split(" ").some((signature) => {
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

/** Reads a request as the HTTP protocol binding says. Undefined if it is not a CloudEvent. */
export function cloudEventsIn(headers: IncomingHttpHeaders, body: string): readonly ReceivedEvent[] | undefined {
  const type = headers["content-type"] ?? "";
  if (type.startsWith("application/cloudevents-batch+json")) {
    return (JSON.parse(body) as readonly unknown[]).map((event) => receivedJson(JSON.stringify(event)));
  }
  if (type.startsWith("application/cloudevents+json")) return [receivedJson(body)];
  return headers["ce-specversion"] === undefined ? undefined : [binaryEvent(headers, body)];
}

function binaryEvent(headers: IncomingHttpHeaders, body: string): ReceivedEvent {
  const type = headers["content-type"];
  const attributes = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith("ce-") ? [[name.slice(3), decodeURIComponent(String(value))]] : [],
  );
  if (type !== undefined) attributes.push(["datacontenttype", type]);
  const isJson = type !== undefined && /json/.test(type);
  const data = type === undefined ? undefined : isJson ? JSON.parse(body) : body;
  return { attributes: Object.fromEntries(attributes), data };
}

const isWellFormed = ({ attributes }: ReceivedEvent): boolean =>
  attributes["specversion"] === "1.0" && ["id", "source", "type"].every((name) => (attributes[name] ?? "") !== "");
