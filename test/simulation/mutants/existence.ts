import { busMutant, type Mutant } from "./mutant.ts";
import { answering, inFunction } from "./patched-bundle.ts";

const EXISTENCE_CHECK = "lib/core/delivery/existence/existence-check.ts";
const CHECK_ANSWERS = "lib/core/delivery/existence/check-answers.ts";
const DESTINATION_LIMITERS = "lib/core/delivery/limiter/destination-limiters.ts";
const DELETE_CONFIRMED = "lib/core/delivery/deletes/delete-confirmed.ts";
const PROCESS = "test/simulation/process.ts";
const SHARED_CALLS = "lib/core/ordered/shared-calls.ts";

/** Mistakes about the existence of a destination, and about events that were acknowledged before it is known. */
export const EXISTENCE_MUTANTS: readonly Mutant[] = [
  busMutant(
    "a bus looked up before the acknowledgement instead of after it",
    inFunction(
      CHECK_ANSWERS,
      "confirmsNow",
      'if (this.existence !== "exists") return false;',
      'if (this.existence === "exists" && !this.isDoubted) return true;',
    ),
  ),
  busMutant(
    "a check that confirms what was acknowledged after it began",
    inFunction(
      EXISTENCE_CHECK,
      "#checkOnce",
      "this.#answers.isDoubted ? this.#acknowledged.splice(0) : []",
      "this.#acknowledged.splice(0)",
    ),
  ),
  busMutant(
    "an acknowledgement whose time is up, confirmed by what was known before it",
    inFunction(EXISTENCE_CHECK, "#letGo", 'existence === "exists" && !isDoubted ? "unknown" : existence', "existence"),
  ),
  busMutant(
    "a proof that stands for ever while checks go unanswered",
    inFunction(
      CHECK_ANSWERS,
      "existence",
      "!this.isDoubted || nowMs < proof.beganAtMs + memoryMs",
      "!this.isDoubted || memoryMs > 0",
    ),
  ),
  busMutant(
    "a memory that counts from the answer instead of the question",
    inFunction(
      CHECK_ANSWERS,
      "learn",
      'this.#proof = { exists: answer === "exists", number, beganAtMs };',
      'this.#proof = { exists: answer === "exists", number, beganAtMs: this.#options.clock.now() };',
    ),
  ),
  busMutant(
    "a proof that stands while checks are denied",
    inFunction(
      CHECK_ANSWERS,
      "learn",
      "this.#lastDenied = Math.max(this.#lastDenied, number);",
      "this.#lastUnanswered = Math.max(this.#lastUnanswered, number);",
    ),
  ),
  busMutant(
    "an answer believed by when it came, not by when it was asked for",
    inFunction(
      EXISTENCE_CHECK,
      "#checkOnce",
      'this.#learn(answer === "late" ? "unanswered" : answer, check);',
      'this.#learn(answer === "late" ? "unanswered" : answer, this.#answers.begin());',
    ),
    inFunction(
      EXISTENCE_CHECK,
      "#checkOnce",
      'late !== "unanswered" && this.#learn(late, check)',
      'late !== "unanswered" && this.#learn(late, this.#answers.begin())',
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
