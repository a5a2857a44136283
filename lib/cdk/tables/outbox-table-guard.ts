import { Annotations, type CfnResource, type IAspect, Stack } from "aws-cdk-lib";
import { CfnGlobalTable, CfnTable } from "aws-cdk-lib/aws-dynamodb";
import type { IConstruct } from "constructs";
import { keysFault, type OutboxViewType, streamFault, type TableShape } from "../../contract/deployment/table-shape.ts";

/**
 * Refuses at synth every property by which an outbox table would lose or miss rows: time to live, another stream view
 * type, other keys. It checks the final template, so that it also sees escape hatches.
 */
export class OutboxTableGuard implements IAspect {
  readonly #viewTypes: readonly OutboxViewType[];

  /** @param viewTypes the stream view types to accept. */
  constructor(viewTypes: readonly OutboxViewType[]) {
    this.#viewTypes = viewTypes;
  }

  visit(node: IConstruct): void {
    if (!(node instanceof CfnGlobalTable || node instanceof CfnTable)) {
      return;
    }
    const properties = synthesized(node);
    const { TimeToLiveSpecification: timeToLive } = properties;
    if (timeToLive !== undefined && timeToLive.Enabled !== false) {
      refuse(
        node,
        `time to live is ${JSON.stringify(timeToLive)}. It deletes rows that nobody has delivered. Remove it: rows ` +
          "leave the table when they are delivered",
      );
    }
    const stream = streamFault(properties, this.#viewTypes);
    if (stream !== undefined) refuse(node, `${stream}; changing it on a live table replaces the stream`);
    const keys = keysFault(properties);
    if (keys !== undefined) refuse(node, keys);
  }
}

function refuse(table: CfnResource, problem: string): void {
  Annotations.of(table).addError(`This is an outbox table, but ${problem}.`);
}

interface TableProperties extends TableShape {
  readonly TimeToLiveSpecification?: { readonly Enabled?: boolean };
}

/** The properties as the template has them: overrides are not visible on the construct itself. */
function synthesized(table: CfnResource): TableProperties {
  const template = Stack.of(table).resolve(table._toCloudFormation()) as {
    readonly Resources: Readonly<Record<string, { readonly Properties?: TableProperties }>>;
  };
  const [resource] = Object.values(template.Resources);
  return resource?.Properties ?? {};
}
