import { HOUR_MS } from "../../../lib/contract/archive/archive-gap.ts";
import { decodeLine, type NotedLine } from "../../../lib/contract/archive/archive-line.ts";
import type { Archive } from "../../../lib/core/ports.ts";
import type { Actor } from "../scheduler.ts";
import { ServiceError, WORLD, type World } from "../world.ts";

export interface ArchiveObject {
  /** Epoch milliseconds, by the clock of the process that wrote it: as its name tells. */
  readonly writtenAtMs: number;
  readonly lines: readonly NotedLine[];
}

/** The longest time that an answer takes where the archive is slow: longer than a row waits for its receipt. */
const SLOW_MS = 8_000;
/** How late an abandoned object may land. */
const LATEST_MS = 120_000;

/** The archive, and the journal's items that say of which hours it lacks lines. Objects come to stay. */
export class SimulatedArchive {
  readonly objects: ArchiveObject[] = [];
  /** Epoch milliseconds: the beginnings of the hours that are noted to lack lines. */
  readonly noted = new Set<number>();
  /** While true it takes no object. */
  isAway = false;
  /** While true the journal takes no note. */
  refusesNotes = false;
  readonly #receipts = new Set<string>();
  readonly #met = new Set<string>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Whether it holds a receipt of this event. */
  hasReceipt(id: string): boolean {
    return this.#receipts.has(id);
  }

  /** Whether it tells that the stream brought this event. */
  hasMet(id: string): boolean {
    return this.#met.has(id);
  }

  /** Whether one of the hours that these times span is noted to lack lines. */
  lacksLines(fromMs: number, untilMs: number): boolean {
    return [...this.noted].some((hourMs) => hourMs <= untilMs && hourMs + HOUR_MS > fromMs);
  }

  keep(object: ArchiveObject): void {
    this.objects.push(object);
    for (const { line } of object.lines) {
      if (line.id !== undefined) (line.line === "receipt" ? this.#receipts : this.#met).add(line.id);
    }
  }

  /** @param skewMs how far the actor's clock, which names its objects, is ahead of the world's. */
  for(actor: Actor, skewMs: number): Archive {
    const { scheduler, faults } = this.#world;
    return {
      write: async (texts) => {
        const object = { writtenAtMs: scheduler.nowMs + skewMs, lines: texts.map(decodeLine) };
        await scheduler.call(actor, "write object", () => this.#write(object), told(object));
        if (faults.happens("archive slow")) await scheduler.sleep(actor, this.#world.random() * SLOW_MS);
      },
      noteMissing: (fromMs) =>
        scheduler.call(
          actor,
          "noteMissing",
          () => {
            if (this.refusesNotes || faults.happens("note refused")) {
              throw new ServiceError("The journal cannot be reached: noteMissing");
            }
            this.noted.add(fromMs);
            return undefined;
          },
          new Date(fromMs).toISOString(),
        ),
    };
  }

  #write(object: ArchiveObject): string {
    const { scheduler, faults, random } = this.#world;
    if (this.isAway || faults.happens("archive refused"))
      throw new ServiceError("The archive cannot be reached: write");
    if (faults.happens("object landed late")) {
      scheduler.at(WORLD, "object lands late", scheduler.nowMs + random() * LATEST_MS, () => this.keep(object));
      throw new ServiceError("The archive cannot be heard of in time: write");
    }
    this.keep(object);
    if (faults.happens("archive's answer lost")) throw new ServiceError("The archive cannot be heard of: write");
    return "kept";
  }
}

/** For the trace. */
const told = ({ lines }: ArchiveObject): string => lines.map(({ line }) => `${line.line} ${line.id}`).join(", ");
