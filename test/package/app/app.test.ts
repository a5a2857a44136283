import { resourceTypes, roundTrip } from "./use";

test("the constructs synthesize", () => {
  expect(resourceTypes()).toContain("AWS::Lambda::EventSourceMapping");
});

test("an event is written and handled", async () => {
  expect(await roundTrip()).toBe("42,42 customer-7");
});
