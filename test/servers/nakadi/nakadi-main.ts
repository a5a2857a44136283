import { join } from "node:path";
import { type ServerTask, serve } from "../child-server.ts";
import { Journal } from "../journal.ts";
import type { EventType } from "./nakadi-schema.ts";
import {
  EVENT_TYPES_FILE,
  NakadiServer,
  type NakadiServerOptions,
  PUBLISHED_FILE,
  type Published,
} from "./nakadi-server.ts";

const task: ServerTask & Pick<NakadiServerOptions, "client"> = JSON.parse(process.argv[2] ?? "");
const published = new Journal<Published>(join(task.folder, PUBLISHED_FILE)).recover();
const eventTypes = new Journal<EventType>(join(task.folder, EVENT_TYPES_FILE)).recover();
const server = new NakadiServer({
  client: task.client,
  eventTypes: eventTypes.read(),
  publish: (events) => published.append(events),
  created: (eventType) => eventTypes.append([eventType]),
});
serve(task, server.answer);
