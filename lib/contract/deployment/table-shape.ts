import { PARTITION_KEY, SORT_KEY } from "../item-contract.ts";

/**
 * The properties of a table that decide whether it can be an outbox, in the spelling of DynamoDB's description and of a
 * template. Synth, the requeuer and the doctor judge by the same rules; each gives its own advice.
 */
export interface TableShape {
  readonly KeySchema?: readonly Key[] | undefined;
  readonly AttributeDefinitions?: readonly Attribute[] | undefined;
  readonly StreamSpecification?: { readonly StreamViewType?: string | undefined } | undefined;
}

interface Key {
  readonly AttributeName?: string | undefined;
  readonly KeyType?: string | undefined;
}

interface Attribute {
  readonly AttributeName?: string | undefined;
  readonly AttributeType?: string | undefined;
}

const OUTBOX_KEYS = `${PARTITION_KEY} (S) and ${SORT_KEY} (N)`;

/** The fault in a table's keys. Undefined: none. */
export function keysFault({ KeySchema: keys = [], AttributeDefinitions: attributes = [] }: TableShape) {
  const inOrder = ["HASH", "RANGE"].flatMap((type) => keys.filter(({ KeyType }) => KeyType === type));
  const found = inOrder
    .map(({ AttributeName: name }) => {
      const type = attributes.find((attribute) => attribute.AttributeName === name)?.AttributeType;
      return `${name} (${type ?? "of no type"})`;
    })
    .join(" and ");
  return found === OUTBOX_KEYS ? undefined : `its keys are ${found || "none"}. They must be ${OUTBOX_KEYS}`;
}

/** The stream view types in which the relay finds an event: those that hold the new row. */
export const OUTBOX_VIEW_TYPES = ["NEW_IMAGE", "NEW_AND_OLD_IMAGES"] as const;
export type OutboxViewType = (typeof OUTBOX_VIEW_TYPES)[number];

/**
 * The fault in a table's stream. Undefined: none.
 *
 * @param allowed narrows the view types where a change of them would do harm.
 */
export function streamFault(
  { StreamSpecification: stream }: TableShape,
  allowed: readonly OutboxViewType[] = OUTBOX_VIEW_TYPES,
): string | undefined {
  const found = stream?.StreamViewType;
  if (allowed.some((viewType) => viewType === found)) return undefined;
  return found === undefined
    ? `it has no stream. It must have one of the view type ${allowed.join(" or ")}`
    : `its stream's view type is ${found}. It must be ${allowed.join(" or ")}`;
}

/**
 * The fault in a table's time to live. Undefined: none.
 *
 * @param status as DynamoDB describes it. Switching it off takes up to an hour, and rows may be deleted until then:
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
 */
export const timeToLiveFault = (status: string | undefined): string | undefined =>
  status === undefined || status === "DISABLED"
    ? undefined
    : `its time to live is ${status}. It deletes rows that nobody has delivered`;
