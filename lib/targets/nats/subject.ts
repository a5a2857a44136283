import type { OutboxEvent } from "../../contract/event.ts";
import { readMatch, refuse } from "../../contract/settings/setting-reader.ts";
import { percentEncoded } from "../shared/percent-encoding.ts";
import { type RoutePart, type RouteTemplate, readRouteTemplate } from "../shared/route-template.ts";

/** Names between dots, none of them empty, and no wildcards: https://docs.nats.io/nats-concepts/subjects */
const SUBJECT = /^[^\s.*>]+(\.[^\s.*>]+)*$/;

/** Reads a NATS subject, fixed or made of each event: `orders.{type}`. */
export function readSubject(path: string, value: unknown): RouteTemplate {
  const template = readRouteTemplate(path, value);
  if (SUBJECT.test(template.text.replaceAll(/\{[a-z]+\}/g, "x"))) return template;
  return refuse(path, value, "it must be names between dots, without spaces, * and >");
}

const STREAM = /^[^\s.*>/\\]+$/;

/** Reads the name of a JetStream stream: https://docs.nats.io/running-a-nats-service/nats_admin/jetstream_admin/naming */
export const readStreamName = (path: string, value: unknown): string =>
  readMatch(path, value, STREAM, "it must be a stream's name, without spaces, dots, *, >, / and \\");

/** Reads the prefix of a client's inboxes. */
export const readInboxPrefix = (path: string, value: unknown): string =>
  readMatch(path, value, SUBJECT, "it must be names between dots, without spaces, * and >");

/** The event's own subject. Undefined if the event's values make none: a type such as `a..b` does not. */
export function subjectOf(template: RouteTemplate, event: OutboxEvent): string | undefined {
  const subject = template.render(event, subjectPart);
  return SUBJECT.test(subject) ? subject : undefined;
}

/** A type's dots are the subject's own; a key or source is one name. Forbidden characters are percent-encoded. */
const subjectPart = (part: RoutePart, value: string): string =>
  percentEncoded(value, part === "type" ? /[^!-~]|[*>%]/gu : /[^!-~]|[*>%.]/gu);
