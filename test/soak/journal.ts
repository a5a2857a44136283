import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { acknowledgedIds, readEntries, readResults } from "../../lib/local/faults/put-events.ts";
import type { BegunCall, EndedCall, Watch } from "../e2e/harness/service-proxy.ts";
import { idOfItem, idOfKeys } from "./rows.ts";

export type Actor = "relay" | "requeuer";

/** An event that the bus took. */
export interface Landing {
  readonly by: Actor;
  /** When the call with the event came in, and when the bus took the event. */
  readonly begunMs: number;
  readonly atMs: number;
  /** Whether its sender heard of it. */
  readonly told: boolean;
  /** When its sender last saw the row in an answer of the table before it sent the event. */
  readonly sightMs: number | undefined;
}

/** A request to delete an event's row. */
export interface Delete {
  readonly by: Actor;
  readonly atMs: number;
  /** Whether the table took it, and whether its sender heard so. */
  readonly taken: boolean;
  readonly told: boolean;
}

/** A request to delete rows, of whatever events, that did not reach the table. */
export interface FailedDelete {
  readonly by: Actor;
  readonly begunMs: number;
  readonly endedMs: number;
}

/** A check whether the bus exists. */
export interface Check {
  readonly by: Actor;
  readonly begunMs: number;
  readonly endedMs: number;
  /** Its sender heard that the bus exists. */
  readonly exists: boolean;
}

export interface Kill {
  readonly of: Actor;
  /** A span of time. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** What went over the wire about one event. */
export interface Story {
  readonly landings: readonly Landing[];
  readonly deletes: readonly Delete[];
}

/**
 * Written by the proxies in front of the services, and by the code that kills processes. It knows nothing of what the relay
 * thinks.
 */
export class Journal {
  readonly kills: Kill[] = [];
  readonly checks: Check[] = [];
  readonly failedDeletes: FailedDelete[] = [];
  /** Calls of each operation that have begun and not ended. */
  readonly #underWay = new Map<string, Set<BegunCall>>();
  readonly #stories = new Map<string, { landings: Landing[]; deletes: Delete[] }>();
  readonly #sights = new Map<Actor, Map<string, number>>([
    ["relay", new Map()],
    ["requeuer", new Map()],
  ]);

  get stories(): ReadonlyMap<string, Story> {
    return this.#stories;
  }

  /** When the oldest open call of an operation came in; infinity where there is none. */
  oldestUnderWayMs(operation: string): number {
    return Math.min(...[...(this.#underWay.get(operation) ?? [])].map(({ atMs }) => atMs));
  }

  /** Observes all that a function asks of the services. */
  watch =
    (by: Actor): Watch =>
    (call) => {
      const underWay = this.#underWay.get(call.operation) ?? new Set();
      this.#underWay.set(call.operation, underWay.add(call));
      const note = this.#noting(by, call);
      return (end) => {
        underWay.delete(call);
        note(end);
      };
    };

  #noting(by: Actor, call: BegunCall): (end: EndedCall) => void {
    switch (call.operation) {
      case "PutEvents":
        return this.#publish(by, call);
      case "DescribeEventBus":
        return (end) =>
          this.checks.push({ by, begunMs: call.atMs, endedMs: end.atMs, exists: end.told && isTaken(end) });
      case "BatchWriteItem":
      case "BatchExecuteStatement": {
        const ids = deletedIds(call.operation, parsed(call.body));
        return (end) => {
          for (const id of ids) this.#storyOf(id).deletes.push(deleteOf(by, call, end));
          if (!isTaken(end)) this.failedDeletes.push({ by, begunMs: call.atMs, endedMs: end.atMs });
        };
      }
      case "BatchGetItem":
      case "Query":
      case "Scan":
        return (end) => this.#see(by, end);
      default:
        return () => {};
    }
  }

  #publish(by: Actor, { body, atMs: begunMs }: BegunCall): (end: EndedCall) => void {
    const entries = readEntries("AWSEvents.PutEvents", body) ?? [];
    const sights = this.#sights.get(by) ?? new Map<string, number>();
    const sightOf = new Map(
      acknowledgedIds(
        entries,
        entries.map(() => ({})),
      ).map((id) => [id, sights.get(id)]),
    );
    return ({ taken, told }) => {
      if (taken?.answer.status !== 200) return;
      for (const id of acknowledgedIds(entries, readResults(taken.answer.body))) {
        this.#storyOf(id).landings.push({ by, begunMs, atMs: taken.atMs, told, sightMs: sightOf.get(id) });
      }
    };
  }

  #see(by: Actor, { taken, told }: EndedCall): void {
    if (!told || taken?.answer.status !== 200) return;
    const { Items: items = [], Responses: tables = {} } = parsed(taken.answer.body) as ReadAnswer;
    for (const item of [...items, ...Object.values(tables).flat()]) {
      const id = idOfItem(item);
      if (id !== undefined) this.#sights.get(by)?.set(id, taken.atMs);
    }
  }

  #storyOf(id: string): { landings: Landing[]; deletes: Delete[] } {
    const story = this.#stories.get(id) ?? { landings: [], deletes: [] };
    this.#stories.set(id, story);
    return story;
  }
}

type Item = Readonly<Record<string, AttributeValue>>;

interface ReadAnswer {
  readonly Items?: readonly Item[];
  readonly Responses?: Readonly<Record<string, readonly Item[]>>;
}

interface DeleteRequests {
  readonly RequestItems?: Readonly<Record<string, readonly { readonly DeleteRequest?: { readonly Key: Item } }[]>>;
  readonly Statements?: readonly { readonly Parameters?: readonly AttributeValue[] }[];
}

function deletedIds(operation: string, request: unknown): readonly string[] {
  const { RequestItems: tables = {}, Statements: statements = [] } = request as DeleteRequests;
  const ids =
    operation === "BatchWriteItem"
      ? Object.values(tables).flatMap((requests) =>
          requests.map(({ DeleteRequest: each }) => (each === undefined ? undefined : idOfItem(each.Key))),
        )
      : statements.map(({ Parameters: [pk, sk] = [] }) => idOfKeys(pk?.S, sk?.N));
  return ids.filter((id) => id !== undefined);
}

const deleteOf = (by: Actor, { atMs }: BegunCall, end: EndedCall): Delete => ({
  by,
  atMs: end.taken?.atMs ?? atMs,
  taken: isTaken(end),
  told: end.told,
});

const isTaken = ({ taken }: EndedCall): boolean => taken?.answer.status === 200;

const parsed = (body: Buffer): unknown => JSON.parse(body.toString("utf8"));
