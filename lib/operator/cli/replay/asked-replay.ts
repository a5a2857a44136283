import { shownDestination } from "../../../contract/shown-destination.ts";
import { OperatorError } from "../../aws/operator-error.ts";
import { archivedAs, type KnownDestinations, wayTo } from "../../core/replay/destinations.ts";
import {
  type KnownReplay,
  type ReplayedIds,
  type ReplayFilter,
  type ReplayRequest,
  readKnownReplay,
} from "../../core/replay/replay-request.ts";
import { type AskedWindow, chosenWindow } from "../chosen-window.ts";
import { plain } from "../output.ts";
import type { Session } from "../session.ts";

/** What was asked for on the command line. */
export type AskedReplay = AskedNewReplay | { readonly kind: "resume"; readonly actId: string };

export interface AskedNewReplay extends AskedWindow {
  readonly kind: "new";
  /** Its destination is as it was typed. */
  readonly filter: ReplayFilter;
  readonly sendTo?: string | undefined;
  readonly ids: ReplayedIds;
  readonly skipBusyKeys: boolean;
}

/** @throws OperatorError for a window that cannot be meant, and for a destination that the relay does not know. */
export function newReplay(
  session: Session,
  asked: AskedNewReplay,
  destinations: KnownDestinations,
): { readonly request: ReplayRequest; readonly isCut: boolean } {
  const { ids, skipBusyKeys, sendTo, filter } = asked;
  const { window, isCut } = chosenWindow(session, asked);
  refuseUnknown(sendTo, destinations);
  const { destination, ...others } = filter;
  const went = destination === undefined ? {} : archivedAs(destinations, destination);
  const request: ReplayRequest = {
    ...{ window, ids, skipBusyKeys, filter: { ...others, ...went } },
    ...(sendTo === undefined ? {} : { sendTo }),
  };
  return { request, isCut };
}

/**
 * The replay that an act began, or went on with.
 *
 * @throws OperatorError where the journal has no such act, or it was no replay.
 */
export async function knownReplay({ journal }: Pick<Session, "journal">, actId: string): Promise<KnownReplay> {
  const act = await journal.act(actId);
  const known = act?.name === "replay" ? readKnownReplay(act.request) : undefined;
  if (known !== undefined) return known;
  const what =
    act === undefined ? "The journal has no act" : `It was a ${act.name}, and not a replay, that was recorded as`;
  throw new OperatorError("not-found", `${what} ${plain(actId)}: \`outbox-relay journal\` shows the ids of replays.`);
}

function refuseUnknown(sendTo: string | undefined, destinations: KnownDestinations): void {
  if (sendTo === undefined || wayTo(destinations, sendTo).kind !== "unknown") return;
  // A name may be the URL as it was told, with a path that is not shown.
  const known = destinations.map(({ address, names }) =>
    [...new Set([address, ...names].map((each) => shownDestination(each, true)))].join(" or "),
  );
  throw new OperatorError(
    "misuse",
    `--send-to is ${JSON.stringify(shownDestination(sendTo))}, which is not one destination of the relay: give ${known.join(", ")}, or add it to ` +
      "the target's alsoTo and deploy.",
  );
}
