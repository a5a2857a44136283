import { NumberValue, TransactWriteCommand, type TranslateConfig } from "@aws-sdk/lib-dynamodb";
import fc from "fast-check";
import { expect, it } from "vitest";
import { DocumentOutbox, type DocumentTransactItem } from "../../lib/client/index.ts";
import { withDocumentTransaction } from "../../lib/consumer/index.ts";
import { clientWith, EVENT, Money } from "./document-client.ts";
import { NOW } from "./fixtures.ts";

const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(2 ** 53, 2 ** 53 + 2, -(2 ** 60), 1e-7, 1e21, -0, 0.1),
);
const leaf = fc.oneof(
  ...[fc.string(), fc.constant(""), number, fc.bigInt(), fc.boolean(), fc.constant(null), fc.constant(undefined)],
  ...[fc.uint8Array({ maxLength: 4 }), fc.constant(Buffer.alloc(0)), fc.date(), fc.constant(() => 1)],
  fc.constantFrom(
    ...[NumberValue.from("12345678901234567890.5"), NumberValue.from("-1E-100"), new Money(5)],
    ...[
      new Set(),
      new Set(["a", ""]),
      new Set([1, 2]),
      new Set([1n]),
      new Set([undefined, "a"]),
      new Set([new Money(1)]),
    ],
    ...[new Set([Buffer.from("a")]), new Map<string, unknown>([["k", undefined]]), Symbol.for("s"), /x/],
  ),
);
/** Names as people use them. Names of JavaScript's own prototypes are left out, for lib-dynamodb loses them. */
const name = fc.string({ minLength: 1 }).filter((text) => text !== "__proto__");
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(name, tie("value"), { maxKeys: 3 }),
  ),
})).value;
const values = fc.oneof(
  { weight: 9, arbitrary: fc.dictionary(name, value, { maxKeys: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(new Money(7) as unknown as Record<string, unknown>, undefined) },
);
const item = fc.oneof(
  fc.record({ Put: fc.record({ TableName: fc.constant("t"), Item: values, ExpressionAttributeValues: values }) }),
  fc.record({ Update: fc.record({ TableName: fc.constant("t"), Key: values, ExpressionAttributeValues: values }) }),
  fc.record({ Delete: fc.record({ TableName: fc.constant("t"), Key: values }), Put: fc.constant(undefined) }),
  fc.record({
    ConditionCheck: fc.record({ TableName: fc.constant("t"), Key: values, ConditionExpression: fc.string() }),
  }),
) as fc.Arbitrary<DocumentTransactItem>;
const flag = fc.option(fc.boolean(), { nil: undefined });
const marshallOptions = fc.record(
  {
    ...{ convertEmptyValues: flag, removeUndefinedValues: flag, convertClassInstanceToMap: flag },
    ...{ allowImpreciseNumbers: flag, convertTopLevelContainer: fc.constantFrom(undefined, true) },
  },
  { requiredKeys: [] },
);

type End = { readonly sent: readonly object[] } | { readonly refused: string };

/** The items as they are sent, or the text of the refusal. */
async function endOf(
  bodies: readonly { readonly TransactItems: readonly object[] }[],
  call: () => Promise<unknown>,
): Promise<End> {
  try {
    await call();
  } catch (error) {
    return { refused: (error as Error).message };
  }
  return { sent: bodies.at(-1)?.TransactItems.slice(0, 1) ?? [] };
}

it("native values are written as lib-dynamodb's own TransactWriteCommand writes them, whatever they and its options are", async () => {
  let written = 0;
  await fc.assert(
    fc.asyncProperty(item, fc.option(marshallOptions, { nil: undefined }), async (given, options) => {
      const translate = (options === undefined ? {} : { marshallOptions: options }) as TranslateConfig;
      const theirs = clientWith(translate);
      const own = clientWith(translate);
      const expected = await endOf(theirs.bodies, () =>
        theirs.client.send(new TransactWriteCommand({ TransactItems: [given as never] })),
      );
      const outbox = new DocumentOutbox({ client: own.client, tableName: "outbox", source: "/s", now: () => NOW });
      expect(await endOf(own.bodies, () => outbox.transact([given], [{ type: "t" }]))).toEqual(expected);
      const handle = withDocumentTransaction(async () => [given], { client: own.client, table: "i", consumer: "c" });
      expect(await endOf(own.bodies, () => handle(EVENT))).toEqual(expected);
      if ("sent" in expected) written += 1;
    }),
    { numRuns: 300, seed: 7 },
  );
  // With fewer, the generator's items are nearly all refused, and nothing is compared.
  expect(written).toBeGreaterThan(60);
});
