import { expect, it } from "vitest";
import { replayedId } from "../../../../lib/operator/aws/replay/new-id.ts";

const EVENT = { pk: "order#42", sk: "7", id: "01936f5e-7c3a-7c51-9d0e-5b1f3a6c2d44" };

it("the new id of an event is a UUID, and always the same one in the same replay", () => {
  const id = replayedId("r1", EVENT);
  expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  expect(replayedId("r1", { ...EVENT })).toBe(id);
  // Frozen: a replay of an earlier version is gone on with.
  expect(id).toBe("b9bcf91c-d42a-8096-b187-3fb437c7a074");
});

it("is another one for another replay, key, place or event", () => {
  const others = [
    replayedId("r2", EVENT),
    replayedId("r1", { ...EVENT, pk: "order#43" }),
    replayedId("r1", { ...EVENT, sk: "8" }),
    replayedId("r1", { ...EVENT, id: "e" }),
    // What stands in one part cannot be taken for the end of another.
    replayedId("r1", { pk: "a,b", sk: "1", id: "c" }),
    replayedId("r1", { pk: "a", sk: "b,1", id: "c" }),
  ];
  expect(new Set([replayedId("r1", EVENT), ...others]).size).toBe(others.length + 1);
});
