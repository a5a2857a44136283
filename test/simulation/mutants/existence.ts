import { busMutant, type Mutant } from "./mutant.ts";
import { answering, inFunction } from "./patched-bundle.ts";

const EXISTENCE_CHECK = "lib/core/delivery/existence/existence-check.ts";
const DESTINATION_LIMITERS = "lib/core/delivery/limiter/destination-limiters.ts";
const DELETE_CONFIRMED = "lib/core/delivery/deletes/delete-confirmed.ts";
const PROCESS = "test/simulation/process.ts";
const SHARED_CALLS = "lib/core/ordered/shared-calls.ts";

/** Mistakes about the existence of a destination, and about events that were acknowledged before it is known. */
export const EXISTENCE_MUTANTS: readonly Mutant[] = [
  busMutant(
    "a bus looked up before the acknowledgement instead of after it",
    inFunction(
      EXISTENCE_CHECK,
      "confirm",
      "const isRecent = isFound && !isDoubted() && ",
      "const isRecent = isFound && !isDoubted() || ",
    ),
  ),
  busMutant(
    "a check that confirms what was acknowledged after it began",
    inFunction(
      EXISTENCE_CHECK,
      "checkOnce",
      "...(isDoubted() ? acknowledged.splice(0) : [])",
      "...acknowledged.splice(0)",
    ),
  ),
  busMutant(
    "an acknowledgement whose time is up, confirmed by what was known before it",
    inFunction(EXISTENCE_CHECK, "letGo", 'resolve(now === "exists" && !isDoubted() ? "unknown" : now)', "resolve(now)"),
  ),
  busMutant(
    "a proof that stands for ever while checks go unanswered",
    inFunction(
      EXISTENCE_CHECK,
      "existence",
      "!isDoubted() || nowMs < proof.beganAtMs + memoryMs",
      "!isDoubted() || memoryMs > 0",
    ),
  ),
  busMutant(
    "a memory that counts from the answer instead of the question",
    inFunction(
      EXISTENCE_CHECK,
      "learn",
      'proof = { exists: answer === "exists", number, beganAtMs };',
      'proof = { exists: answer === "exists", number, beganAtMs: clock.now() };',
    ),
  ),
  busMutant(
    "a proof that stands while checks are denied",
    inFunction(
      EXISTENCE_CHECK,
      "learn",
      "lastDenied = Math.max(lastDenied, number);",
      "lastUnanswered = Math.max(lastUnanswered, number);",
    ),
  ),
  busMutant(
    "an answer believed by when it came, not by when it was asked for",
    inFunction(EXISTENCE_CHECK, "checkOnce", "const number = ++checks;", "checks += 1;"),
    inFunction(
      EXISTENCE_CHECK,
      "checkOnce",
      'learn(answer === "late" ? "unanswered" : answer, number, beganAtMs);',
      'learn(answer === "late" ? "unanswered" : answer, ++checks, beganAtMs);',
    ),
    inFunction(
      EXISTENCE_CHECK,
      "checkOnce",
      'late !== "unanswered" && learn(late, number, beganAtMs)',
      'late !== "unanswered" && learn(late, ++checks, beganAtMs)',
    ),
  ),
  busMutant(
    "publishing before the first check, and while nobody knows",
    answering(EXISTENCE_CHECK, "mayPublish", "true"),
    inFunction(
      EXISTENCE_CHECK,
      "untilPublishable",
      'if (now === "exists") return Promise.resolve(now);',
      'if (now !== "missing") return Promise.resolve("exists");',
    ),
  ),
  busMutant(
    "a run of the requeuer that trusts what its process knew of the bus before",
    inFunction(DESTINATION_LIMITERS, "of", "if (settings.anew) existence.renew();", ""),
  ),
  busMutant(
    "deleting what was acknowledged and not confirmed",
    inFunction(DELETE_CONFIRMED, "deleteConfirmed", 'if (existence === "exists") {', 'if (existence !== "missing") {'),
  ),
  busMutant(
    "marking what was acknowledged and not confirmed",
    inFunction(
      DELETE_CONFIRMED,
      "unconfirmed",
      'class: "transient",\n  scope: "target",\n  code: "DestinationUnconfirmed",',
      'class: "transient",\n  scope: "event",\n  code: "DestinationUnconfirmed",',
    ),
  ),
  busMutant(
    "not counting what may come twice because it was not confirmed",
    inFunction(DELETE_CONFIRMED, "deleteConfirmed", '{ cause: "unconfirmed" }', "{}"),
    inFunction(PROCESS, "#end", 'this.#world.ledger.excuseUndeleted(this.actor.name, "delete failed");', ""),
  ),
  busMutant(
    "the next event of a key before the one before it is confirmed",
    inFunction(
      SHARED_CALLS,
      "makeCall",
      "const unconfirmed = await confirmed;",
      "const unconfirmed = undefined;\n    void confirmed;",
    ),
  ),
];
