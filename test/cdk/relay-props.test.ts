import { EventBus } from "aws-cdk-lib/aws-events";
import { Topic } from "aws-cdk-lib/aws-sns";
import { beforeAll, describe, expect, test } from "vitest";
import { OutboxRelay } from "../../lib/cdk/outbox-relay.ts";
import { type OutboxRelayProps, readRelayProps } from "../../lib/cdk/outbox-relay-props.ts";
import { readAppSettings } from "../../lib/cdk/settings.ts";
import { OutboxTarget } from "../../lib/cdk/targets/outbox-target.ts";
import { SettingError } from "../../lib/contract/settings/setting-reader.ts";
import { bundlesFolder, createOwnStack, createRelay } from "./fixtures.ts";
import { WRONG } from "./wrong-values.ts";

/** The names of those wrong values that are right for a prop after all. */
type RightFor<Props> = { readonly [Name in keyof Required<Props>]: readonly string[] };

const TEXTS = ["a text", "a number in a text", "yes"];

/** TypeScript asks for every prop, so the next one cannot be forgotten. */
const PROPS: RightFor<OutboxRelayProps> = {
  target: [],
  ordering: [],
  backoff: ["an empty object"],
  requeueBackoff: ["an empty object"],
  concurrency: [],
  minAgeSeconds: [],
  maxDrainRate: [],
  eventTypes: [],
  memoryMb: [],
  relayTimeoutSeconds: [],
  batchSize: [],
  requeueEverySeconds: [],
  requeuerReservedConcurrency: [],
  collectorLayerArn: [],
  collectorWrapper: [],
  streamMapping: [],
  alarms: ["an empty object"],
  monitoring: [],
  removalPolicy: [],
  warmThroughput: [],
  alarmTopic: [],
  pageTopic: [],
  table: [],
  tableLogicalId: ["yes"],
  counterTable: ["true"],
  archive: ["true", "an empty object"],
  audit: ["true", "an empty object"],
  encryptionKey: [],
  relayName: ["a number in a text", "yes"],
  logRetention: [],
  bundlesFolder: TEXTS,
};

/** The fields of props that are objects. */
const FIELDS: { readonly [Path in string]: readonly string[] } = {
  "backoff.jitter": [],
  "backoff.baseMs": [],
  "backoff.capMs": [],
  "backoff.attempts": [],
  "backoff.budgetMs": [],
  "requeueBackoff.baseSeconds": [],
  "requeueBackoff.capSeconds": [],
  "eventTypes.only": ["a list of a text"],
  "eventTypes.except": ["a list of a text"],
  "streamMapping.id": ["a number in a text", "yes"],
  "warmThroughput.readUnitsPerSecond": [],
  "warmThroughput.writeUnitsPerSecond": [],
  "archive.bucket": [],
  "archive.payload": ["true"],
  "archive.retentionDays": [],
  "audit.everyHours": [],
  "audit.windowHours": [],
  "alarms.composite": ["true"],
  "alarms.metricMath": ["true"],
  "alarms.undeliveredSeconds": [],
  "alarms.runbook": [],
};

let target: OutboxTarget;
beforeAll(() => {
  target = OutboxTarget.eventBridge(new EventBus(createOwnStack(), "Bus"));
});

const read = (props: Readonly<Record<string, unknown>>) =>
  readRelayProps("Orders/Relay", { target, archive: true, ...props });

