import { Agent, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http";

/** An answer in memory. Headers of the connection are left out when it is sent on. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const JSON_TYPE = "application/x-amz-json-1.1";
// A new connection per request: a reused one that the other end has just closed would be an unwanted fault.
const AGENT = new Agent({ keepAlive: false });

export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Sends a request on to another endpoint, with the given body in place of its own. */
export function forward(upstream: URL, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  const { host: _host, connection: _connection, "transfer-encoding": _encoding, ...headers } = incoming.headers;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent: AGENT,
        hostname: upstream.hostname,
        port: upstream.port,
        method: incoming.method,
        path: incoming.url,
        headers: { ...headers, "content-length": body.length },
      },
      (reply) => {
        readBody(reply).then((received) => {
          resolve({ status: reply.statusCode ?? 502, headers: reply.headers, body: received });
        }, reject);
      },
    );
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

export function jsonAnswer(status: number, body: Buffer): Answer {
  return { status, headers: { "content-type": JSON_TYPE }, body };
}

export function errorAnswer(status: number, type: string, message: string): Answer {
  return jsonAnswer(status, Buffer.from(JSON.stringify({ __type: type, message })));
}

/** {@link errorAnswer} in the protocol of the request: SNS speaks AWS's query protocol, whose errors are XML. */
export function errorFor(incoming: IncomingMessage, status: number, type: string, message: string): Answer {
  if (incoming.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") !== true) {
    return errorAnswer(status, type, message);
  }
  const error = `<Error><Type>${status < 500 ? "Sender" : "Receiver"}</Type><Code>${type}</Code><Message>${message}</Message></Error>`;
  const body = Buffer.from(`<ErrorResponse>${error}<RequestId>fault-proxy</RequestId></ErrorResponse>`);
  return { status, headers: { "content-type": "text/xml" }, body };
}

export function sendAnswer(response: ServerResponse, { status, headers, body }: Answer): void {
  if (response.destroyed || response.headersSent) {
    return;
  }
  const { "transfer-encoding": _encoding, connection: _connection, ...kept } = headers;
  response.writeHead(status, { ...kept, "content-length": body.length });
  response.end(body);
}
