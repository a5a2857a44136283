import { describe, expect } from "vitest";
import type { ReceivedDeadLetter } from "../../lib/contract/dead-letter.ts";
import type { DeadLetterQueue } from "../../lib/core/ports.ts";
import { deadLetterOf } from "../aws/fixtures.ts";
import { type ContractTest, contractTest } from "./contract-test.ts";
import type { QueueEngine } from "./engines/engine.ts";

/** How many receives are made at most. A queue may answer with a part of what it has, or now and then with nothing. */
const MAX_RECEIVES = 30;
/** How many receives in a row must bring nothing before a queue counts as empty for now. */
const EMPTY_RECEIVES = 3;
/** Longer than any test takes. */
const LONG_SECONDS = 600;
const SHORT_SECONDS = 2;
/** How long until a dead letter that is hidden briefly can be received again. */
const AFTER_SHORT_MS = 2_500;

const deadLettersOf = (count: number) =>
  Array.from({ length: count }, (_unused, index) => deadLetterOf({ id: `e${index}` }));
const namesOf = (count: number) => deadLettersOf(count).map(({ id }) => id);

const idOf = ({ content }: ReceivedDeadLetter): string | undefined =>
  content.kind === "event" ? content.id : undefined;
const idsOf = (deadLetters: readonly ReceivedDeadLetter[]) => deadLetters.map(idOf);
const receiptsOf = (deadLetters: readonly ReceivedDeadLetter[]) => deadLetters.map(({ receipt }) => receipt);

/** Receives until this many dead letters have come. */
async function receive(queue: DeadLetterQueue, count: number, hiddenForSeconds: number) {
  const deadLetters: ReceivedDeadLetter[] = [];
  for (let receives = 0; receives < MAX_RECEIVES && deadLetters.length < count; receives += 1) {
    const batch = await queue.receive(hiddenForSeconds, "long");
    expect(batch.length).toBeLessThanOrEqual(10);
    deadLetters.push(...batch);
  }
  return deadLetters;
}

async function receiveOne(queue: DeadLetterQueue, hiddenForSeconds: number): Promise<ReceivedDeadLetter> {
  const [deadLetter] = await receive(queue, 1, hiddenForSeconds);
  if (deadLetter === undefined) throw new Error(`No dead letter came in ${MAX_RECEIVES} receives`);
  return deadLetter;
}

/** Nothing can be received now. */
async function expectNone(queue: DeadLetterQueue): Promise<void> {
  for (let receives = 0; receives < EMPTY_RECEIVES; receives += 1) {
    expect(await queue.receive(LONG_SECONDS, "long")).toEqual([]);
  }
}

/** What the core may expect of any dead-letter queue. */
export function describeDeadLetterQueue(engine: string, make: () => Promise<QueueEngine>): void {
  const test = contractTest(make);
  describe(`the dead-letter queue: ${engine}`, () => {
    describeSend(test);
    describeReceive(test);
    describeReceipts(test);
    describeDepth(test);
    describeRefusal(test);
  });
}

function describeSend(test: ContractTest<QueueEngine>): void {
  describe("send", () => {
    test("tells for each dead letter that it was taken, and brings each once", async ({ queue }) => {
      expect(await queue.send(deadLettersOf(25))).toEqual(Array.from({ length: 25 }, () => true));
      const deadLetters = await receive(queue, 25, LONG_SECONDS);
      expect(idsOf(deadLetters).sort()).toEqual(namesOf(25).sort());
      await expectNone(queue);
    });

    test("brings a dead letter's key and id", async ({ queue }) => {
      const deadLetter = deadLetterOf({ id: "e1", order: { key: "order#42", sequence: 7 } });
      await queue.send([deadLetter, { ...deadLetter, key: { pk: "order#43", sk: "1" }, id: undefined }]);
      const contents = (await receive(queue, 2, LONG_SECONDS)).map(({ content }) => content);
      expect(contents).toHaveLength(2);
      expect(contents).toContainEqual(
        expect.objectContaining({ kind: "event", key: { pk: "order#42", sk: "7" }, id: "e1" }),
      );
      expect(contents).toContainEqual(
        expect.objectContaining({ kind: "event", key: { pk: "order#43", sk: "1" }, id: undefined }),
      );
    });

    test("takes dead letters of events that are larger than a message, and large ones that fill several batches", async (engine) => {
      const sized = (id: string, bytes: number) => deadLetterOf({ id, data: "x".repeat(bytes) });
      const large = ["b", "c", "d", "e", "f", "g"].map((id) => sized(id, Math.floor(engine.maxMessageBytes * 0.8)));
      const deadLetters = [sized("a", 2_000_000), ...large, sized("h", 10)];
      expect(await engine.queue.send(deadLetters)).toEqual(deadLetters.map(() => true));
      const received = await receive(engine.queue, deadLetters.length, LONG_SECONDS);
      expect(idsOf(received).sort()).toEqual(deadLetters.map(({ id }) => id));
    });

    test("answers no dead letters with no flags", async ({ queue }) => {
      expect(await queue.send([])).toEqual([]);
    });
  });
}

