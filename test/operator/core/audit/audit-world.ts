import { HOUR_MS, hourOf } from "../../../../lib/contract/archive/archive-gap.ts";
import type { MetLine, NotedLine, ReceiptLine } from "../../../../lib/contract/archive/archive-line.ts";
import { decodeItem } from "../../../../lib/contract/codec/decode-row.ts";
import type { Item } from "../../../../lib/contract/codec/item.ts";
import { keyText, type OutboxRow, type RowKey } from "../../../../lib/contract/event.ts";
import { audit } from "../../../../lib/operator/core/audit/audit.ts";
import type { AuditPorts } from "../../../../lib/operator/core/audit/audit-ports.ts";
import type { KeptFor, UnacknowledgedEvent } from "../../../../lib/operator/core/audit/audit-report.ts";
import type { AuditWindow } from "../../../../lib/operator/core/audit/audit-window.ts";
import type { NeverMet } from "../../../../lib/operator/core/audit/never-met.ts";
import type { Act, AsideEvent, AsidePlace } from "../../../../lib/operator/core/journal.ts";
import { itemOf } from "../../../aws/fixtures.ts";
import { memorySpill } from "./memory-spill.ts";

export const NOON_MS = Date.parse("2026-11-29T12:00:00Z");
export const MINUTE_MS = 60_000;

/** An event of the world: `pk` and `sequence` for one of an ordering key. */
export interface Told {
  readonly id?: string;
  readonly pk?: string;
  readonly sk?: string;
}

export const keyOf = ({ id = "", pk = id, sk = "1" }: Told): RowKey => ({ pk, sk });

/** What an audit asks for. */
export type Call = AsidePlace | "scan" | "acts" | "hours" | "list" | "object";

interface WorldObject {
  readonly writtenAtMs: number;
  readonly lines: readonly NotedLine[];
  readonly corruptLine?: number;
  readonly isCorrupt?: boolean;
}

/** An archive, a table and a journal in memory, as an audit reads them. */
export class AuditWorld {
  nowMs = NOON_MS + 6 * HOUR_MS;
  readonly rows = new Map<string, OutboxRow>();
  readonly aside = new Map<string, AsideEvent>();
  readonly acts: Act[] = [];
  readonly objects: WorldObject[] = [];
  readonly gaps = new Set<number>();
  kept: KeptFor = { kind: "for-ever" };
  /** Where the archive was switched on before its oldest object. */
  oldestMs: number | undefined = NOON_MS - 24 * HOUR_MS;
  stopped = false;
  /** Runs before and after each call of a port. */
  between: (call: Call, when: "before" | "after") => void = () => undefined;
  #notes = 0;
  #entries = 0;

  readonly note = (): string => `p-${++this.#notes}`;

  met(event: Told, atMs: number, more: Partial<MetLine> = {}): NotedLine {
    const { id } = event;
    const line: MetLine = {
      ...{
        line: "met",
        atMs,
        ...keyOf(event),
        ...(id === undefined ? { malformed: true } : { id, type: "order.placed" }),
      },
      ...{ writtenAtMs: atMs - 1_000, ...more },
    };
    return { note: this.note(), line };
  }

  receipt(event: Told & { readonly id: string }, atMs: number, more: Partial<ReceiptLine> = {}): NotedLine {
    const line: ReceiptLine = {
      ...{ line: "receipt", atMs, ...keyOf(event), id: event.id, type: "order.placed", role: "relay", attempts: 1 },
      ...more,
    };
    return { note: this.note(), line };
  }

  /** An object that was written at the time of its latest line. */
  write(...lines: readonly NotedLine[]): void {
    this.objects.push({ writtenAtMs: Math.max(...lines.map(({ line }) => line.atMs)), lines });
  }

  corrupt(writtenAtMs: number, line?: number): void {
    this.objects.push({
      writtenAtMs,
      lines: [],
      ...(line === undefined ? { isCorrupt: true } : { corruptLine: line }),
    });
  }

  put(event: Told, marks: Item = {}): void {
    const key = keyOf(event);
    const { id: _id, ...nameless } = itemOf();
    const own = event.id === undefined ? nameless : itemOf({ id: event.id });
    const decoded = decodeItem({ ...own, pk: { S: key.pk }, sk: { N: key.sk }, ...marks });
    if (decoded.kind !== "row") throw new Error("It is not a row");
    this.rows.set(keyText(key), decoded.row);
  }

