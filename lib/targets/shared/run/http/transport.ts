import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { request as secureRequest } from "node:https";
import type { Socket } from "node:net";
import { TARGET_TIMEOUTS } from "../../../../aws/aws-clients.ts";
import { guardedAgents } from "../../../../aws/guarded-agents.ts";
import type { Failure } from "../../../../contract/failure.ts";
import type { Clock } from "../../../../core/ports.ts";
import { callDeadline } from "../call-deadline.ts";

/** Makes one POST and nothing more: follows no redirect, repeats nothing. */
export interface HttpTransport {
  /** Settles by `untilMs` (epoch milliseconds). Never rejects. */
  post(url: URL, message: HttpMessage, untilMs: number): Promise<HttpAnswer>;
}

export interface HttpMessage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type HttpAnswer =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      /** The part that arrived, up to {@link MAX_ANSWER_BYTES}. */
      readonly body: string;
      /**
       * The connection broke, or time ran out, before the answer's end; or before the call's, after an early
       * acceptance.
       */
      readonly cut: boolean;
    }
  | { readonly kind: "unanswered"; readonly failure: Failure };

type Answered = Extract<HttpAnswer, { readonly kind: "answered" }>;

export interface HttpTransportOptions {
  readonly clock: Clock;
  /** The most calls at once, and so sockets, per host. */
  readonly concurrency: number;
  /** The longest call, in milliseconds. @default that of every target */
  readonly timeoutMs?: number;
  /** PEM certificates to trust instead of the public authorities. */
  readonly ca?: string | undefined;
}

/** An answer is read only for its verdict. Beyond this length it is not read, and its connection is closed. */
export const MAX_ANSWER_BYTES = 1_048_576;

/**
 * A connection idle for longer is not used again. Servers close idle ones after 5 s (Node) to 75 s (nginx). A function
 * that was frozen meanwhile learns of that only when it sends, and then cannot tell whether the call arrived.
 * https://nodejs.org/api/http.html#serverkeepalivetimeout
 */
const MAX_IDLE_MS = 4_000;

const USER_AGENT = "dynamodb-outbox-relay";

export function httpTransport({
  clock,
  concurrency,
  timeoutMs = TARGET_TIMEOUTS.requestMs,
  ca,
}: HttpTransportOptions): HttpTransport {
  const { plain, secure } = guardedAgents({ maxSockets: concurrency, ca });
  const usedAtMs = new WeakMap<Socket, number>();

  function dropStale(): void {
    const idle = [plain, secure].flatMap(({ freeSockets }) => Object.values(freeSockets).flatMap((list) => list ?? []));
    for (const socket of idle) {
      if (clock.now() - (usedAtMs.get(socket) ?? 0) > MAX_IDLE_MS) socket.destroy();
    }
  }

  function open(url: URL, { headers, body }: HttpMessage, untilMs: number): ClientRequest {
    const isSecure = url.protocol === "https:";
    return (isSecure ? secureRequest : request)(url, {
      method: "POST",
      agent: isSecure ? secure : plain,
      headers: { "user-agent": USER_AGENT, ...headers, "content-length": Buffer.byteLength(body) },
      signal: callDeadline(untilMs, clock, timeoutMs),
    });
  }

  return {
    async post(url, message, untilMs) {
      dropStale();
      try {
        const call = open(url, message, untilMs);
        call.once("close", () => call.socket !== null && usedAtMs.set(call.socket, clock.now()));
        return await answerTo(call, message.body);
      } catch (error) {
        // Node refuses a header that would break the message, before any of it is sent.
        const code = error instanceof Error && "code" in error ? String(error.code) : "InvalidRequest";
        const message = "no request can be made of the URL and the headers; is there a line break in a secret?";
        return { kind: "unanswered", failure: { class: "permanent", scope: "target", code, message } };
      }
    },
  };
}

/**
 * How a call ends, in every way that Node has for it:
 *
 *   response  an answer, which may have come before all of the call was sent
 *   upgrade   an answer that wants to go on in another protocol (101). There is no `response` then, and no error
 *   error     no answer, and why
 *   close     the last of all; by itself where Node has nothing else to say
 */
