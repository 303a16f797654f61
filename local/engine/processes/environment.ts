import { ENV, formatClock, LOCAL_ENVIRONMENT } from "../../../contract/environment";
import type { Clock } from "../clock";
import type { ProgramSpec } from "../target";

/** Where the engine's stand-ins for Google's services listen. */
export interface StandIns {
  /** `127.0.0.1:{port}` */
  readonly pubsubHost?: string;
  /** `CLOUD_TASKS_EMULATOR_HOST`: Google's client has no such variable; handlers give it to its `apiEndpoint`. */
  readonly tasksHost?: string;
  /** `127.0.0.1:{port}` */
  readonly firestoreHost?: string;
  /** `http://127.0.0.1:{port}` */
  readonly storageUrl?: string;
  /** `http://127.0.0.1:{port}` */
  readonly issuer?: string;
}

/**
 * What a child may see of the engine's own environment. Everything else stays here: credentials, proxies,
 * `NODE_OPTIONS`, the shell's secrets.
 */
const ALLOWED = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE"];

export interface EnvironmentOptions {
  readonly parent: NodeJS.ProcessEnv;
  readonly clock: Pick<Clock, "time">;
  readonly standIns: StandIns;
  /** What only this process is told. @default nothing */
  readonly variables?: Readonly<Record<string, string>>;
  /** Whether crash points are announced. */
  readonly probe: boolean;
}

/**
 * What Cloud Run tells a container that is called.
 * https://cloud.google.com/run/docs/container-contract#env-vars
 */
export const calledVariables = (spec: ProgramSpec, port: number, revision: number): Record<string, string> => ({
  PORT: String(port),
  K_SERVICE: spec.name,
  K_CONFIGURATION: spec.name,
  K_REVISION: `${spec.name}-${String(revision).padStart(5, "0")}-loc`,
  ...(spec.kind === "function" && {
    FUNCTION_TARGET: spec.entryPoint ?? spec.name,
    FUNCTION_SIGNATURE_TYPE: "http",
  }),
});

/** The whole environment of a program's process: the allow-list, under the plan's, under the stand-ins. */
export function environmentOf(spec: ProgramSpec, options: EnvironmentOptions): Record<string, string> {
  const { parent, clock, standIns, variables, probe } = options;
  const allowed = ALLOWED.flatMap((name) => (parent[name] === undefined ? [] : [[name, parent[name]] as const]));
  const { pubsubHost, firestoreHost, tasksHost, storageUrl, issuer } = standIns;
  return {
    ...Object.fromEntries(allowed),
    // Google's containers have no other.
    TZ: "UTC",
    ...spec.environment,
    ...variables,
    GOOGLE_CLOUD_PROJECT: spec.project,
    METADATA_SERVER_DETECTION: "none",
    ...(pubsubHost !== undefined && { PUBSUB_EMULATOR_HOST: pubsubHost }),
    ...(tasksHost !== undefined && { CLOUD_TASKS_EMULATOR_HOST: tasksHost }),
    ...(firestoreHost !== undefined && { FIRESTORE_EMULATOR_HOST: firestoreHost }),
    ...(storageUrl !== undefined && { STORAGE_EMULATOR_HOST: storageUrl }),
    [ENV.environment]: LOCAL_ENVIRONMENT,
    [ENV.clock]: formatClock(clock.time),
    ...(issuer !== undefined && { [ENV.issuer]: issuer }),
    ...(probe && { [ENV.probe]: "1" }),
  };
}
