import { Annotations, type CfnResource, type IAspect, Stack } from "aws-cdk-lib";
import { CfnGlobalTable, CfnTable, type StreamViewType } from "aws-cdk-lib/aws-dynamodb";
import type { IConstruct } from "constructs";
import { PARTITION_KEY, SORT_KEY } from "../core/contract.ts";

/**
 * Refuses, at synth, whatever would make an outbox table lose rows or miss them: time to live, another stream view
 * type, other keys. It looks at what goes into the template, so an escape hatch does not get past it.
 */
export class OutboxTableGuard implements IAspect {
  readonly #viewTypes: readonly StreamViewType[];

  /** @param viewTypes the stream view types to accept. */
  constructor(viewTypes: readonly StreamViewType[]) {
    this.#viewTypes = viewTypes;
  }

  visit(node: IConstruct): void {
    if (!(node instanceof CfnGlobalTable || node instanceof CfnTable)) {
      return;
    }
    const { TimeToLiveSpecification: timeToLive, StreamSpecification: stream, KeySchema: keys } = synthesized(node);
    if (timeToLive !== undefined && timeToLive.Enabled !== false) {
      refuse(
        node,
        `time to live is ${JSON.stringify(timeToLive)}. It deletes rows that nobody has delivered. Remove it: rows ` +
          "leave the table when they are delivered",
      );
    }
    if (!this.#viewTypes.some((viewType) => viewType === stream?.StreamViewType)) {
      refuse(
        node,
        `the stream's view type is ${stream?.StreamViewType}. It must be ${this.#viewTypes.join(" or ")}; changing it ` +
          "on a live table replaces the stream",
      );
    }
    const names = keys?.map(({ AttributeName }) => AttributeName);
    if (names?.length !== 2 || names[0] !== PARTITION_KEY || names[1] !== SORT_KEY) {
      refuse(node, `its keys are ${names?.join(", ")}. They must be ${PARTITION_KEY} (S) and ${SORT_KEY} (N)`);
    }
  }
}

function refuse(table: CfnResource, problem: string): void {
  Annotations.of(table).addError(`This is an outbox table, but ${problem}.`);
}

interface TableProperties {
  readonly TimeToLiveSpecification?: { readonly Enabled?: boolean };
  readonly StreamSpecification?: { readonly StreamViewType?: string };
  readonly KeySchema?: readonly { readonly AttributeName?: string }[];
}

/** The properties as they go into the template: overrides are not visible on the construct itself. */
function synthesized(table: CfnResource): TableProperties {
  const template = Stack.of(table).resolve(table._toCloudFormation()) as {
    readonly Resources: Readonly<Record<string, { readonly Properties?: TableProperties }>>;
  };
  const [resource] = Object.values(template.Resources);
  return resource?.Properties ?? {};
}