  remove(event: Told): void {
    this.rows.delete(keyText(keyOf(event)));
  }

  setAside(event: Told, place: AsidePlace = "quarantined"): AsideEvent {
    this.#entries += 1;
    const { id } = event;
    const aside: AsideEvent = {
      ...{
        entryId: `e${String(this.#entries).padStart(6, "0")}`,
        place,
        key: keyOf(event),
        ...(id === undefined ? {} : { id }),
      },
      ...{
        actId: "act1",
        atMs: this.nowMs,
        who: "arn:aws:iam::1:user/ann",
        why: "wrong price",
        ordered: false,
        item: {},
      },
    };
    this.aside.set(aside.entryId, aside);
    return aside;
  }

  act(name: Act["name"]): void {
    this.acts.push({ id: `act${this.acts.length}`, name, atMs: this.nowMs, who: "arn", what: "all", events: 1 });
  }

  ports(): AuditPorts {
    const world = this;
    const called = <Answer>(call: Call, answer: () => Answer): Promise<Answer> => {
      world.between(call, "before");
      const given = answer();
      world.between(call, "after");
      return Promise.resolve(given);
    };
    return {
      clock: { now: () => world.nowMs, sleep: async () => undefined },
      stopped: () => world.stopped,
      spill: memorySpill(),
      gaps: { hours: (fromMs) => called("hours", () => [...world.gaps].filter((hour) => hour >= hourOf(fromMs))) },
      table: {
        // One row a page, so that much can happen between two pages.
        scan: ({ after, segment, consistent }) =>
          called("scan", () => {
            if (consistent !== true) throw new Error("An outdated page may lack a row");
            const keys = [...world.rows.keys()].sort().filter((key) => segmentOf(key) === (segment?.index ?? 0));
            const next = keys.find((key) => after === undefined || key > keyText(after));
            const row = next === undefined ? undefined : world.rows.get(next);
            return row === undefined ? { rows: [], parkedKeys: [] } : { rows: [row], parkedKeys: [], next: row.key };
          }),
      },
      journal: {
        acts: (limit) => called("acts", () => world.acts.toReversed().slice(0, limit)),
        aside: (place, after, limit) =>
          called(place, () => {
            const ahead = [...world.aside.values()]
              .filter((each) => each.place === place && (after === undefined || each.entryId > after))
              .sort((one, other) => (one.entryId < other.entryId ? -1 : 1));
            const events = ahead.slice(0, Math.min(limit, 2));
            const last = events.at(-1)?.entryId;
            return { events, ...(ahead.length > events.length && last !== undefined ? { next: last } : {}) };
          }),
      },
      archive: {
        oldestMs: () => called("list", () => world.oldestMs),
        kept: () => called("list", () => world.kept),
        async read({ fromMs, untilMs = Number.POSITIVE_INFINITY }, visit) {
          const isWanted = ({ writtenAtMs }: WorldObject) => writtenAtMs >= fromMs && writtenAtMs < untilMs;
          for (const object of await called("list", () => world.objects.filter(isWanted))) {
            const { writtenAtMs, lines, corruptLine: line, isCorrupt } = object;
            await called("object", () => {
              const objectKey = `object-${writtenAtMs}`;
              if (isCorrupt === true) visit.unreadable({ objectKey, why: "it does not unpack", writtenAtMs });
              else visit.object(lines);
              if (line !== undefined) visit.unreadable({ objectKey, line, why: "it is not JSON", writtenAtMs });
            });
          }
        },
      },
    };
  }

  async audit(
    window: AuditWindow = { fromMs: NOON_MS, toMs: NOON_MS + HOUR_MS },
    { gapless = false, keepsOrder = false } = {},
  ) {
    const events: UnacknowledgedEvent[] = [];
    const neverMet: NeverMet[] = [];
    const request = { window, isCut: false, gapless, keepsOrder, onProgress: () => undefined };
    const report = await audit(this.ports(), request, {
      unacknowledged: (event) => events.push(event),
      neverMet: (sequences) => neverMet.push(sequences),
    });
    return { report, events, neverMet, counts: report.counts };
  }
}

const SEGMENTS = 4;
const segmentOf = (key: string): number => (key.codePointAt(key.length - 1) ?? 0) % SEGMENTS;
