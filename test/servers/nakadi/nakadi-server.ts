import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody, TOO_LARGE } from "../read-body.ts";
import { type TokenClient, TokenEndpoint } from "../webhook/token-endpoint.ts";
import { type EventType, type Json, violation } from "./nakadi-schema.ts";

/**
 * Nakadi's publishing side, written from its API description and answering what is described there:
 *
 *   POST /event-types                  201, 409
 *   POST /event-types/{name}/events    200, 207, 400, 401, 403, 404, 413, 422, 429, 503
 *   POST /oauth/token                  the token endpoint beside it
 *
 * https://github.com/zalando/nakadi/blob/master/docs/_data/nakadi-event-bus-api.yaml
 */
export interface NakadiServerOptions {
  readonly client: TokenClient;
  /** Event types that exist from the start. */
  readonly eventTypes?: readonly EventType[];
  /** Stores published events before they are acknowledged. */
  readonly publish: (events: readonly Published[]) => void;
  readonly created?: (eventType: EventType) => void;
  /** @default 50 MB */
  readonly maxRequestBytes?: number;
}

export interface Published {
  readonly eventType: string;
  readonly partition: number;
  readonly event: Json;
}

/** An answer that does not depend on the call, for example of a server under load. */
export interface Upset {
  readonly status: number;
  readonly retryAfter?: string;
}

/** The file in which a server keeps its events, so that they survive its death. */
export const PUBLISHED_FILE = "published.jsonl";
export const EVENT_TYPES_FILE = "event-types.jsonl";

const MAX_EVENT_BYTES = 999_000;
const PARTITIONS = 4;

interface Reply extends Upset {
  readonly json?: unknown;
}

type Step = "none" | "validating" | "partitioning" | "enriching" | "publishing";
interface Item {
  readonly event: Json;
  status: "submitted" | "failed" | "aborted";
  step: Step;
  partition: number;
  detail: string | undefined;
}

export class NakadiServer {
  readonly tokens: TokenEndpoint;
  /** Event types whose writes fail. */
  readonly brokenPartitions = new Set<number>();
  /** Answers to the next calls, instead of their own. */
  readonly upsets: Upset[] = [];
  /** Event types that nobody may write to. */
  readonly forbidden = new Set<string>();
  readonly #eventTypes: Map<string, EventType>;
  readonly #options: NakadiServerOptions;

  constructor(options: NakadiServerOptions) {
    this.#options = options;
    this.tokens = new TokenEndpoint(options.client);
    this.#eventTypes = new Map((options.eventTypes ?? []).map((type) => [type.name, type]));
  }

  readonly answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request, this.#options.maxRequestBytes ?? 50_000_000);
    if (request.url === "/oauth/token") return this.tokens.answer(request.headers, body, response);
    const { status, json, retryAfter } = this.#reply(request, body);
    if (retryAfter !== undefined) response.setHeader("retry-after", retryAfter);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
  };

  #reply(request: IncomingMessage, body: string): Reply {
    if (request.url === "/event-types") return this.#create(JSON.parse(body));
    const [, name] = /^\/event-types\/([^/]+)\/events$/.exec(request.url ?? "") ?? [];
    if (name === undefined) return problem(404, "Not Found");
    if (!this.tokens.admits(request.headers)) return problem(401, "Unauthorized");
    const upset = this.upsets.shift();
    return upset === undefined
      ? this.#publish(decodeURIComponent(name), body)
      : { ...problem(upset.status, "Not now"), ...upset };
  }

  #create(type: EventType): Reply {
    if (this.#eventTypes.has(type.name)) return problem(409, "Conflict");
    this.#eventTypes.set(type.name, type);
    this.#options.created?.(type);
    return { status: 201 };
  }

  #publish(name: string, body: string): Reply {
    if (body === TOO_LARGE) return problem(413, "Request Entity Too Large");
    const type = this.#eventTypes.get(name);
    if (type === undefined) return problem(404, "Not Found", `EventType "${name}" does not exist.`);
    if (this.forbidden.has(name)) return problem(403, "Forbidden");
    const events = arrayIn(body);
    if (events === undefined) return problem(400, "Bad Request");
    const items = events.map(
      (event): Item => ({ event: event as Json, status: "aborted", step: "none", partition: 0, detail: undefined }),
    );
    if (!this.#accept(items, type)) return { status: 422, json: items.map(itemJson) };
    this.#submit(items, name);
    const isWhole = items.every(({ status }) => status === "submitted");
    return isWhole ? { status: 200 } : { status: 207, json: items.map(itemJson) };
  }

  /** Validates all items, then partitions all. The first failure aborts the whole call. */
  #accept(items: readonly Item[], type: EventType): boolean {
    const steps: readonly [Step, (item: Item) => string | undefined][] = [
      ["validating", ({ event }) => violation(event, type) ?? sizeViolation(event)],
      ["partitioning", (item) => partition(item, type)],
    ];
    return steps.every(([step, check]) =>
      items.every((item) => {
        item.step = step;
        item.detail = check(item);
        if (item.detail !== undefined) item.status = "failed";
        return item.status !== "failed";
      }),
    );
  }

  #submit(items: readonly Item[], eventType: string): void {
    for (const item of items) {
      item.step = "publishing";
      const isBroken = this.brokenPartitions.has(item.partition);
      item.status = isBroken ? "failed" : "submitted";
      if (isBroken) item.detail = "internal error";
    }
    this.#options.publish(
      items.flatMap(({ status, partition, event }) =>
        status === "submitted" ? [{ eventType, partition, event }] : [],
      ),
    );
  }
}

/** Nakadi measures the body as it came. Here it comes without superfluous spaces. */
function sizeViolation(event: Json): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(event));
  return bytes > MAX_EVENT_BYTES ? `Event too large: ${bytes} bytes, max size is ${MAX_EVENT_BYTES} bytes` : undefined;
}

function partition(
  item: Item,
  { partition_strategy: strategy, partition_key_fields: fields = [], category }: EventType,
) {
  const { event } = item;
  if (strategy === "user_defined") {
    const { partition } = event["metadata"] as Json;
    item.partition = Number(partition);
    return item.partition >= 0 && item.partition < PARTITIONS ? undefined : "Failed to resolve partition.";
  }
  if (strategy === "hash") {
    const content = (category === "data" ? event["data"] : event) as Json;
    const missing = fields.find((field) => content[field] === undefined);
    if (missing !== undefined) return `Couldn't find a value for field ${missing}`;
    item.partition = hashOf(fields.map((field) => content[field]));
  } else {
    item.partition = hashOf((event["metadata"] as Json)["eid"]);
  }
  return undefined;
}

const hashOf = (key: unknown): number =>
  createHash("sha256").update(JSON.stringify(key)).digest().readUInt32BE(0) % PARTITIONS;

const itemJson = ({ event, status, step, detail }: Item): Json => ({
  eid: (event["metadata"] as Json | undefined)?.["eid"],
  publishing_status: status,
  step,
  detail: detail ?? "",
});

function arrayIn(body: string): readonly unknown[] | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const problem = (status: number, title: string, detail = title): Reply => ({ status, json: { title, status, detail } });
