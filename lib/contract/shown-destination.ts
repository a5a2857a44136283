import { NOT_SHOWN } from "./shown-value.ts";

/** Longer than any name of a destination that people choose. */
const LONGEST_DESTINATION = 100;

/**
 * A destination as a log, a reason, a trace or an error may show it. Anybody who writes rows may have put a credential into it, in
 * any shape, so this is a list of what is shown, and all else is told by its kind and length. Shown whole are:
 *
 *   a name            letters, digits, `_`, `.`, `-` and the parts of a route, such as `orders.{type}`; 100 characters at most
 *   an ARN            of a bus, a queue, a topic, a stream or a function with its version or alias
 *   a queue's URL     at a host of SQS, or on this machine
 *   a server          `https://events.example.com/`; of a longer URL its server alone, for many webhooks take a path for a password
 *
 * A name before a colon may be what a password is called, so `orders:live` is not shown: a row may as well say `token:hunter2`.
 * What is hidden is not lost, for the row itself has the whole. Nor is it hashed: a hash can be tried against a list of passwords.
 *
 * @param isDeployed whether the deployment itself names this destination. Then only a URL can hold a secret.
 */
export function shownDestination(destination: string, isDeployed = false): string {
  if (isShownWhole(destination) || (isDeployed && !destination.includes("://"))) return cutDestination(destination);
  // What stands before an at sign or a backslash is no host.
  const [server] = (/[@\\]/.test(destination) ? undefined : (isDeployed ? ANY_SERVER : SERVER).exec(destination)) ?? [];
  if (server === undefined) return `(not shown, ${kindOf(destination)} of ${destination.length} characters)`;
  const path = destination.slice(server.length);
  return cutDestination(path === "" || path === "/" ? destination : `${server}/${NOT_SHOWN}`);
}

/** Whether what {@link shownDestination} made is the whole destination, so that no other one is shown so. */
export const showsWholeDestination = (shown: string): boolean =>
  shown.length <= LONGEST_DESTINATION && !shown.includes("(not shown");

const cutDestination = (shown: string): string =>
  shown.length <= LONGEST_DESTINATION ? shown : `${shown.slice(0, LONGEST_DESTINATION)}...`;

function kindOf(destination: string): string {
  if (destination.includes("://")) return "a URL";
  return destination.startsWith("arn:") ? "an ARN" : "a string";
}

const NAME = /^(?:[\p{L}\p{M}\p{N}_.-]|\{(?:type|source|key)\}){0,100}$/u;
const isShownWhole = (text: string): boolean =>
  (text.length <= LONGEST_DESTINATION && NAME.test(text)) || ARN.test(text) || QUEUE_URL.test(text);

const REGION = String.raw`[a-z]{2}(?:-[a-z]{1,9}){1,3}-\d{1,2}`;
const HOME = String.raw`${REGION}:\d{12}`;
const RESOURCE = String.raw`[\w.-]{1,256}`;
const ARN = new RegExp(
  `^arn:aws(?:-[a-z]{1,4}){0,3}:(?:(?:sqs|sns):${HOME}:${RESOURCE}|kinesis:${HOME}:stream/${RESOURCE}` +
    String.raw`|events:${HOME}:event-bus/${RESOURCE}|lambda:${HOME}:function:${RESOURCE}(?::(?:\$LATEST|[\w-]{1,128}))?)$`,
);

/**
 * https://docs.aws.amazon.com/general/latest/gr/sqs-service.html, with the older spellings, and a VPC's own endpoints. An emulator runs
 * on this machine.
 */
const SQS_HOST =
  String.raw`https://(?:(?:vpce-[\w-]{1,80}\.)?sqs(?:-fips)?\.${REGION}|(?:${REGION}\.)?queue)\.(?:vpce\.)?` +
  String.raw`(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|api\.aws|c2s\.ic\.gov|sc2s\.sgov\.gov)`;
const LOCAL_HOST = String.raw`https?://(?:localhost|127\.0\.0\.1|\[::1\]|sqs\.${REGION}\.localhost\.localstack\.cloud)(?::\d{1,5})?`;
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html */
const QUEUE_URL = new RegExp(String.raw`^(?:${SQS_HOST}|${LOCAL_HOST})/\d{12}/[\w-]{1,80}(?:\.fifo)?$`);

/** A host without a dot may be a login, whose password has a slash in it. */
const SERVER = /^https?:\/\/(?:[\w-]+(?:\.[\w-]+)+|localhost|\[[\da-f:.]+\])(?::\d{1,5})?(?=[/?#]|$)/i;
const ANY_SERVER = /^https?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?=[/?#]|$)/i;
