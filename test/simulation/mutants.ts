import type { Patch } from "./patched-bundle.ts";
import type { Storm } from "./scenario.ts";

/** A wrong variant of the protocol, each a mistake that looks reasonable. */
export interface Mutant {
  readonly name: string;
  /** Where its mistake shows. */
  readonly storm: Storm;
  readonly patches: readonly Patch[];
  /** The one checker that sees its mistake, where there is no other. */
  readonly onlyBy?: string;
}

const inFile = (file: string, find: string, replace: string): Patch => ({ file, find, replace });

const mutantIn =
  (storm: Storm) =>
  (name: string, ...patches: readonly Patch[]): Mutant => ({ name, storm, patches });
const mutant = mutantIn("mixed");
const deadLetterMutant = mutantIn("dead-letters");
const parkedKeyMutant = mutantIn("parked-keys");
const busMutant = mutantIn("buses");
const operatorMutant = mutantIn("operators");
const neighbourMutant = mutantIn("neighbours");
const onlyBy = (checker: string, wrong: Mutant): Mutant => ({ ...wrong, onlyBy: checker });

const RELAY = "lib/core/relay/relay.ts";
const DELIVER = "lib/core/delivery/deliver-call.ts";
const CALL = "lib/core/delivery/call.ts";
const DELETE_CONFIRMED = "lib/core/delivery/delete-confirmed.ts";
const CALL_RESULTS = "lib/core/delivery/call-results.ts";
const TRIALS = "lib/core/delivery/trials.ts";
const IN_ORDER = "lib/core/ordered/publish-in-order.ts";
const EXISTENCE = "lib/core/delivery/existence-check.ts";
const PARK = "lib/core/delivery/park.ts";
const DRAIN = "lib/core/requeue/drain.ts";
const SWEEP = "lib/core/requeue/sweep.ts";
const KEY_GROUP = "lib/core/ordered/key-group.ts";
const DRAIN_KEY = "lib/core/ordered/drain-key.ts";
const SHARED_CALLS = "lib/core/ordered/shared-calls.ts";
const FAULTS = "test/simulation/faults.ts";
const KEYS = "test/simulation/key-table.ts";
const WRITER = "test/simulation/writer.ts";
const REQUEUER = "lib/core/requeue/requeuer.ts";
const UNTIL_NOBODY_HOLDS = "lib/operator/core/until-nobody-holds.ts";
const SWITCHES = "lib/operator/core/switches.ts";
const OPERATOR_TABLE = "test/simulation/operator-table.ts";

const WHOLE_PAGE = "const page = await readKey(keyGroup.pk, { ceiling: keyGroup.ceiling, limit });";
/** A key group that believes its records to be all there is. */
const OWN_ROWS =
  `${WHOLE_PAGE.replace("page", "whole")}\n` +
  "    const own = new Set(keyGroup.all.map(({ row }) => row.key.sk));\n" +
  "    const page = { ...whole, rows: whole.rows.filter(({ key }) => own.has(key.sk)) };";

