import { inFunction } from "../../simulation/mutants/patched-bundle.ts";
import { type UnitMutant, unitMutant } from "../unit-mutant.ts";

const RECEIPTS = "lib/core/archive/receipts.ts";
const PARCELS = "lib/core/archive/parcels.ts";
const PENDING_DELETES = "lib/core/delivery/deletes/pending-deletes.ts";
const BOUNDED_PORTS = "lib/core/process/bounded-ports.ts";

const ofReceipts = unitMutant("test/core/archive/receipts.test.ts");
const ofParcels = unitMutant("test/core/archive/parcels.test.ts");
const ofHeldRows = unitMutant("test/core/delivery/deletes/held-rows.test.ts");
const ofDelivery = unitMutant("test/core/archive/archived-delivery.test.ts");

/** Mistakes about the archive that end well in the long run, or cost too much. */
export const ARCHIVE_UNIT_MUTANTS: readonly UnitMutant[] = [
  ofReceipts(
    "a gap that is noted again and again",
    inFunction(RECEIPTS, "isNoted", "if (noted.has(hour)) return true;", ""),
  ),
  ofReceipts(
    "lines counted as missing with each try of a note",
    inFunction(RECEIPTS, "countMissing", "if (!parcel.isCounted) telemetry", "telemetry"),
  ),
  ofReceipts(
    "an archive that is tried for lines that nobody waits for",
    inFunction(RECEIPTS, "writeAll", "if (awaited.size === 0) break;\n        await pauses", "await pauses"),
  ),
  ofReceipts(
    "a timer that runs on when nothing is waited for",
    inFunction(RECEIPTS, "over", "if (awaited.size === 0) pauses.end();", ""),
  ),
  ofReceipts(
    "each row waiting for an archive that is away",
    inFunction(RECEIPTS, "dueMs", "isAway() ? sinceMs : sinceMs + RECEIPT_WAIT_MS", "sinceMs + RECEIPT_WAIT_MS"),
  ),
  ofReceipts(
    "an archive that counts as away for ever",
    inFunction(RECEIPTS, "isAway", "clock.now() < awayUntilMs", "awayUntilMs > 0"),
  ),
  ofReceipts(
    "the time between invocations taken for the archive's",
    inFunction(RECEIPTS, "begin", "for (const parcel of awaited) parcel.sinceMs = clock.now();", ""),
  ),
  ofReceipts(
    "an object for what the stream brought, and another for its receipts",
    inFunction(RECEIPTS, "met", "joining.push(lines);", "joining.push(lines);\n      hand([], nobody);"),
  ),
  ofReceipts(
    "calls that are confirmed together in two objects",
    inFunction(RECEIPTS, "writeAll", "await Promise.resolve();", ""),
  ),
  ofReceipts(
    "lines of an hour noted under the hour in which they are late",
    inFunction(RECEIPTS, "watch", "isNoted(hour)", "isNoted(Math.floor(clock.now() / HOUR_MS))"),
  ),
  ofParcels(
    "late lines before those that somebody waits for",
    inFunction(PARCELS, "nextObject", "waiting.filter((parcel) => !isLate(parcel)),", "waiting,"),
  ),
  ofParcels(
    "late lines that are never given up",
    inFunction(PARCELS, "withoutOldest", "lateText > MOST_LATE_TEXT", "false"),
  ),
  ofHeldRows(
    "a place waited for without an end, once its row is held",
    inFunction(PENDING_DELETES, "startDelete", "if (held === 1) wakeWaiters();", ""),
  ),
  ofHeldRows(
    "a flush without an end while a row is held",
    inFunction(
      PENDING_DELETES,
      "step",
      "await (held === 0 ? change : inTime(change, Math.max(0, untilMs - clock.now()), undefined, clock));",
      "await change;",
    ),
  ),
  ofDelivery(
    "an object that hangs for as long as an invocation lasts",
    inFunction(BOUNDED_PORTS, "boundedArchive", ", clock.now() + ARCHIVE_WRITE_MS", ""),
  ),
];
