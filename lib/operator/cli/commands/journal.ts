import { EXIT } from "../exit-code.ts";
import { cut, plain } from "../output.ts";
import type { Session } from "../session.ts";
import { moment } from "../times.ts";

const WORDS_LENGTH = 60;

/** What operators did, the latest first. */
export async function journal({ output, journal: book, clock }: Session, limit: number): Promise<number> {
  const acts = await book.acts(limit);
  const nowMs = clock.now();
  // What a later run needs to go on is the command's own, and may name a place by an address that tells a secret.
  output.document({ acts: acts.map(({ request: _request, ...act }) => act) });
  output.table(
    ["when", "command", "who", "what", "why", "came to"],
    acts.map(({ id, name, atMs, who, what, why = "", end }) => [
      moment(atMs, nowMs),
      `${name} ${id}`,
      plain(who.split("/").slice(1).join("/") || who),
      cut(plain(what), WORDS_LENGTH),
      cut(plain(why), WORDS_LENGTH),
      end === undefined
        ? "not ended: it runs, or it died"
        : `${end.how}: ${Object.entries(end.tally)
            .map(([each, count]) => (count === 1 ? each : `${count} ${each}`))
            .join(", ")}`,
    ]),
  );
  return EXIT.ok;
}
