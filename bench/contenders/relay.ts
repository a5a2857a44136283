import { takePart } from "../contender.ts";
import { handled, importHandler } from "../relay-handler.ts";
import { streamEvent } from "../rows.ts";

/** The relay's deployed bundle: its handler gets a whole batch. */
const handler = await importHandler(process.env["OUTBOX_BENCH_BUNDLE"] ?? "");
const ageMs = Number(process.env["OUTBOX_BENCH_AGE_MS"] ?? 0);

takePart({ prepare: async (events) => handled(handler, streamEvent(events, Date.now() - ageMs)) });