function expectRefused(props: Readonly<Record<string, unknown>>, path: string): void {
  let thrown: unknown;
  try {
    read(props);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(SettingError);
  const { message } = thrown as SettingError;
  // The prop or a field of it, the value, and what to do, in one readable line.
  expect(message).toMatch(new RegExp(`^Orders/Relay\\.${path}\\S* is .+: .+\\.$`));
  expect(message.length).toBeLessThan(700);
}

const cases = (all: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(all).flatMap(([path, right]) =>
    WRONG.flatMap(([what, value]) => (right.includes(what) ? [] : [[path, what, value] as const])),
  );

describe("a prop of the relay is refused with its name, the value and what is allowed", () => {
  test.each(cases(PROPS))("%s: %s", (name, _what, value) => {
    expectRefused({ [name]: value() }, name);
  });

  test.each(cases(FIELDS))("%s: %s", (path, _what, value) => {
    const [name = "", field = ""] = path.split(".");
    expectRefused({ [name]: { [field]: value() } }, path.replace(".", "\\."));
  });

  test.each(Object.entries(PROPS).flatMap(([name, right]) => right.map((what) => [name, what] as const)))(
    "but %s may be %s",
    (name, what) => {
      const [, value] = WRONG.find(([called]) => called === what) ?? ["", () => undefined];
      expect(() => read({ [name]: value() })).not.toThrow();
    },
  );

  test.each([
    ["concurency", 5],
    ["CONCURRENCY", 5],
    ["relayname", "orders"],
    ["__proto", {}],
  ])("one of no such name: %s", (name, value) => {
    expect(() => read({ [name]: value })).toThrow(`Orders/Relay.${name} is ${JSON.stringify(value)}: there is no such`);
  });

  test.each([[undefined], [null], [7], ["orders"], [[]]])("props that are %j", (props) => {
    expect(() => readRelayProps("Orders/Relay", props)).toThrow("Orders/Relay is ");
  });
});

describe("the context's settings are read by the same readers", () => {
  const common = Object.keys(PROPS).filter(
    (name) =>
      ![
        "target",
        "table",
        "archive",
        "audit",
        "alarmTopic",
        "pageTopic",
        "tableLogicalId",
        "encryptionKey",
        "relayName",
        "logRetention",
        "bundlesFolder",
      ].includes(name),
  );
  const inJson = WRONG.filter(([, value]) => !["function", "bigint", "symbol"].includes(typeof value()));

  test.each(
    cases(Object.fromEntries(common.map((name) => [name, PROPS[name as keyof OutboxRelayProps]]))).filter(([, what]) =>
      inJson.some(([called]) => called === what),
    ),
  )("%s: %s", (name, _what, value) => {
    const messageOf = (act: () => unknown): string => {
      try {
        act();
        return "nothing was refused";
      } catch (error) {
        return error instanceof SettingError ? error.message : String(error);
      }
    };
    const given = value();
    const ofProp = messageOf(() => read({ [name]: given }));
    expect(ofProp).toContain(`Orders/Relay.${name}`);
    expect(messageOf(() => readAppSettings({ [name]: given }))).toBe(ofProp.replace("Orders/Relay", "outboxRelay"));
  });
});

describe("what people write by mistake is named", () => {
  test.each(["alarmTopic", "pageTopic"])("the settings' %sArn, which is the app's and not the construct's", (prop) => {
    const arn = "arn:aws:sns:us-east-1:123456789012:ops";
    expect(() => read({ [`${prop}Arn`]: arn })).toThrow(
      `Orders/Relay.${prop}Arn is "${arn}": the construct takes a topic: ${prop}: Topic.fromTopicArn(`,
    );
  });

  test("no target at all", () => {
    const stack = createOwnStack();
    expect(() => new OutboxRelay(stack, "Relay", {} as OutboxRelayProps)).toThrow(
      "Orders/Relay.target is undefined: it must be made by a function of OutboxTarget, for example OutboxTarget.eventBridge(bus).",
    );
  });

  test("a bus as the target", () => {
    const bus = new EventBus(createOwnStack(), "Bus");
    expect(() => read({ target: bus })).toThrow(
      "Orders/Relay.target is the construct Orders/Bus: it must be made by a function of OutboxTarget",
    );
  });

  test("the settings' target", () => {
    expect(() => read({ target: { kind: "sqs", fifo: true } })).toThrow(
      'Orders/Relay.target is {"kind":"sqs","fifo":true}: it must be made by a function of OutboxTarget',
    );
  });

  test("the settings' table", () => {
    expect(() => read({ table: { arn: "arn:aws:dynamodb:us-east-1:123456789012:table/Outbox" } })).toThrow(
      "it must be a table of the CDK's: a TableV2, or TableV2.fromTableAttributes(",
    );
  });

  test.each(["alarmTopic", "pageTopic"])("a FIFO topic as %s", (prop) => {
    expect(() => read({ [prop]: new Topic(createOwnStack(), "Topic", { fifo: true }) })).toThrow(
      `Orders/Relay.${prop} is the construct Orders/Topic: it is a FIFO topic, and CloudWatch reports to standard topics alone.`,
    );
  });

  test("a name that CloudFormation would refuse for the dashboard", () => {
    expect(() => read({ relayName: "my relay/é" })).toThrow(
      'Orders/Relay.relayName is "my relay/é": it must be 1 to 128 letters, digits, hyphens and underscores.',
    );
  });

  test("a logical id for a table that is not made", () => {
    const stack = createOwnStack();
    const { table } = createRelay(stack);
    expect(() => createRelay(stack, { table, tableLogicalId: "Second" }, "Second")).toThrow(
      'Orders/Second.tableLogicalId is "Second": it names a table that is made: leave it out where table is given.',
    );
  });

  test("two relays in one stack, each with a table of its own", () => {
    const stack = createOwnStack();
    createRelay(stack, {}, "First");
    expect(() => createRelay(stack, {}, "Second")).toThrow(
      'Orders/Second.tableLogicalId is undefined: the table of Orders/First is OutboxTable in this stack; give this one another, such as "SecondOutboxTable"',
    );
  });

  test("a relay of the same name in another stack, which is none", () => {
    createRelay(createOwnStack());
    expect(() => createRelay(createOwnStack(), { bundlesFolder })).not.toThrow();
  });
});
