import { LOCAL_CONTEXT } from "../../contract/deployment/local-run.ts";
import { LOOPBACK } from "../../contract/deployment/loopback.ts";

/** The one version of the emulator that this project is tested with. */
export const MINISTACK_VERSION = "1.4.21";
export const MINISTACK_REQUIREMENT = `ministack==${MINISTACK_VERSION}`;
export const MINISTACK_IMAGE = `ministackorg/ministack:${MINISTACK_VERSION}`;

/**
 * MiniStack's CloudFormation changes a function by making a new one of the same name, without the versions and aliases that
 * it does not touch because they are unchanged. So a second deployment of a relay would leave it without the alias that
 * everybody invokes.
 */
const KEEP_ALIASES = `
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

functions = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
make_function = functions["create"]
KEPT = ("versions", "next_version", "aliases", "event_invoke_config", "event_invoke_configs", "policy", "concurrency")

def make_or_change_function(logical_id, props, stack_name):
    name = props.get("FunctionName") or provisioners._physical_name(stack_name, logical_id, max_len=64)
    before = lambda_svc._functions.get(name)
    made = make_function(logical_id, props, stack_name)
    if before is not None:
        lambda_svc._functions[name].update({kept: before[kept] for kept in KEPT})
    return made

functions["create"] = make_or_change_function
`;

/**
 * Where the URLs of queues lead, for an SDK calls the URL itself, whatever its endpoint is: to the fault proxy, where there is
 * one. https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/Package/-aws-sdk-client-sqs/Interface/SQSClientConfig
 */
export const QUEUE_PORT_VARIABLE = "OUTBOX_RELAY_QUEUE_PORT";
const LEAD_QUEUES = `
from ministack.services import sqs

sqs.DEFAULT_PORT = os.environ.get("${QUEUE_PORT_VARIABLE}", sqs.DEFAULT_PORT)
sqs._CANONICAL_NETLOC = f"{sqs.DEFAULT_HOST}:{sqs.DEFAULT_PORT}"
`;

/** MiniStack says what it refuses, and not what to do. The CDK shows the event of the refusal, so the fix stands there. */
const TELL_THE_FIX = `
from ministack.services.cloudformation import stacks

add_event = stacks._add_event

def add_event_with_fix(stack_id, stack_name, logical_id, resource_type, status, reason="", *others, **more):
    if "Unsupported resource type" in reason or "is not supported" in reason:
        reason = reason.rstrip(".") + "${fixOfRefusal()}"
    return add_event(stack_id, stack_name, logical_id, resource_type, status, reason, *others, **more)

stacks._add_event = add_event_with_fix
`;

function fixOfRefusal(): string {
  const flag = `-c ${LOCAL_CONTEXT}=true`;
  return `. The emulator cannot do this. Deploy with ${flag}, by which a relay leaves its own out; leave yours out where that context is set.`;
}

/**
 * Starts MiniStack and ends it, with every process it started for functions, as soon as standard input closes: nothing
 * stays behind even if the local run itself is killed. In a container MiniStack is process 1, which the kill does not
 * reach; there the exit ends everything.
 */
export const LAUNCHER = launcher("");

/**
 * The same, with functions that are told the time they have left. MiniStack ends the process of a Node function at its
 * timeout, and tells it all along that there are five minutes left. It does not start where that is told another way.
 */
export const TRUTHFUL_LAUNCHER = launcher(`
from ministack.core import lambda_runtime

always = "getRemainingTimeInMillis: () => 300000"
left = "getRemainingTimeInMillis: ((end) => () => end - Date.now())(Date.now() + 1000 * Number(process.env._LAMBDA_TIMEOUT))"
if always not in lambda_runtime._NODEJS_WORKER_SCRIPT:
    sys.exit("This MiniStack tells functions the time they have left in a way that is not known here")
lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(always, left)
`);

function launcher(preparation: string): string {
  return `
import os, signal, sys, threading

def end_with_parent():
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)
    os._exit(0)

threading.Thread(target=end_with_parent, daemon=True).start()
${KEEP_ALIASES}
${LEAD_QUEUES}
${TELL_THE_FIX}
${preparation}
sys.argv = ["ministack"]
from ministack.app import main
main()
`;
}

export interface MinistackOptions {
  readonly port: number;
  readonly bindHost: string;
  /** The account whose resources it has. @default 000000000000 */
  readonly account?: string | undefined;
}

/** MiniStack's own settings. It gets no other variables: its environment is built from an empty one. */
export function ministackVariables({ port, bindHost, account }: MinistackOptions) {
  return {
    ...(account === undefined ? {} : { MINISTACK_ACCOUNT_ID: account }),
    GATEWAY_PORT: String(port),
    BIND_HOST: bindHost,
    // Queue URLs contain this host: with another one, functions and callers would get different URLs.
    MINISTACK_HOST: LOOPBACK,
    // Services with separate listeners on fixed ports, which the local run does not need.
    IOT_MTLS_ENABLED: "0",
    SFTP_ENABLED: "0",
    LAMBDA_EXECUTOR: "local",
  };
}
