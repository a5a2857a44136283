import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchSequences, type SentBatch } from "../../../lib/targets/kafka/sequences.ts";

const FIRST = { epoch: 0, sequence: 0 };

describe("the numbers of batches", () => {
  it("count the events that were appended, in each partition by itself", () => {
    const sequences = batchSequences(0);
    const numbers = sequences.next("orders:0", ["a", "b"]);
    expect(numbers).toEqual(FIRST);
    sequences.settle("orders:0", { ...FIRST, eventIds: ["a", "b"] }, "appended");
    expect(sequences.next("orders:0", ["c"])).toEqual({ epoch: 0, sequence: 2 });
    expect(sequences.next("orders:1", ["d"])).toEqual(FIRST);
  });

  it("are used again after a refusal, for whatever comes next", () => {
    const sequences = batchSequences(0);
    sequences.settle("orders:0", { ...FIRST, eventIds: ["a"] }, "refused");
    expect(sequences.next("orders:0", ["b", "c"])).toEqual(FIRST);
  });

  it("are used again for the same events when nobody knows what became of them", () => {
    const sequences = batchSequences(0);
    sequences.settle("orders:0", { ...FIRST, eventIds: ["a", "b"] }, "unknown");
    expect(sequences.next("orders:0", ["a", "b"])).toEqual(FIRST);
  });

  it.each([[["b"]], [["a", "b"]], [[]]])("open a new epoch for other events then: %j", (eventIds) => {
    const sequences = batchSequences(4);
    sequences.settle("orders:0", { epoch: 4, sequence: 9, eventIds: ["a"] }, "unknown");
    expect(sequences.next("orders:0", eventIds)).toEqual({ epoch: 5, sequence: 0 });
  });

  it("stay those of the first attempt when the second is refused: the first may have been appended", () => {
    const sequences = batchSequences(0);
    const batch = { ...FIRST, eventIds: ["a"] };
    sequences.settle("orders:0", batch, "unknown");
    expect(sequences.next("orders:0", ["a"])).toEqual(FIRST);
    sequences.settle("orders:0", batch, "refused");
    expect(sequences.next("orders:0", ["b"])).toEqual({ epoch: 1, sequence: 0 });
  });

  it("open a new epoch before a sequence overflows its 32 bits", () => {
    const sequences = batchSequences(0);
    sequences.settle("orders:0", { epoch: 0, sequence: 2_147_483_646, eventIds: ["a"] }, "appended");
    expect(sequences.next("orders:0", ["b"])).toEqual({ epoch: 1, sequence: 0 });
  });

  it("are exhausted with the last epoch of 16 bits", () => {
    const sequences = batchSequences(32_767);
    sequences.settle("orders:0", { epoch: 32_767, sequence: 0, eventIds: ["a"] }, "unknown");
    expect(sequences.next("orders:0", ["b"])).toBe("exhausted");
    expect(sequences.next("orders:0", ["a"])).toEqual({ epoch: 32_767, sequence: 0 });
  });
});

/** A partition as Kafka keeps it for one producer: it knows batches only by their numbers and their length. */
class Partition {
  readonly log: string[] = [];
  #epoch = 0;
  #next = 0;
  #known: { readonly sequence: number; readonly length: number }[] = [];

  append({ epoch, sequence, eventIds }: SentBatch): "acknowledged" | "refused" {
    if (epoch < this.#epoch) return "refused";
    if (epoch > this.#epoch) {
      if (sequence !== 0) return "refused";
      this.#epoch = epoch;
      this.#next = 0;
      this.#known = [];
    }
    if (this.#known.some((batch) => batch.sequence === sequence && batch.length === eventIds.length)) {
      return "acknowledged";
    }
    if (sequence !== this.#next) return "refused";
    this.#known = [...this.#known, { sequence, length: eventIds.length }].slice(-5);
    this.#next += eventIds.length;
    this.log.push(...eventIds);
    return "acknowledged";
  }
}

const step = fc.record({
  /** From a pool so small that the same batch often comes again. */
  batch: fc.constantFrom("a", "b", "c", "ab", "bc"),
  fate: fc.constantFrom("answered", "answer-lost", "never-arrived", "refused", "late"),
});

describe("a broker that knows batches by their numbers alone", () => {
  it("has every batch that it acknowledged, and nothing behind what came after it", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const sequences = batchSequences(0);
        const partition = new Partition();
        let late: SentBatch[] = [];
        for (const { batch: name, fate } of steps) {
          const eventIds = [...name];
          const numbers = sequences.next("orders:0", eventIds);
          if (numbers === "exhausted") throw new Error("So few steps use up no epochs");
          const batch = { ...numbers, eventIds };
          const before = partition.log.length;
          if (fate === "answered") {
            expect(partition.append(batch)).toBe("acknowledged");
            // The batch ends the log, now or since an earlier attempt whose answer was lost.
            expect(partition.log.slice(-eventIds.length)).toEqual(eventIds);
            sequences.settle("orders:0", batch, "appended");
            // Batches that were on their way until now come too late.
            const length = partition.log.length;
            for (const old of late) partition.append(old);
            expect(partition.log.length).toBe(length);
            late = [];
          } else if (fate === "refused") {
            sequences.settle("orders:0", batch, "refused");
          } else {
            if (fate === "answer-lost") partition.append(batch);
            if (fate === "late") late.push(batch);
            sequences.settle("orders:0", batch, "unknown");
          }
          expect(partition.log.length).toBeLessThanOrEqual(before + eventIds.length);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