function answerTo(call: ClientRequest, body: string): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const connection = watchConnection(call);
    let isAnswered = false;
    call.on("response", (response) => {
      isAnswered = true;
      void answerOf(call, response).then(resolve);
    });
    call.on("upgrade", ({ statusCode: status = 0, headers }, socket) => {
      isAnswered = true;
      socket.destroy();
      resolve({ kind: "answered", status, headers, body: "", cut: false });
    });
    // An error after the answer's beginning goes to the answer's reader.
    const fail = (error: Error) => {
      if (!isAnswered) resolve({ kind: "unanswered", failure: failureOf(error, connection.isMade()) });
    };
    call.on("error", fail);
    call.on("close", () => fail(Object.assign(new Error("closed without an answer"), { code: "ECONNRESET" })));
    call.end(body);
  });
}

/**
 * Reads an answer. An answer that came before the whole call was sent is an acceptance only if the rest is sent too,
 * and its connection is not used again: nobody knows how much of the rest the server has read.
 */
async function answerOf(call: ClientRequest, response: IncomingMessage): Promise<HttpAnswer> {
  const { socket } = response;
  if (socket.writableLength === 0) return readAnswer(response);
  // Node closes the connection after the answer, once it has taken the rest of the call.
  call.shouldKeepAlive = false;
  const answer = await readAnswer(response);
  if (!isAcceptance(answer.status)) {
    socket.destroy();
    return answer;
  }
  if (!socket.writableFinished && !socket.closed) {
    await new Promise<void>((over) => void socket.once("finish", over).once("close", over));
  }
  return { ...answer, cut: answer.cut || !socket.writableFinished };
}

const isAcceptance = (status: number): boolean => status >= 200 && status < 300;

/** Tells whether anything can have been sent, and gives up on a connection that is not made in time. */
function watchConnection(call: ClientRequest) {
  let isMade = false;
  call.on("socket", (socket) => {
    if (call.reusedSocket) {
      isMade = true;
      return;
    }
    const timer = setTimeout(
      () => call.destroy(Object.assign(new Error("no connection in time"), { code: "ECONNTIMEOUT" })),
      TARGET_TIMEOUTS.connectMs,
    );
    const stop = () => clearTimeout(timer);
    socket.once("encrypted" in socket ? "secureConnect" : "connect", () => {
      isMade = true;
      stop();
    });
    call.once("close", stop);
  });
  return { isMade: () => isMade };
}

async function readAnswer(response: IncomingMessage): Promise<Answered> {
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let bytes = 0;
  let cut = false;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      // Leaving the loop destroys the stream, and the connection with it.
      if (bytes > MAX_ANSWER_BYTES) break;
      chunks.push(chunk);
    }
  } catch {
    cut = true;
  }
  return { kind: "answered", status, headers, body: Buffer.concat(chunks).toString("utf8"), cut };
}

/** Node's names for a certificate that is not to be trusted. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/**
 * A call without an answer:
 *
 * | what happened                                       | class     |
 * |-----------------------------------------------------|-----------|
 * | the server's certificate is not to be trusted       | permanent |
 * | no connection: refused, unknown host, TLS, too slow | transient |
 * | anything once there was one                         | ambiguous |
 */
function failureOf(error: Error, mayHaveArrived: boolean): Failure {
  const { code: given, name } = error as NodeJS.ErrnoException;
  const code = given === "ABORT_ERR" ? "Timeout" : (given ?? name);
  if (UNTRUSTED.has(code)) {
    const message =
      "the server's certificate is not trusted; set ca to the certificate of its authority, or correct the URL";
    return { class: "permanent", scope: "target", code, message };
  }
  return mayHaveArrived
    ? { class: "ambiguous", scope: "target", code, message: "the call was sent, and no answer came" }
    : {
        class: "transient",
        scope: "target",
        code,
        message: "no connection could be made; nothing was sent",
        unreached: true,
      };
}
