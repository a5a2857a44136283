import { makeRelease, RELEASED_TEMPLATES, type Release } from "../../../lib/cdk/release/release.ts";
import type { Resource } from "../fixtures.ts";
import { bundlesFolder, createFolder } from "../fixtures.ts";

/** A released template, as far as tests look into it. */
export interface Template {
  readonly Parameters: Readonly<
    Record<
      string,
      {
        readonly Type: string;
        readonly Default?: string;
        readonly MaxLength?: number;
        readonly Description: string;
        readonly AllowedPattern: string;
      }
    >
  >;
  readonly Resources: Readonly<Record<string, Resource & { readonly Type: string; readonly Metadata?: unknown }>>;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown; readonly Export: unknown }>>;
  readonly Rules?: unknown;
}

/** Enough of the templates for tests that are not about each of them. */
export const SOME = RELEASED_TEMPLATES.filter(({ name }) => ["sqs-per-key", "http-without-alarms"].includes(name));

export const release = (folder = bundlesFolder, settings: unknown = {}, released = RELEASED_TEMPLATES): Release =>
  makeRelease({ version: "1.2.3", bundlesFolder: folder, workFolder: createFolder("release-"), settings, released });

export const resourcesOf = ({ Resources }: Template, type: string) =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);
