import { Match, Template } from "aws-cdk-lib/assertions";
import { expect, test } from "vitest";
import { TwoTargetsStack } from "../../../examples/two-targets/two-targets-stack.ts";
import { buildBundles } from "../../../lib/cdk/build/bundler.ts";
import { allRowsFilter, createApp, findResources, onlyResource } from "../fixtures.ts";

test("two relays share one table, each with its own functions, queue and lease", async () => {
  // The example uses the package's own bundles, as its users do.
  await buildBundles();
  const template = Template.fromStack(new TwoTargetsStack(createApp(), "TwoTargets", {}));
  // One outbox. The operators' journals, one per relay, have no stream.
  const outbox = { StreamSpecification: Match.anyValue() };
  template.resourcePropertiesCountIs("AWS::DynamoDB::GlobalTable", outbox, 1);
  const filterOf = (prefix: string) =>
    onlyResource(template, "AWS::Lambda::EventSourceMapping", prefix).Properties.FilterCriteria.Filters.map(
      ({ Pattern }: { readonly Pattern: string }) => JSON.parse(Pattern),
    );
  expect(filterOf("ParcelsRelay")).toEqual([
    { eventName: ["INSERT"], dynamodb: { NewImage: { type: { S: [{ prefix: "parcel." }] } } } },
  ]);
  // The function, and not the filter, leaves out the types of `except`: a row without a readable type must come through.
  expect(filterOf("OthersRelay")).toEqual(
    allRowsFilter("TwoTargets-others").Filters.map(({ Pattern }) => JSON.parse(Pattern)),
  );
  const environments = findResources(template, "AWS::Lambda::Function").map(
    ({ Properties }) => Properties.Environment.Variables,
  );
  expect(environments.map(({ POWERTOOLS_SERVICE_NAME }) => POWERTOOLS_SERVICE_NAME).toSorted()).toEqual([
    "TwoTargets-others",
    "TwoTargets-others",
    "TwoTargets-parcels",
    "TwoTargets-parcels",
  ]);
});
