import type { Construct } from "constructs";
import type { AnyContract, IWorkload } from "../core";
import { CloudFunction } from "../functions/function";
import type { TransportName } from "../packaging/wrapper";
import { CloudRunService } from "../run/service";
import type { SizedWorkloadProps } from "../run/workload";

/** What a workload of a consumer is made from, whatever it runs on. */
export interface DeployProps extends Omit<SizedWorkloadProps, "name" | "contract" | "timeout"> {
  /** Contract of the handler; its name names everything of the consumer. */
  readonly contract: AnyContract;
  /** Senders that the handler understands beside Pub/Sub. @default those that the sources need */
  readonly transports?: readonly TransportName[];
}

/** Module of a consumer's code that is deployed; undefined for an image, whose entry is for the local engine alone. */
export const deployedEntry = (code: ConsumerCode): string | undefined =>
  "image" in code && code.image !== undefined ? undefined : "entry" in code ? code.entry : undefined;

/** Makes a workload of another kind. */
export type WorkloadFactory = (scope: Construct, id: string, props: DeployProps) => IWorkload;

/** Where the handler's code comes from and what it runs on. */
export type ConsumerCode =
  /** A Gen2 function made of the module whose default export is the handler, relative to the stack's `handlersDir`. */
  | { readonly runOn: "function"; readonly entry: string }
  /** A Cloud Run service made of such a module: its bundle runs on Google's image of Node.js. */
  | { readonly runOn: "service"; readonly entry: string; readonly image?: undefined }
  /** A Cloud Run service made of an image, by digest; the entry is what the local engine runs in its place. */
  | { readonly runOn: "service"; readonly image: string; readonly entry?: string }
  /** Anything else that takes pushes. */
  | { readonly runOn: WorkloadFactory };

/** Makes the workload of a consumer. */
export function deploy(scope: Construct, code: ConsumerCode, props: DeployProps): IWorkload {
  if (typeof code.runOn === "function") return code.runOn(scope, "Workload", props);
  if (code.runOn === "function") return new CloudFunction(scope, "Function", { ...props, entry: code.entry });
  return code.image === undefined
    ? new CloudRunService(scope, "Service", { ...props, entry: code.entry })
    : new CloudRunService(scope, "Service", { ...props, image: code.image, entry: code.entry });
}
