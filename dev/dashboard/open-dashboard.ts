import type { Emulator } from "../../lib/local/emulator/emulator.ts";
import type { Run, Stage } from "../demo/stage.ts";
import { Collector } from "./collector.ts";
import { LiveDashboard } from "./live-dashboard.ts";
import { PageServer } from "./page-server.ts";
import { dashboardDigest } from "./picture-digest.ts";
import { deployedReferences, fullTemplate, functionsByLogGroup } from "./stack-template.ts";

/** A minute of CloudWatch takes this many seconds here, so that a run of minutes shows hours. */
const MINUTE_SECONDS = 5;
const TIME_SCALE = 60 / MINUTE_SECONDS;

export interface OpenDashboard {
  readonly dashboard: LiveDashboard;
  readonly server: PageServer;
  /** Identifies this version of the synthesized dashboard. */
  readonly digest: string;
}

/** Synthesizes the dashboard and serves it with the data of the run that begins. It ends with the run. */
export async function openDashboard(run: Run, emulator: Emulator, stage: Stage): Promise<OpenDashboard> {
  const { runFolder, inherited, signal, lifetime } = run;
  const template = await fullTemplate({ emulator, runFolder, inherited, signal });
  const references = await deployedReferences(emulator.endpoint);
  const startedMs = Date.now();
  const collector = new Collector(
    {
      endpoint: emulator.endpoint,
      sqs: stage.clients.sqs,
      deadLetterQueueUrl: stage.deployment.deadLetterQueueUrl,
      functions: functionsByLogGroup(template, references),
    },
    startedMs,
  );
  lifetime.defer("The collector", async () => collector.destroy());
  const dashboard = new LiveDashboard({ template, references, collector, timeScale: TIME_SCALE, startedMs });
  const server = await PageServer.start(() => dashboard.page);
  lifetime.defer("The dashboard's server", () => server.close());
  return { dashboard, server, digest: dashboardDigest(template) };
}