export const MUTANTS: readonly Mutant[] = [
  deadLetterMutant(
    "a redelivery published unchecked",
    inFile(RELAY, "clock.now() - record.writtenAtMs > FRESH_FOR_MS", "record.writtenAtMs < 0"),
  ),
  deadLetterMutant(
    "a sweep that publishes what it read a while ago",
    inFile("test/simulation/table.ts", "return { rows: rows.map(seenOf), ...page };", "return { rows, ...page };"),
    inFile(SWEEP, "await table.readRows(seen.map(({ key }) => key));", "seen;"),
  ),
  deadLetterMutant(
    "publishing the message instead of the row",
    inFile(
      DRAIN,
      "rowDeadLetters.push({ receipt, key: content.key, id: content.id });",
      "rowDeadLetters.push({ receipt, ...content });",
    ),
    inFile(
      DRAIN,
      "const rows = await table.readRows(firsts.map(({ key }) => key));",
      "const rows = received.map((deadLetter) => deadLetter.row);",
    ),
  ),
  deadLetterMutant(
    "deleting by key without comparing ids",
    inFile("test/simulation/table.ts", "|| eventOf(stored).id !== row.id) continue;", ") continue;"),
  ),
  deadLetterMutant(
    "a probe that moves an event's backoff",
    inFile(DRAIN, 'outcome.kind === "failed" && outcome.failure.scope === "event"', 'outcome.kind === "failed"'),
  ),
  deadLetterMutant(
    "marks for target-scope failures",
    inFile(
      PARK,
      'const ownFault = events.filter(({ failure }) => failure.scope === "event");',
      "const ownFault = events;",
    ),
  ),
  deadLetterMutant(
    "health that only a message can prove",
    inFile(
      REQUEUER,
      "await sweepUntil(anyDeadLetters ?",
      "if (!anyDeadLetters) return;\n  await sweepUntil(anyDeadLetters ?",
    ),
  ),
  busMutant(
    "a bus looked up before the acknowledgement instead of after it",
    inFile(EXISTENCE, "const isRecent = isFound && !isDoubted() && ", "const isRecent = isFound && !isDoubted() || "),
  ),
  busMutant(
    "a check that confirms what was acknowledged after it began",
    inFile(EXISTENCE, "...(isDoubted() ? acknowledged.splice(0) : [])", "...acknowledged.splice(0)"),
  ),
  busMutant(
    "an acknowledgement whose time is up, confirmed by what was known before it",
    inFile(EXISTENCE, 'resolve(now === "exists" && !isDoubted() ? "unknown" : now)', "resolve(now)"),
  ),
  busMutant(
    "a proof that stands for ever while checks go unanswered",
    inFile(EXISTENCE, "!isDoubted() || nowMs < proof.beganAtMs + memoryMs", "!isDoubted() || memoryMs > 0"),
  ),
  busMutant(
    "a memory that counts from the answer instead of the question",
    inFile(
      EXISTENCE,
      'proof = { exists: answer === "exists", number, beganAtMs };',
      'proof = { exists: answer === "exists", number, beganAtMs: clock.now() };',
    ),
  ),
  busMutant(
    "a proof that stands while checks are denied",
    inFile(
      EXISTENCE,
      "lastDenied = Math.max(lastDenied, number);",
      "lastUnanswered = Math.max(lastUnanswered, number);",
    ),
  ),
  busMutant(
    "an answer believed by when it came, not by when it was asked for",
    inFile(EXISTENCE, "const number = ++checks;", "checks += 1;"),
    inFile(
      EXISTENCE,
      'learn(answer === "late" ? "unanswered" : answer, number, beganAtMs);',
      'learn(answer === "late" ? "unanswered" : answer, ++checks, beganAtMs);',
    ),
    inFile(
      EXISTENCE,
      'late !== "unanswered" && learn(late, number, beganAtMs)',
      'late !== "unanswered" && learn(late, ++checks, beganAtMs)',
    ),
  ),
  busMutant(
    "publishing before the first check, and while nobody knows",
    inFile(EXISTENCE, 'isKnown: () => existence() === "exists",', "isKnown: () => true,"),
    inFile(
      EXISTENCE,
      'if (now === "exists") return Promise.resolve(now);',
      'if (now !== "missing") return Promise.resolve("exists");',
    ),
  ),
  busMutant(
    "a run of the requeuer that trusts what its process knew of the bus before",
    inFile("lib/core/delivery/destination-limiters.ts", "if (settings.anew) existence.renew();", ""),
  ),
  busMutant(
    "deleting what was acknowledged and not confirmed",
    inFile(DELETE_CONFIRMED, 'if (existence === "exists") {', 'if (existence !== "missing") {'),
  ),
  busMutant(
    "marking what was acknowledged and not confirmed",
    inFile(
      DELETE_CONFIRMED,
      'class: "transient",\n  scope: "target",\n  code: "DestinationUnconfirmed",',
      'class: "transient",\n  scope: "event",\n  code: "DestinationUnconfirmed",',
    ),
  ),
  busMutant(
    "not counting what may come twice because it was not confirmed",
    inFile(DELETE_CONFIRMED, '{ cause: "unconfirmed" }', "{}"),
    inFile("test/simulation/process.ts", 'this.#world.ledger.excuseUndeleted(this.actor.name, "delete failed");', ""),
  ),
  busMutant(
    "the next event of a key before the one before it is confirmed",
    inFile(SHARED_CALLS, "const unconfirmed = await confirmed;", "const unconfirmed = undefined;\n    void confirmed;"),
  ),
  mutant(
    "treating a timeout as success",
    inFile(
      CALL_RESULTS,
      'const refusedAt = own.findIndex(({ kind }) => kind !== "acknowledged");',
      'const refusedAt = own.findIndex((result) => result.kind !== "acknowledged" && result.failure.class !== "ambiguous");',
    ),
  ),
  mutant(
    "deleting before the acknowledgement",
    inFile(
      CALL,
      "const calledAtMs = clock.now();",
      "const calledAtMs = clock.now();\n  for (const event of events) pendingDeletes.startDelete(destination, event);",
    ),
  ),
  mutant(
    "sweeping without grace",
    inFile("lib/core/requeue/row-age.ts", "nowMs - sinceMs >= minAgeMs && isRested", "isRested"),
  ),
  deadLetterMutant(
    "answering success with records not attempted",
    inFile(RELAY, "return checkpoint === undefined ? {} : { checkpoint };", "return {};"),
  ),
  deadLetterMutant(
    "shedding behind an open breaker without a wake-up",
    inFile(
      RELAY,
      'if (outcome.kind === "acknowledged" || outcome.kind === "deadline-exceeded") return [];',
      'if (outcome.kind !== "failed") return [];',
    ),
  ),
  deadLetterMutant(
    "deleting the dead letter of a row that is not deleted",
    inFile(DRAIN, "&& !pendingDeletes.has(outcome.event)", ""),
  ),
  deadLetterMutant(
    "draining while the sweep's deletes are on the way",
    inFile(REQUEUER, "await sweep.advance(untilMs);\n", "await sweep.advance(untilMs);\n    return;\n"),
    inFile(DRAIN, " && !pendingDeletes.has({ ...key, id })", ""),
  ),
  deadLetterMutant(
    "two rounds of dead letters at one row at once",
    inFile(DRAIN, "for (const text of taken) inHand.add(text);\n", ""),
  ),
  deadLetterMutant(
    "one dead letter per key, whatever event it is of",
    inFile(DRAIN, "?.find(({ id }) => isIdOf(id, row))", "?.[0]"),
    inFile(DRAIN, "deadLetter === undefined ? [] :", "deadLetter === undefined || !isIdOf(deadLetter.id, row) ? [] :"),
  ),

  deadLetterMutant(
    "an event skipped because another one of its key is not deleted yet",
    inFile(
      "lib/core/delivery/pending-deletes.ts",
      "if (id !== undefined) return pending.has(refText({ pk, sk, id }));",
      "void id;",
    ),
  ),

  mutant("trusting stream order", inFile(KEY_GROUP, WHOLE_PAGE, OWN_ROWS)),
  // The flag is looked at, it is cleared, and only then the event reaches the queue behind it: the next event overtakes. The
  // stream is in perfect order here, as this design needs it, and its drain is better than a FIFO queue's: it takes from the
  // table all that waits, in order. That does not save it.
  parkedKeyMutant(
    "a plain blocked flag with a FIFO queue behind it",
    inFile(FAULTS, '["batch redelivered", "record late", "records reordered"]', '["batch redelivered"]'),
    inFile(KEY_GROUP, WHOLE_PAGE, OWN_ROWS),
    inFile(
      KEY_GROUP,
      "if (!(await ordering.keys.touch(keyGroup.pk))) continue;",
      "for (const { row } of keyGroup.all) {\n" +
        "        await ports.parking.leaveDeadLetter({ ...row, failure: LONG_BACKLOG, attempts: 0, firstFailureMs: 0 });\n" +
        "      }",
    ),
    inFile(KEYS, "parkedKey?.owner !== owner || parkedKey.version !== version", "parkedKey?.owner !== owner"),
  ),
  parkedKeyMutant(
    "parked-key record upserted without a condition on the failed event",
    inFile(
      KEYS,
      'if (stored === undefined || (row.id !== undefined && eventOf(stored).id !== row.id)) return "gone";',
      "void stored;",
    ),
  ),
  parkedKeyMutant(
    "closing the parked-key record because a query looked empty",
    inFile(KEYS, "parkedKey?.owner !== owner || parkedKey.version !== version", "parkedKey?.owner !== owner"),
  ),
  parkedKeyMutant(
    "skipping without touching",
    inFile(KEY_GROUP, "if (!(await ordering.keys.touch(keyGroup.pk))) continue;", ""),
  ),
  parkedKeyMutant(
    "reading the version after draining",
    inFile(
      DRAIN_KEY,
      "if (await keys.close(pk, owner, version)) {",
      "version = (await keys.readParkedKey(pk))?.version ?? version;\n    if (await keys.close(pk, owner, version)) {",
    ),
  ),
  parkedKeyMutant(
    "creating a parked-key record while holding somebody else's message",
    inFile(
      "lib/core/ordered/park-key.ts",
      "const deadLetterSent = await parking.leaveDeadLetter(",
      "const deadLetterSent = ((_letter) => false)(",
    ),
    inFile(DRAIN_KEY, "return parked.deadLetterSent ?", "return true ?"),
  ),
  parkedKeyMutant(
    "deciding clean from a query that read the parked-key record before the events",
    inFile(DRAIN_KEY, "return (await keys.readParkedKey(pk)) === undefined ?", "return true ?"),
  ),
  mutant(
    "timestamps as sequence",
    inFile(
      WRITER,
      "(last: number): number => last + 1",
      "(last: number): number => ((last * 7_919 + 4_729) % 1_000) + 1",
    ),
  ),
  mutant(
    "two events of one key in a transaction, where there is no order",
    inFile(
      WRITER,
      "(last: number): number => last + 1",
      "(last: number): number => (last === 0 ? 2 : last % 2 === 0 ? last - 1 : last + 3)",
    ),
  ),
  mutant(
    "several entries of one key in one call that is not atomic",
    inFile("lib/core/ordered/runs.ts", "      atomicBatches &&\n", ""),
  ),
  parkedKeyMutant(
    "going on behind an event that failed",
    inFile(
      KEY_GROUP,
      'if ((await parkKey(stop, ports)).kind === "parked") return { kind: "parked" };',
      "await parkKey(stop, ports);\n        keyGroup = { ...keyGroup, pk: keyGroup.pk };\n        ordering.keys.read = ((read) => async (pk, range) => { const page = await read(pk, range); return { ...page, parkedKey: undefined, rows: page.rows.filter(({ key }) => Number(key.sk) > Number(stop.row.key.sk)) }; })(ordering.keys.read);",
    ),
  ),
  operatorMutant(
    "setting an event aside without waiting for whoever has it in hand",
    inFile(UNTIL_NOBODY_HOLDS, "if (requeuerOver && leftMs <= 0) return true;", "return true;"),
  ),
  operatorMutant(
    "setting an event aside while a relay may have it in hand",
    inFile(UNTIL_NOBODY_HOLDS, "const leftMs = sinceMs + minParkedMs - nowMs;", "const leftMs = 0;"),
  ),
  operatorMutant(
    "taking an event out of a key without the lease on its parked-key record",
    inFile(
      "lib/operator/core/set-aside-of-key.ts",
      "const taken = await takeKey(pk, owner, ports);",
      'const taken = { kind: "taken", version: Number.NaN } as const;',
    ),
    inFile(
      "lib/operator/core/set-aside-of-key.ts",
      "const version = await keepKey(pk, owner, ports);",
      "const version = 0;",
    ),
    inFile(
      OPERATOR_TABLE,
      ': claim.kind === "parked-key" && parkedKeys.get(address.pk)?.owner === claim.owner;',
      ": true;",
    ),
  ),
  operatorMutant(
    "releasing an event that later ones of its key have overtaken",
    inFile("lib/operator/core/release.ts", "parkedKey === undefined ? [] :", "parkedKey === undefined ? keyGroup :"),
    inFile(
      "lib/operator/core/release.ts",
      "return keyGroup.filter((aside) => untouched.has(aside));",
      "return keyGroup;",
    ),
    inFile(
      "lib/operator/core/release.ts",
      'settle(taken.kind === "busy" ? "draining" : "overtaken");',
      "await putBackAll(before, ports.table, ports, settle);",
    ),
  ),
  operatorMutant(
    "releasing an event in order without the lease on its parked-key record",
    inFile(
      "lib/operator/core/release.ts",
      "const taken = await takeKey(pk, owner, ports);",
      'const taken = { kind: "taken", version: (parkedKey?.version ?? 0) + 1 } as const;',
    ),
    inFile("lib/operator/core/release.ts", "(await keepKey(pk, owner, ports)) !== undefined", "true"),
  ),
  operatorMutant(
    "keeping a parked-key record shut after events were taken out of its key, for good",
    inFile(
      "lib/operator/core/take-key.ts",
      "await ordering.keys.release(pk, owner, rest);",
      "await ordering.keys.release(pk, owner, { ...rest, notBeforeMs: clock.now() + 1e9 });",
    ),
  ),
  operatorMutant(
    "telling that a pause has begun while the mapping still stops",
    inFile(SWITCHES, "if (seen.every(({ settled }) => settled)) break;", "break;"),
  ),
  operatorMutant(
    "telling that a pause has begun while a relay may have events in hand",
    inFile(SWITCHES, "relay: minParkedMs,", "relay: 0,"),
  ),
  operatorMutant(
    "telling that a pause has begun before the runs that are queued",
    inFile(SWITCHES, "requeuer: QUEUED_RUN_MS + LEASE_SECONDS * 1_000", "requeuer: 0"),
  ),
  neighbourMutant(
    "taking a call's failure for the target's, without trying its events alone",
    inFile(
      DELIVER,
      "(next === undefined || backoff.attempts >= WHOLE_ATTEMPTS)",
      "next === undefined && backoff.attempts < 0",
    ),
    inFile(
      DELIVER,
      "deferred.push(...doubtful.map((each) => judged(each, call, backoff.attempts, delivery)));",
      "outcomes.push(...doubtful.map((each) => exhausted(each, backoff, delivery)));",
    ),
  ),
  neighbourMutant(
    "taking a failed call of a key's run for the target's, without trying its first event alone",
    inFile(IN_ORDER, "const isSomeones = isUnclear ? inCompany :", "const isSomeones = isUnclear ? false :"),
    inFile(IN_ORDER, "const goesAlone = isUnclear && inCompany &&", "const goesAlone = false &&"),
    inFile(IN_ORDER, "if (!isDoubtful(failure)) {", "if (true) {"),
  ),
  onlyBy(
    "NEIGHBOUR",
    neighbourMutant(
      "a probe that gives its destination up when it fails",
      inFile(
        TRIALS,
        "if (isProbe) probesOut -= 1;",
        "if (isProbe) {\n        probesOut -= 1;\n        isClosed ||= evidence.passes === 0;\n      }",
      ),
    ),
  ),
  onlyBy(
    "NEIGHBOUR",
    neighbourMutant(
      "probing with the same event again and again",
      inFile(TRIALS, 'if (evidence.failedAlone.has(eventId)) return { kind: "tried" };', ""),
      inFile(
        "lib/core/requeue/probing-delivery.ts",
        "const admission = await own.probe(event.id);",
        "const [first = event] = events;\n      const admission = await own.probe(first.id);",
      ),
      inFile(
        "lib/core/requeue/probing-delivery.ts",
        "tried.push(probe(destination, event, admission.trial));",
        "tried.push(probe(destination, first, admission.trial));",
      ),
    ),
  ),
  neighbourMutant(
    "blaming nobody for a failure that the target did not explain",
    inFile(
      "lib/core/resilience/fault-attribution.ts",
      'if (isSpared(evidence, doubtedAt)) return "event";',
      'if (isSpared(evidence, doubtedAt)) return "target";',
    ),
  ),
  neighbourMutant(
    "blaming whoever fails alone, whether or not others were acknowledged",
    inFile(
      "lib/core/resilience/fault-attribution.ts",
      'return evidence.passes > 0 ? "event" : "undecided";',
      'return "event";',
    ),
  ),
  neighbourMutant(
    "taking a full route for the whole destination",
    inFile("test/simulation/target.ts", 'message: "full", route: "full" }', 'message: "full" }'),
  ),
];
