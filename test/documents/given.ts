import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./pages.ts";

/** The package's entries, and the sources that they are made of. */
export const ENTRIES: Readonly<Record<string, string>> = {
  "dynamodb-outbox-relay": "lib/cdk/index.ts",
  "dynamodb-outbox-relay/client": "lib/client/index.ts",
  "dynamodb-outbox-relay/consumer": "lib/consumer/index.ts",
  "dynamodb-outbox-relay/testing": "lib/testing/index.ts",
};

/** What a page's snippet may use without an import, since its text or the snippet before has said where it comes from. */
const IMPORTED: Readonly<Record<string, readonly string[]>> = {
  "aws-cdk-lib": ["Annotations", "App", "RemovalPolicy", "Stack"],
  "aws-cdk-lib/aws-dynamodb": ["TableV2"],
  "aws-cdk-lib/aws-events": ["EventBus"],
  "aws-cdk-lib/aws-iam": ["ServicePrincipal"],
  "aws-cdk-lib/aws-secretsmanager": ["Secret"],
  "aws-cdk-lib/aws-sns": ["Topic"],
  "aws-cdk-lib/aws-sqs": ["Queue"],
  "@aws-sdk/client-dynamodb": ["DynamoDBClient"],
  vitest: ["expect"],
};

/** What a snippet takes to be there already, with its type. */
const DECLARED: Readonly<Record<string, string>> = {
  audit: 'import("aws-cdk-lib/aws-sqs").IQueue',
  bootstrapBrokers: "string",
  bus: 'import("aws-cdk-lib/aws-events").IEventBus',
  centralBusArn: "string",
  client: 'import("@aws-sdk/client-dynamodb").DynamoDBClient',
  cluster: 'import("aws-cdk-lib/aws-msk").CfnCluster',
  consumerFunction: 'import("aws-cdk-lib/aws-lambda").IFunction',
  data: "{ orderId: string; total: number }",
  handleOrderPlaced: '(event: import("dynamodb-outbox-relay/consumer").CloudEvent) => Promise<void>',
  key: 'import("aws-cdk-lib/aws-kms").IKey',
  operators: 'import("aws-cdk-lib/aws-iam").IRole',
  orders: 'import("aws-cdk-lib/aws-sqs").IQueue',
  ordersFunction: 'import("aws-cdk-lib/aws-lambda").IFunction',
  outbox: 'import("dynamodb-outbox-relay/client").Outbox',
  outboxTableName: "string",
  placeOrder: '(outbox: import("dynamodb-outbox-relay/client").Outbox<ShopEvents>, orderId: string) => Promise<void>',
  readers: 'import("aws-cdk-lib/aws-iam").IRole',
  relay: 'import("dynamodb-outbox-relay").OutboxRelay',
  relayGroup: 'import("aws-cdk-lib/aws-ec2").ISecurityGroup',
  secret: 'import("aws-cdk-lib/aws-secretsmanager").ISecret',
  ship: '(event: import("dynamodb-outbox-relay/consumer").CloudEvent) => Promise<void>',
  tableName: "string",
  topic: 'import("aws-cdk-lib/aws-sns").ITopic',
  vpc: 'import("aws-cdk-lib/aws-ec2").IVpc',
  warehouse: 'import("aws-cdk-lib/aws-sqs").IQueue',
};

/** Types that an earlier snippet of the same page has shown. */
const TYPES: Readonly<Record<string, string>> = {
  OrderPlaced: "interface OrderPlaced { orderId: string }",
  ShopEvents: 'interface ShopEvents { "order.placed": { orderId: string; total: number }; "shop.opened": undefined }',
};

/** The names that an entry of the package exports. */
const exportsOf = (file: string): readonly string[] =>
  [...readFileSync(join(ROOT, file), "utf8").matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(([, names = ""]) =>
    names.split(",").flatMap((name) => /(\w+)\s*$/.exec(name.trim())?.[1] ?? []),
  );

const importOf = (name: string, from: string) => `import { ${name} } from ${JSON.stringify(from)};`;

const GIVEN: ReadonlyMap<string, string> = new Map([
  // Names that several entries have come from the first one.
  ...Object.entries(ENTRIES)
    .toReversed()
    .flatMap(([from, file]) => exportsOf(file).map((name) => [name, importOf(name, from)] as const)),
  ...Object.entries(IMPORTED).flatMap(([from, names]) => names.map((name) => [name, importOf(name, from)] as const)),
  ...Object.entries(DECLARED).map(([name, type]) => [name, `declare const ${name}: ${type};`] as const),
  ...Object.entries(TYPES),
]);

/** What a snippet names without saying where it comes from, as one line of TypeScript. */
export function givenFor(snippet: string): string {
  const imported = new Set(
    [...snippet.matchAll(/import (?:type )?\{([^}]*)\}/g)].flatMap(([, names = ""]) => names.match(/\w+/g) ?? []),
  );
  const used = (text: string) => new Set(text.match(/[A-Za-z_]\w*/g) ?? []);
  const wanted = used(snippet);
  // A declaration may name a type that is given too.
  for (const name of [...wanted]) {
    // A snippet may use toString, which every object has.
    const type = Object.hasOwn(DECLARED, name) ? (DECLARED[name] ?? "") : "";
    for (const other of used(type)) if (Object.hasOwn(TYPES, other)) wanted.add(other);
  }
  return [...wanted].flatMap((name) => (imported.has(name) ? [] : (GIVEN.get(name) ?? []))).join(" ");
}
