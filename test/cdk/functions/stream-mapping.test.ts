import type { Template } from "aws-cdk-lib/assertions";
import { describe, expect, test } from "vitest";
import { createStack, resourcesOf, synthesize } from "../fixtures.ts";

const LABEL = "2026-01-31T12:00:00.000";
const MAPPING = "AWS::Lambda::EventSourceMapping";

function mappingOf(template: Template): { readonly logicalId: string; readonly eventSourceArn: unknown } {
  const [found, ...others] = Object.entries(template.findResources(MAPPING));
  if (found === undefined || others.length > 0) throw new Error("there must be one mapping");
  const [logicalId, { Properties }] = found;
  return { logicalId, eventSourceArn: Properties.EventSourceArn };
}

describe("the setting streamMapping", () => {
  const before = mappingOf(synthesize());

  test("makes another mapping at each id, since CloudFormation replaces by logical id", () => {
    const [first, second, again] = ["a1", "a2", "a1"].map((id) => mappingOf(synthesize({ streamMapping: { id } })));
    expect(new Set([before.logicalId, first?.logicalId, second?.logicalId]).size).toBe(3);
    expect(again).toEqual(first);
    expect(first?.eventSourceArn).toEqual(before.eventSourceArn);
  });

  test("has the mapping, and the relay's role, read the stream that it names", () => {
    const template = synthesize({ streamMapping: { id: "a1", streamLabel: LABEL } });
    const stream = { "Fn::Join": ["", [{ "Fn::GetAtt": ["OutboxTable", "Arn"] }, `/stream/${LABEL}`]] };
    expect(mappingOf(template).eventSourceArn).toEqual(stream);
    expect(resourcesOf(template, "RelayRoleDefaultPolicy", "dynamodb:GetRecords").flat()).toEqual([stream]);
  });

  test("names the stream of a table that exists already, in its partition", () => {
    const arn = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/outbox";
    const table = { arn, streamArn: `${arn}/stream/2025-01-01T00:00:00.000` };
    const template = synthesize({ table, streamMapping: { id: "a1", streamLabel: LABEL } });
    expect(JSON.stringify(mappingOf(template).eventSourceArn)).toContain(`/stream/${LABEL}`);
    expect(JSON.stringify(template)).not.toContain("2025-01-01T00:00:00.000");
  });

  test.each([
    [{ streamLabel: LABEL }, "streamMapping.id"],
    [{ id: "" }, 'streamMapping.id is ""'],
    [{ id: "a-1" }, 'streamMapping.id is "a-1"'],
    [{ id: "a1", streamLabel: "arn:aws:dynamodb/stream" }, "streamMapping.streamLabel"],
    [{ id: "a1", label: LABEL }, "label"],
    ["a1", "streamMapping"],
  ])("is refused as %j", (streamMapping, message) => {
    expect(() => createStack({ streamMapping })).toThrow(message);
  });
});
