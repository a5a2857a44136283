import { describe, expect, it } from "vitest";
import { turns } from "../../../lib/targets/kafka/turns.ts";

const soon = () => new Promise((resolve) => setImmediate(resolve));

/** Takes a turn and notes when it begins. */
function entrants() {
  const order = turns();
  const begun: string[] = [];
  const enter = (who: string, ...names: string[]) => {
    const turn = order.take(names);
    void turn.begun.then(() => begun.push(who));
    return turn;
  };
  return { begun, enter };
}

describe("turns", () => {
  it("begin one after another for the same name, and at once for others", async () => {
    const { begun, enter } = entrants();
    const first = enter("first", "a");
    enter("second", "a");
    enter("other", "b");
    await soon();
    expect(begun).toEqual(["first", "other"]);
    first.done();
    await soon();
    expect(begun).toEqual(["first", "other", "second"]);
  });

  it("begin when all of their names are free, in the order of asking", async () => {
    const { begun, enter } = entrants();
    const a = enter("a", "a");
    const b = enter("b", "b");
    const both = enter("both", "b", "a");
    enter("last", "a");
    a.done();
    await soon();
    expect(begun).toEqual(["a", "b"]);
    b.done();
    await soon();
    expect(begun).toEqual(["a", "b", "both"]);
    both.done();
    await soon();
    expect(begun).toEqual(["a", "b", "both", "last"]);
  });

  it("that are given up let nobody past those before", async () => {
    const { begun, enter } = entrants();
    const first = enter("first", "a");
    enter("impatient", "a").done();
    enter("third", "a");
    await soon();
    expect(begun).toEqual(["first"]);
    first.done();
    await soon();
    expect(begun).toEqual(["first", "impatient", "third"]);
  });
});
