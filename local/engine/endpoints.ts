import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Door } from "./world";

/** Where a running engine is reached. Every address is on this machine's loopback. */
export interface Endpoints {
  readonly schemaVersion: 1;
  /** Nothing in this document belongs to a cloud. */
  readonly notice: "LOCAL";
  readonly stack: string;
  readonly pid: number;
  /** Who says what runs: the synthesized stack, or what Terraform has applied of it. */
  readonly door: Door;
  /** Every stack whose resources run, the one itself last. */
  readonly stacks: readonly string[];
  /** ISO 8601, wall clock. */
  readonly startedAt: string;
  /** Project of the stack's first resource that has one; what client libraries are to be given. */
  readonly project: string;
  /** `127.0.0.1:port`, for `PUBSUB_EMULATOR_HOST`: gRPC and REST. */
  readonly pubsub: string;
  /** `127.0.0.1:port`, for `FIRESTORE_EMULATOR_HOST`: REST. */
  readonly firestore: string;
  /** `127.0.0.1:port` of Cloud Tasks: gRPC and REST. */
  readonly tasks: string;
  /** `http://127.0.0.1:port`, for `STORAGE_EMULATOR_HOST` or a client's `apiEndpoint`: the JSON API of objects. */
  readonly storage: string;
  /** URL of the token issuer; keys at `/jwks`. */
  readonly issuer: string;
  /** URL of the engine's own API: `/millrace/v1/status`, `/events`, `/idle`. */
  readonly control: string;
  readonly targets: readonly TargetEndpoint[];
  readonly seed: string;
  /** Engine seconds per second. */
  readonly timeScale: number;
}

export interface TargetEndpoint {
  readonly name: string;
  readonly kind: "service" | "function";
  /** Address in the plan. */
  readonly url: string;
  /** Address on this machine. */
  readonly localUrl: string;
}

/** Writes the document, where it says something new, so that a reader finds the whole of it or none. */
export function endpointsWriter(file: string): (endpoints: Endpoints) => void {
  let written: string | undefined;
  return (endpoints) => {
    const text = `${JSON.stringify(endpoints, null, 2)}\n`;
    if (text === written) return;
    mkdirSync(dirname(file), { recursive: true });
    const temporary = `${file}.${process.pid}.tmp`;
    writeFileSync(temporary, text);
    renameSync(temporary, file);
    written = text;
  };
}

/** @returns undefined when there is none, or none that this version understands */
export function readEndpoints(file: string): Endpoints | undefined {
  try {
    const endpoints = JSON.parse(readFileSync(file, "utf8")) as Endpoints;
    return endpoints.schemaVersion === 1 ? endpoints : undefined;
  } catch {
    return undefined;
  }
}

export const removeEndpoints = (file: string): void => rmSync(file, { force: true });
