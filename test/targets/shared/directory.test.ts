import { describe, expect, it } from "vitest";
import {
  busesOf,
  type Destination,
  directoryOf,
  functionsOf,
  queuesOf,
  streamsOf,
  topicsOf,
} from "../../../lib/targets/shared/directory.ts";

const HOME = "arn:aws:events:eu-west-1:111111111111:event-bus/";
const CENTRAL = "arn:aws:events:eu-west-1:222222222222:event-bus/central";
const ORDERS_OF_222 = "arn:aws:events:eu-west-1:222222222222:event-bus/orders";

const directory = (destinations: readonly Destination[]) => directoryOf(destinations as [Destination]);

describe("what a row names", () => {
  const queues = directory(
    queuesOf([
      "https://sqs.eu-west-1.amazonaws.com/111111111111/orders",
      "audit",
      "https://sqs.eu-west-1.amazonaws.com/222222222222/orders",
      "https://sqs.eu-west-1.amazonaws.com/222222222222/central",
    ]),
  );

  it("is the default where it is nothing", () => {
    expect(queues.addressOf(undefined)).toBe("https://sqs.eu-west-1.amazonaws.com/111111111111/orders");
  });

  it.each([
    ["audit", "https://sqs.eu-west-1.amazonaws.com/111111111111/audit"],
    ["central", "https://sqs.eu-west-1.amazonaws.com/222222222222/central"],
    [
      "https://sqs.eu-west-1.amazonaws.com/222222222222/orders",
      "https://sqs.eu-west-1.amazonaws.com/222222222222/orders",
    ],
    [
      "https://sqs.eu-west-1.amazonaws.com/111111111111/orders",
      "https://sqs.eu-west-1.amazonaws.com/111111111111/orders",
    ],
  ])("is found by a name that one has, or by the exact URL: %s", (named, address) => {
    expect(queues.addressOf(named)).toBe(address);
    expect(queues.addresses).toContain(address);
  });

  it.each(["secrets", "$&", "https://sqs.eu-west-1.amazonaws.com/333333333333/orders", "constructor"])(
    "is nothing that the relay was deployed for: %s",
    (named) => expect(queues.addresses).not.toContain(queues.addressOf(named)),
  );

  it("is nowhere where several are called by it, and the exact spellings are known", () => {
    const answered = queues.addressOf("orders");
    expect(queues.addresses).not.toContain(answered);
    expect(queues.meant(answered)).toEqual({
      name: "orders",
      exact: [
        "https://sqs.eu-west-1.amazonaws.com/111111111111/orders",
        "https://sqs.eu-west-1.amazonaws.com/222222222222/orders",
      ],
    });
  });
});

describe("a bus", () => {
  it("of the relay's own account and region goes by its name, however the functions are told of it", () => {
    const buses = busesOf(["orders", `${HOME}audit`, CENTRAL], HOME);
    expect(buses.map(({ address }) => address)).toEqual(["orders", "audit", CENTRAL]);
    for (const named of ["audit", `${HOME}audit`]) expect(directory(buses).addressOf(named)).toBe("audit");
    for (const named of ["central", CENTRAL]) expect(directory(buses).addressOf(named)).toBe(CENTRAL);
    expect(directory(buses).addressOf(`${HOME}orders`)).toBe("orders");
  });

  it("is never taken for one of the same name in another account", () => {
    const buses = directory(busesOf(["orders", ORDERS_OF_222], HOME));
    expect(buses.addresses).not.toContain(buses.addressOf("orders"));
    expect(buses.meant(buses.addressOf("orders"))?.exact).toEqual([`${HOME}orders`, ORDERS_OF_222]);
    expect(buses.addressOf(`${HOME}orders`)).toBe("orders");
    expect(buses.addressOf(ORDERS_OF_222)).toBe(ORDERS_OF_222);
    expect(buses.addressOf(undefined)).toBe("orders");
  });

  it("that is named twice is one", () => {
    const buses = directory(busesOf(["orders", `${HOME}orders`], HOME));
    expect(buses.addresses).toEqual(["orders"]);
    expect(buses.addressOf("orders")).toBe("orders");
  });

  it("may have a name with slashes", () => {
    const partner = "aws.partner/example.com/orders";
    expect(busesOf([`${HOME}${partner}`], HOME)).toEqual([{ address: partner, names: [`${HOME}${partner}`] }]);
  });
});

it.each([
  ["topic", topicsOf, "arn:aws:sns:eu-west-1:111111111111:", "arn:aws:sns:eu-west-1:222222222222:"],
  [
    "stream",
    streamsOf,
    "arn:aws:kinesis:eu-west-1:111111111111:stream/",
    "arn:aws:kinesis:eu-west-1:222222222222:stream/",
  ],
] as const)("a %s beside the first one goes by its name, and any other by its ARN", (_kind, read, here, there) => {
  const read222 = directory(read([`${here}orders`, "audit", `${there}orders`, `${there}central`]));
  expect(read222.addresses).toEqual([`${here}orders`, `${here}audit`, `${there}orders`, `${there}central`]);
  expect(read222.addressOf("audit")).toBe(`${here}audit`);
  expect(read222.addressOf("central")).toBe(`${there}central`);
  expect(read222.meant(read222.addressOf("orders"))?.exact).toEqual([`${here}orders`, `${there}orders`]);
});

it("a function is found by its name, with its alias where it has one, whichever account it is in", () => {
  const here = "arn:aws:lambda:eu-west-1:111111111111:function:orders:live";
  const there = "arn:aws:lambda:eu-west-1:222222222222:function:audit";
  const functions = directory(functionsOf([here, there]));
  expect(functions.addressOf("orders:live")).toBe(here);
  expect(functions.addressOf("audit")).toBe(there);
  expect(functions.addresses).not.toContain(functions.addressOf("orders"));
});
