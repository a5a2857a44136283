import { release, retry, setAside } from "../../../lib/operator/cli/commands/event-acts.ts";
import { outputTo } from "../../../lib/operator/cli/output.ts";
import type { Session } from "../../../lib/operator/cli/session.ts";
import {
  DISCARD_ASIDE_TEXTS,
  type OutcomeTexts,
  PUT_TEXTS,
  RELEASE_TEXTS,
  REPLAY_TEXTS,
  RETRY_TEXTS,
  setAsideTexts,
} from "../../../lib/operator/cli/texts/outcome-texts.ts";
import type { OperatorTable } from "../../../lib/operator/core/operator-ports.ts";
import { Collector } from "../../operator/cli/collector.ts";
import { mockAws, newWorld } from "./json.ts";

type Answers = Partial<OperatorTable>;
type Command = (session: Session) => Promise<number>;

const one = (id: string) => ({ filter: { ids: [id] }, eventsPerSecond: 10, why: "a test", yes: true, dryRun: false });
const ofKey = { ...one(""), filter: { key: "k" } };

/** What a command says of an event, in `--json` and in the journal, and its exit code: a line for each answer of the table. */
export async function outcomeLines(): Promise<readonly string[]> {
  mockAws();
  const lines: string[] = [];
  async function say(name: string, command: Command, answers: Answers, before?: Command) {
    const { session } = newWorld({ ordering: "per-key" });
    const stdout = new Collector();
    const quiet = {
      ...session,
      output: outputTo({ stdout: new Collector(), stderr: new Collector(), json: true, environment: {} }),
    };
    await before?.(quiet);
    Object.assign(session.table, answers);
    const output = outputTo({ stdout, stderr: new Collector(), json: true, environment: {} });
    const exitCode = await command({ ...session, output });
    const { how, tally } = JSON.parse(stdout.text);
    const [latest] = await session.journal.acts(1);
    lines.push(
      `outcome of ${name}: ${how} ${JSON.stringify(tally)}, journal ${JSON.stringify(latest?.end?.tally)}, exit ${exitCode}`,
    );
  }

  const retryOne: Command = (session) => retry(session, one("e1"));
  const retryKey: Command = (session) => retry(session, ofKey);
  for (const answer of ["made-due", "gone", "held"] as const) {
    await say(`retry, makeDue ${answer}`, retryOne, { makeDue: async () => answer });
  }
  for (const answer of ["made-due", "due-already", "draining", "not-parked"] as const) {
    await say(`retry, makeParkedKeyDue ${answer}`, retryKey, { makeParkedKeyDue: async () => answer });
  }
  await say("retry, due already", (session) => retry(session, one("young")), {});

  const quarantine = (id: string) => (session: Session) => setAside(session, "quarantined", one(id));
  for (const place of ["quarantined", "discarded"] as const) {
    await say(place, (session) => setAside(session, place, one("e1")), {});
  }
  for (const answer of ["gone", "held-by-another", "no-room"] as const) {
    await say(`quarantine, hold ${answer}`, quarantine("e1"), { hold: async () => answer });
  }
  await say("quarantine, setAside changed", quarantine("e1"), { setAside: async () => "changed" });

  const released: Command = (session) => release(session, { ...one("e1"), outOfOrder: false });
  const discarded: Command = (session) => setAside(session, "discarded", one("e1"));
  for (const answer of ["put-back", "occupied", "not-there"] as const) {
    await say(`release, putBack ${answer}`, released, { putBack: async () => answer }, quarantine("e1"));
  }
  for (const answer of ["discarded", "not-there"] as const) {
    await say(`discard, discardAside ${answer}`, discarded, { discardAside: async () => answer }, quarantine("e1"));
  }
  return [...lines, ...textLines()];
}

const TEXTS: Readonly<Record<string, OutcomeTexts<string>>> = {
  ...{ retry: RETRY_TEXTS, quarantine: setAsideTexts("quarantined"), discard: setAsideTexts("discarded") },
  ...{ "discard of quarantined": DISCARD_ASIDE_TEXTS, release: RELEASE_TEXTS, replay: REPLAY_TEXTS, put: PUT_TEXTS },
};

/** All the words, including those of outcomes that only a race with others brings. */
const textLines = (): readonly string[] =>
  Object.entries(TEXTS).flatMap(([command, texts]) =>
    Object.values(texts).map(({ words, isDone }) => `outcome words of ${command}${isDone ? ", done" : ""}: ${words}`),
  );
