import type { AlarmName, COMPOSITE_NAME } from "../../../../lib/cdk/monitoring/alarms.ts";
import { DOWN, REFUSED } from "../../../world/scripted-target.ts";
import { times } from "../../../world/world.ts";
import type { Day, Story } from "./day.ts";

/** A story, and the alarms that it should raise. */
export interface Told extends Story {
  readonly fires: readonly (AlarmName | typeof COMPOSITE_NAME)[];
}

const HOUR = 60;
const TWO_AT_NIGHT = 2 * HOUR;
const EIGHT_IN_THE_EVENING = 20 * HOUR;
/** DynamoDB's client makes three attempts, half of which a throttled table refuses. */
const REFUSED_THRICE = 0.5 ** 3;

/** The target refuses events, until somebody sets them aside in the evening. */
function refused(count: number): Story["minute"] {
  let ids: ReadonlySet<string> = new Set();
  return (minute, day) => {
    if (minute === TWO_AT_NIGHT) {
      ids = new Set(times(count, (index) => `refused-${index}`));
      day.world.target.script = ({ id }) => (ids.has(id) ? REFUSED : undefined);
      for (const id of ids) day.write({ id });
    }
    if (minute === EIGHT_IN_THE_EVENING) for (const id of ids) day.world.table.remove({ pk: id, sk: "1" });
  };
}

function outage(hours: number): Story["minute"] {
  return (minute, { world: { target } }) => {
    if (minute === TWO_AT_NIGHT) target.script = () => DOWN;
    if (minute === TWO_AT_NIGHT + hours * HOUR) target.script = () => undefined;
  };
}

/** The target takes events for ten minutes of every thirty. */
function flapping(minute: number, { world: { target } }: Day): void {
  if (minute < TWO_AT_NIGHT) return;
  if (minute >= EIGHT_IN_THE_EVENING) target.script = () => undefined;
  else if (minute % 30 === 0) target.script = () => DOWN;
  else if (minute % 30 === 20) target.script = () => undefined;
}

function malformed(minute: number, day: Day): void {
  const key = { pk: "malformed", sk: "1" };
  if (minute === TWO_AT_NIGHT) day.write({ id: "malformed" }, ({ source: _missing, ...item }) => item);
  if (minute !== EIGHT_IN_THE_EVENING) return;
  const { _notBefore: _rest, ...item } = day.world.table.item(key) ?? {};
  day.world.table.put({ ...item, source: { S: "repaired" } });
}

function throttled(minute: number, { world: { table, random } }: Day): void {
  if (minute === TWO_AT_NIGHT) table.refuses = () => random() < REFUSED_THRICE;
  if (minute === TWO_AT_NIGHT + 4 * HOUR) table.refuses = () => false;
}

/** S3 takes no object of the archive. */
function unarchived(isRefusing: (minute: number) => boolean): Story["minute"] {
  return (minute, { world: { archive } }) => {
    archive.fate = () => ({ isKept: !isRefusing(minute) });
  };
}

/** Checks whether the bus exists are denied. */
function denied(hours: number): Story["minute"] {
  return (minute, { world: { target } }) => {
    if (minute === TWO_AT_NIGHT) target.answer = () => "denied";
    if (minute === TWO_AT_NIGHT + hours * HOUR) target.answer = () => "exists";
  };
}

/** Checks whether the bus exists go unanswered for two minutes. */
function checksThrottled(isFrom: (minute: number) => boolean): Story["minute"] {
  return (minute, { world: { target } }) => {
    if (isFrom(minute)) target.answer = () => "unanswered";
    if (isFrom(minute - 2)) target.answer = () => "exists";
  };
}

const OVERDUE = ["OldestUndeliveredAge", "DeliveryAtRisk"] as const;
const UNVERIFIED = ["TargetUnverified", "PermanentFailures", "BreakerOpen", ...OVERDUE] as const;
const HALF_A_DAY_OVERDUE = [...OVERDUE, "OldestUndeliveredAgeCritical"] as const;

/** Each story is a day. One event a minute is written unless the story says otherwise. */
export const STORIES: readonly Told[] = [
  { name: "A quiet day: nothing is written", traffic: 0, fires: [] },
  { name: "An ordinary day: five events a minute", traffic: 5, fires: [] },
  {
    name: "The target refuses one event, which is set aside 18 hours later",
    minute: refused(1),
    fires: ["PermanentFailures", ...HALF_A_DAY_OVERDUE],
  },
  { name: "It refuses five", minute: refused(5), fires: ["PermanentFailures", ...HALF_A_DAY_OVERDUE] },
  { name: "It refuses twenty", minute: refused(20), fires: ["PermanentFailures", ...HALF_A_DAY_OVERDUE] },
  {
    name: "A malformed row, repaired 18 hours later",
    minute: malformed,
    fires: ["MalformedRecords", "PermanentFailures", ...HALF_A_DAY_OVERDUE],
  },
  { name: "The target is down for an hour", minute: outage(1), fires: ["BreakerOpen", ...OVERDUE] },
  { name: "The target is down for 12 hours", minute: outage(12), fires: ["BreakerOpen", ...HALF_A_DAY_OVERDUE] },
  {
    name: "The target is down for 20 minutes of every 30, for 18 hours",
    minute: flapping,
    fires: ["BreakerOpen", ...OVERDUE],
  },
  {
    name: "Nobody may look whether the bus exists, for an hour",
    minute: denied(1),
    fires: UNVERIFIED,
  },
  ...[900, 3_600].map((requeueEverySeconds) => ({
    name: `The same for five hours, with \`requeueEverySeconds\` ${requeueEverySeconds}`,
    requeueEverySeconds,
    minute: denied(5),
    fires: UNVERIFIED,
  })),
  {
    name: "The checks whether the bus exists are throttled for two minutes, once",
    minute: checksThrottled((minute) => minute === TWO_AT_NIGHT),
    fires: [],
  },
  {
    name: "They are throttled for two minutes of every 30",
    minute: checksThrottled((minute) => minute % 30 === 5),
    fires: [],
  },
  { name: "A first deployment, whose first run comes after three minutes", firstRunAt: 3, fires: [] },
  {
    name: "A deployment each hour, under five events a minute",
    traffic: 5,
    minute: (minute, day) => {
      if (minute % HOUR === 0) day.deploy();
    },
    fires: [],
  },
  { name: "The table throttles for four hours", minute: throttled, fires: [] },
  { name: "An ordinary day with an archive", traffic: 5, isArchived: true, fires: [] },
  {
    name: "S3 takes no object of the archive for an hour",
    isArchived: true,
    minute: unarchived((minute) => minute >= TWO_AT_NIGHT && minute < TWO_AT_NIGHT + HOUR),
    fires: ["ReceiptsMissing"],
  },
  {
    name: "It takes none in two minutes of every 20, for 18 hours",
    isArchived: true,
    minute: unarchived((minute) => minute >= TWO_AT_NIGHT && minute < EIGHT_IN_THE_EVENING && minute % 20 < 2),
    fires: ["ReceiptsMissing"],
  },
];
