import { join } from "node:path";
import { type ServerTask, serve } from "../child-server.ts";
import { Journal } from "../journal.ts";
import { TAKEN_FILE, type Taken, type WebhookServerOptions, webhookServer } from "./webhook-server.ts";

const task: ServerTask & Omit<WebhookServerOptions, "keep"> = JSON.parse(process.argv[2] ?? "");
const journal = new Journal<Taken>(join(task.folder, TAKEN_FILE)).recover();
serve(task, webhookServer({ ...task, keep: (taken) => journal.append(taken) }));
