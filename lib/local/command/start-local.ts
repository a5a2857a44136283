import { LOCAL_CONTEXT } from "../../contract/deployment/local-run.ts";
import { LOOPBACK } from "../../contract/deployment/loopback.ts";
import { type EmulatedRun, runOnEmulator } from "../emulated-run.ts";
import type { Emulator } from "../emulator/emulator.ts";
import { QUEUE_PORT_VARIABLE } from "../emulator/ministack.ts";
import { exportLine, type StackPlace, type Variables, yourVariables } from "../environment.ts";
import { FaultProxy } from "../faults/fault-proxy.ts";
import { FAULTY_SERVICES, type FaultyService, NAMED_FAULTS } from "../faults/named-faults.ts";
import { aborted, type ProgramContext, runProgram } from "../program.ts";
import { CONTROL_VARIABLE, fromNowOn, type NamedFault, serveFaults } from "./fault-control.ts";

export interface StartLocalOptions {
  /** In force from the start. */
  readonly fault: NamedFault;
  readonly place: StackPlace;
  /** Prints the variables as JSON instead of a line for the shell. */
  readonly json: boolean;
}

/**
 * The command `outbox-relay local`: an emulator for a stack of the caller's own, until Ctrl-C. Standard output gets what is to
 * be copied, and nothing else. Resolves with the exit code; whatever it started has ended by then.
 */
export const startLocal = (options: StartLocalOptions): Promise<number> =>
  runProgram((context) => stayUp(options, context));

async function stayUp(options: StartLocalOptions, { output, environment, signal }: ProgramContext): Promise<number> {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const proxies = new Map<FaultyService, FaultProxy>();
  // An emulator that the shell names is not used: its functions would not meet this run's faults.
  const { AWS_ENDPOINT_URL: _other, ...own } = environment;
  say("Outbox relay, local run. No AWS account is used.");
  return runOnEmulator({
    account: options.place.account,
    context: { environment: own, signal },
    say,
    functionVariables: (endpoint, host) => standBetween(proxies, endpoint, host),
    work: async (run, emulator) => {
      for (const [service, proxy] of proxies) run.lifetime.defer(`The proxy of ${service}`, () => proxy.close());
      const set = async (given: NamedFault) => {
        await proxies.get(given.service)?.setFault(NAMED_FAULTS[given.fault]);
        say(`  ${fromNowOn(given)}`);
      };
      if (options.fault.fault !== "off") await set(options.fault);
      const control = await serveFaults(set);
      run.lifetime.defer("The control of faults", () => control.close());
      const variables = {
        ...yourVariables(emulator.endpoint, options.place),
        // The SDK warns of an endpoint that is not that of the queue's URL.
        ...(emulator.hostForFunctions === LOOPBACK ? sqsEndpoint(proxies) : {}),
        [CONTROL_VARIABLE]: control.address,
      };
      tell(run, emulator, say);
      output.write(options.json ? `${JSON.stringify(variables)}\n` : `${exportLine(variables)}\n`);
      await aborted(run.signal);
      say("Ending: the emulator, and all that is in it.");
      return 0;
    },
  });
}

/** Starts a proxy for each service, and resolves with the variables that lead the functions' calls through them. */
async function standBetween(
  proxies: Map<FaultyService, FaultProxy>,
  endpoint: string,
  host: string,
): Promise<Variables> {
  await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
  for (const service of FAULTY_SERVICES) {
    proxies.set(service, await FaultProxy.start({ upstream: endpoint, random: Math.random }));
  }
  const endpoints = [...proxies].map(([service, proxy]) => [
    `AWS_ENDPOINT_URL_${service.toUpperCase()}`,
    `http://${host}:${proxy.port}`,
  ]);
  // A queue's URL is the same for functions and for this machine, which a virtual machine between them makes impossible.
  const queues = host === LOOPBACK ? { [QUEUE_PORT_VARIABLE]: String(proxies.get("sqs")?.port) } : {};
  return { ...Object.fromEntries(endpoints), ...queues };
}

const sqsEndpoint = (proxies: ReadonlyMap<FaultyService, FaultProxy>): Variables => ({
  AWS_ENDPOINT_URL_SQS: `http://${LOOPBACK}:${proxies.get("sqs")?.port}`,
});

function tell({ runFolder }: EmulatedRun, { logFile }: Emulator, say: (line: string) => void): void {
  const lines = [
    `  what your functions print is in ${logFile ?? runFolder.logs}`,
    "",
    "It stays up until Ctrl-C, which leaves nothing behind. In another terminal, in your app's folder, paste the line below; then:",
    "",
    `  npx cdk bootstrap && npx cdk deploy --method direct -c ${LOCAL_CONTEXT}=true`,
    "  npx outbox-relay local fault 503     the bus answers 503; `fault off` brings it back",
    "  npx outbox-relay local fault --help  what else can fail",
    "",
  ];
  for (const line of lines) say(line);
}
