import { RemovalPolicy } from "aws-cdk-lib";
import { readFields, readInteger, refuse } from "../contract/settings/setting-reader.ts";

/** What happens to tables and queues that a deploy no longer has. */
export type KeptPolicy = RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;

export const DEFAULT_REMOVAL_POLICY: KeptPolicy = RemovalPolicy.RETAIN;

/** The fate of tables and queues that a deployment no longer has. */
export function readRemovalPolicy(path: string, value: unknown): KeptPolicy {
  return (
    ([RemovalPolicy.RETAIN, RemovalPolicy.DESTROY] as const).find((policy) => policy === value) ??
    refuse(
      path,
      value,
      'it must be "retain" or "destroy" (RemovalPolicy.RETAIN, RemovalPolicy.DESTROY), which tables and queues alike can have',
    )
  );
}

/** The reads and writes a second that the table takes from the start. At least one of the two. */
export interface WarmThroughputSetting {
  /** 12,000 to 1,000,000,000. @default 12,000, as every table on demand begins */
  readonly readUnitsPerSecond?: number;
  /** 4,000 to 1,000,000,000. @default 4,000, as every table on demand begins */
  readonly writeUnitsPerSecond?: number;
}

/**
 * The throughput of a new table on demand. DynamoDB refuses less: "decreasing WarmThroughput is not supported".
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html
 */
const NEW_TABLE = { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 4_000 } as const;
/** A bound against typing errors. The account's quota, 40,000 of each until it is raised, is not known at synth. */
const MOST_UNITS = 1_000_000_000;

/** @throws SettingError naming the setting, the value and what is allowed. */
export function readWarmThroughput(path: string, value: unknown): WarmThroughputSetting {
  const names = ["readUnitsPerSecond", "writeUnitsPerSecond"] as const;
  const given = readFields(path, value, names);
  const read = names.flatMap((name) => {
    const because = `a new table takes ${NEW_TABLE[name]} as it is, and warm throughput is never lowered`;
    return given[name] === undefined
      ? []
      : [[name, readInteger(`${path}.${name}`, given[name], { min: NEW_TABLE[name], max: MOST_UNITS, because })]];
  });
  if (read.length === 0) refuse(path, value, `it must have ${names.join(" or ")}, or both`);
  return Object.fromEntries(read);
}
