import { describe, expect, it } from "vitest";
import { BROKER, synthesize } from "./fixtures.ts";

/**
 * The names by which a deployed stack is known: logical ids, outputs, environment names. One entry per line, sorted.
 *
 * An intended change is written by: npx vitest run --project infra test/cdk/frozen-templates.test.ts -u A logical id that
 * changes makes CloudFormation replace the resource; those of table, queue and journal must never change.
 */
const VARIANTS: Readonly<Record<string, unknown>> = {
  "per key to sqs": { ordering: "per-key", counterTable: true, target: { kind: "sqs", fifo: true } },
  "some types to nats": { eventTypes: { only: ["order.*"] }, target: BROKER },
  "with an archive": { archive: true },
  "with an archive that is audited": { archive: true, audit: true },
};

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

function linesOf(settings: unknown): readonly string[] {
  const { Resources = {}, Outputs = {} } = synthesize(settings).toJSON() as {
    readonly Resources?: Readonly<Record<string, Resource>>;
    readonly Outputs?: Readonly<Record<string, unknown>>;
  };
  return [
    ...Object.keys(Outputs).map((name) => `output ${name}`),
    ...Object.entries(Resources).flatMap(([id, resource]) => [
      // The hash of a version's or permission's id follows from its properties.
      `resource ${resource.Type} ${resource.Type === "AWS::Lambda::Version" ? id.replace(/[0-9a-f]{32}$/, "") : id}`,
      ...environmentOf(resource).map((name) => `environment ${id} ${name}`),
      ...alarmOf(id, resource),
    ]),
  ];
}

function environmentOf({ Properties }: Resource): readonly string[] {
  const environment = Properties?.["Environment"] as { readonly Variables?: object } | undefined;
  return Object.keys(environment?.Variables ?? {});
}

function alarmOf(id: string, { Type, Properties = {} }: Resource): readonly string[] {
  if (Type !== "AWS::CloudWatch::Alarm" && Type !== "AWS::CloudWatch::CompositeAlarm") return [];
  const { AlarmName, Namespace, MetricName } = Properties;
  return [`alarm ${id} ${[AlarmName, Namespace, MetricName].map((part) => JSON.stringify(part) ?? "-").join(" ")}`];
}

describe("what is frozen of a template", () => {
  it("is as frozen-templates.txt says", async () => {
    const common = new Set(linesOf({}));
    const different = Object.entries(VARIANTS).flatMap(([variant, settings]) => {
      const own = linesOf(settings);
      const gone = [...common].filter((line) => !own.includes(line));
      return [
        ...own.filter((line) => !common.has(line)).map((line) => `template ${variant}: ${line}`),
        ...gone.map((line) => `template ${variant}: without ${line}`),
      ];
    });
    const sorted = [...new Set([...[...common].map((line) => `template default: ${line}`), ...different])].sort();
    await expect(`${sorted.join("\n")}\n`).toMatchFileSnapshot("../contract/frozen/frozen-templates.txt");
    // Four templates are made, which takes longer on a busy machine.
  });
});