function describeReceive(test: ContractTest<QueueEngine>): void {
  describe("receive", () => {
    test("hides what it brings, until its time is over", async ({ queue, clock }) => {
      await queue.send(deadLettersOf(3));
      expect(await receive(queue, 3, SHORT_SECONDS)).toHaveLength(3);
      expect(await queue.receive(SHORT_SECONDS, "long")).toEqual([]);
      await clock.sleep(AFTER_SHORT_MS);
      expect(idsOf(await receive(queue, 3, LONG_SECONDS)).sort()).toEqual(namesOf(3));
    });

    test("brings nothing from an empty queue", async ({ queue }) => {
      await expectNone(queue);
    });
  });
}

function describeReceipts(test: ContractTest<QueueEngine>): void {
  describe("a receipt", () => {
    test("deletes its dead letter and no other", async ({ queue, clock }) => {
      await queue.send(deadLettersOf(12));
      const deadLetters = await receive(queue, 12, SHORT_SECONDS);
      const kept = deadLetters.slice(11);
      await queue.delete(receiptsOf(deadLetters.slice(0, 11)));
      await clock.sleep(AFTER_SHORT_MS);
      expect(idsOf(await receive(queue, 1, LONG_SECONDS))).toEqual(idsOf(kept));
      await expectNone(queue);
    });

    test("hides its dead letter for longer, each for its own time", async ({ queue, clock }) => {
      await queue.send(deadLettersOf(12));
      const deadLetters = await receive(queue, 12, SHORT_SECONDS);
      await queue.hide(
        deadLetters.map((deadLetter) => ({
          receipt: deadLetter.receipt,
          seconds: idOf(deadLetter) === "e5" ? 0 : LONG_SECONDS,
        })),
      );
      expect(idsOf(await receive(queue, 1, LONG_SECONDS))).toEqual(["e5"]);
      await clock.sleep(AFTER_SHORT_MS);
      await expectNone(queue);
    });

    test("is another one at each receive, and the last one deletes", async ({ queue, clock }) => {
      await queue.send(deadLettersOf(1));
      const first = await receiveOne(queue, 0);
      const last = await receiveOne(queue, SHORT_SECONDS);
      expect(last.receipt).not.toBe(first.receipt);
      await queue.delete([last.receipt]);
      await clock.sleep(AFTER_SHORT_MS);
      await expectNone(queue);
    });

    // AWS's reference of DeleteMessage: with an older receipt "the request succeeds, but the message will not be deleted".
    test("that a later receive replaced does nothing to the dead letter", async ({ queue, clock }) => {
      await queue.send(deadLettersOf(1));
      const first = await receiveOne(queue, 0);
      const last = await receiveOne(queue, LONG_SECONDS);
      await queue.hide([{ receipt: first.receipt, seconds: 0 }]);
      await queue.delete([first.receipt]);
      await expectNone(queue);
      await queue.hide([{ receipt: last.receipt, seconds: SHORT_SECONDS }]);
      await clock.sleep(AFTER_SHORT_MS);
      expect(idsOf(await receive(queue, 1, LONG_SECONDS))).toEqual(["e0"]);
    });

    test("of a dead letter that is gone deletes nothing, hides nothing and is no error", async ({ queue }) => {
      await queue.send(deadLettersOf(2));
      const [deadLetter, ...others] = await receive(queue, 2, LONG_SECONDS);
      if (deadLetter === undefined) throw new Error("No dead letter came");
      await queue.delete([deadLetter.receipt]);
      await queue.delete([deadLetter.receipt]);
      await queue.hide([{ receipt: deadLetter.receipt, seconds: 0 }]);
      await expectNone(queue);
      await queue.hide(others.map(({ receipt }) => ({ receipt, seconds: 0 })));
      expect(idsOf(await receive(queue, 1, LONG_SECONDS))).toEqual(idsOf(others));
    });

    test("is not needed to delete or hide nothing", async ({ queue }) => {
      await queue.delete([]);
      await queue.hide([]);
    });
  });
}

function describeDepth(test: ContractTest<QueueEngine>): void {
  describe("depth", () => {
    test("tells dead letters that can be received from those that are hidden", async ({ queue }) => {
      expect(await queue.depth()).toEqual({ visible: 0, hidden: 0 });
      await queue.send(deadLettersOf(15));
      expect(await queue.depth()).toEqual({ visible: 15, hidden: 0 });
      const deadLetters = await queue.receive(LONG_SECONDS, "long");
      expect(await queue.depth()).toEqual({ visible: 15 - deadLetters.length, hidden: deadLetters.length });
      await queue.delete(receiptsOf(deadLetters));
      expect(await queue.depth()).toEqual({ visible: 15 - deadLetters.length, hidden: 0 });
    });
  });
}

function describeRefusal(test: ContractTest<QueueEngine>): void {
  describe("a queue that refuses", () => {
    test("takes no dead letter, and says so without an error", async ({ broken }) => {
      expect(await broken.send(deadLettersOf(12))).toEqual(Array.from({ length: 12 }, () => false));
    });

    const operations: readonly (readonly [string, (queue: DeadLetterQueue) => Promise<unknown>])[] = [
      ["receive", (queue) => queue.receive(SHORT_SECONDS, "long")],
      ["delete", (queue) => queue.delete(["receipt"])],
      ["hide", (queue) => queue.hide([{ receipt: "receipt", seconds: SHORT_SECONDS }])],
      ["depth", (queue) => queue.depth()],
    ];
    for (const [name, operation] of operations) {
      test(`rejects ${name}`, async ({ broken }) => {
        await expect(operation(broken)).rejects.toThrow();
      });
    }
  });
}
