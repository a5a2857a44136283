import { busMutant, deadLetterMutant, type Mutant, mutant } from "./mutant.ts";
import { inFunction } from "./patched-bundle.ts";

const CALL = "lib/core/delivery/call/call.ts";
const DELETE_CONFIRMED = "lib/core/delivery/deletes/delete-confirmed.ts";
const PENDING_DELETES = "lib/core/delivery/deletes/pending-deletes.ts";
const RECEIPTS = "lib/core/archive/receipts.ts";
const AUDIT = "lib/operator/core/audit/audit.ts";
const READING = "lib/operator/core/audit/reading.ts";
const VERDICT = "lib/operator/core/audit/verdict.ts";

const CONFIRM = "const existence = await limiters.of(destination).existence.confirm(count, endMs, enough);";
const HAND_OVER = "const kept = receipts?.acknowledged(destination, acknowledged);";

/** Mistakes about what must be archived, and when. A quarter of the storms of any kind have an archive. */
export const ARCHIVE_MUTANTS: readonly Mutant[] = [
  mutant(
    "a receipt after the delete",
    inFunction(
      DELETE_CONFIRMED,
      "deleteConfirmed",
      HAND_OVER,
      "const kept = undefined;\n    void Promise.resolve().then(async () => {\n      await pendingDeletes.flush(endMs);\n      await receipts?.acknowledged(destination, acknowledged);\n    });",
    ),
  ),
  mutant(
    "a delete that does not wait for its receipt",
    inFunction(
      DELETE_CONFIRMED,
      "deleteConfirmed",
      "pendingDeletes.startDelete(destination, event, kept);",
      "pendingDeletes.startDelete(destination, event);",
    ),
  ),
  mutant(
    "a row that is free as soon as another of its call is",
    inFunction(
      PENDING_DELETES,
      "startDelete",
      "if (after === undefined) mayGo(made);",
      "if (after === undefined || held > 0) mayGo(made);",
    ),
  ),
  mutant(
    "receipts for all events of a call that was acknowledged in part",
    inFunction(
      CALL,
      "makeCall",
      "const accepted = results.flatMap(acknowledgedIn);",
      "const accepted = results.flatMap(acknowledgedIn);\n  if (accepted.length > 0) void delivery.receipts?.acknowledged(destination, events.map((event) => ({ event, attempts: 1, answer: undefined })));",
    ),
  ),
  busMutant(
    "a receipt before it is known that the destination exists",
    inFunction(DELETE_CONFIRMED, "deleteConfirmed", CONFIRM, `${HAND_OVER}\n  ${CONFIRM}`),
    inFunction(
      DELETE_CONFIRMED,
      "deleteConfirmed",
      `  if (existence === "exists") {\n    ${HAND_OVER}`,
      '  if (existence === "exists") {',
    ),
  ),
  mutant("a gap that is not noted", inFunction(RECEIPTS, "isNoted", "await archive.noteMissing(hour * HOUR_MS);", "")),
  mutant(
    "a gap that is noted after the rows are free",
    inFunction(
      RECEIPTS,
      "isNoted",
      "await archive.noteMissing(hour * HOUR_MS);",
      "archive.noteMissing(hour * HOUR_MS).catch(() => undefined);",
    ),
  ),
  mutant(
    "a gap taken for noted although the journal refused",
    inFunction(RECEIPTS, "isNoted", "return false;", "return true;"),
  ),
  mutant("a refused object taken for kept", inFunction(RECEIPTS, "written", "return false;", "return true;")),
  mutant(
    "a second object beside the first",
    inFunction(RECEIPTS, "goOn", "if (!isWriting) void writeAll();", "void writeAll();"),
  ),
  mutant("what the relay met, written only beside receipts", inFunction(RECEIPTS, "end", "hand([], nobody);", "")),
  mutant(
    "an audit that ignores the hours that are noted",
    inFunction(
      AUDIT,
      "audit",
      "...reading.missingHours.slice(-1).map((hour) => hour + HOUR_MS + CLOCK_MARGIN_MS),",
      "",
    ),
  ),
  mutant(
    "an audit that takes events of a noted hour for acknowledged",
    inFunction(
      VERDICT,
      "verdictOf",
      'return { kind: "undecided", because: { kind: "lines-missing" } };',
      'return { kind: "acknowledged", duplicates: 0, dropped: 0 };',
    ),
  ),
  deadLetterMutant(
    "an audit that reads the archive before the table",
    inFunction(READING, "readEverything", "  const ofArchive = await readArchive(ports, keep, options);\n", ""),
    inFunction(
      READING,
      "readEverything",
      'await keepAside(ports, "before", keep, options);',
      'const ofArchive = await readArchive(ports, keep, options);\n  await keepAside(ports, "before", keep, options);',
    ),
  ),
];
