import type { Construct } from "constructs";
import { check, isKnown, type Rule } from "../core";

interface Egress {
  /**
   * What goes through the network. A `run.app` address of an internal service is reached with `"all"` only.
   * @default "private-ranges"
   */
  readonly egress?: "private-ranges" | "all";
}

/** A way into a network of one's own, without anything in between. */
export interface DirectVpc extends Egress {
  /** Network, by name or full name. @default that of the subnetwork */
  readonly network?: string;
  /** Subnetwork that instances take their addresses from. @default the network's of this region's name */
  readonly subnetwork?: string;
  /** Network tags of the instances. @default none */
  readonly tags?: readonly string[];
  readonly connector?: undefined;
}

/** A way through a Serverless VPC Access connector, which is paid for. */
export interface VpcConnector extends Egress {
  /** `projects/{project}/locations/{region}/connectors/{connector}` */
  readonly connector: string;
}

export type VpcAccess = DirectVpc | VpcConnector;

export const EGRESS = { "private-ranges": "PRIVATE_RANGES_ONLY", all: "ALL_TRAFFIC" } as const;

/** The block of the provider. */
export function renderVpc(vpc: VpcAccess) {
  const egress = EGRESS[vpc.egress ?? "private-ranges"];
  if (vpc.connector !== undefined) return { connector: vpc.connector, egress };
  const { network, subnetwork, tags } = vpc;
  return { networkInterfaces: [{ network, subnetwork, tags: tags && [...tags] }], egress };
}

export const checkVpc = (construct: Construct, vpc: VpcAccess): void => check(construct, vpc, RULES);

const RULES: readonly Rule<VpcAccess>[] = [
  {
    code: "MR1318",
    fault: (vpc) =>
      vpc.connector === undefined &&
      vpc.network === undefined &&
      vpc.subnetwork === undefined && { problem: "neither network nor subnetwork says which network it is" },
  },
  {
    // The provider checks this from 7.26 on only.
    code: "MR1318",
    fault: (vpc) =>
      vpc.connector !== undefined &&
      ["network", "subnetwork", "tags"].some((key) => key in vpc) && {
        problem: "a connector and a network interface exclude each other",
        fix: "name the connector alone, or the network",
      },
  },
  {
    code: "MR1318",
    fault: ({ connector }) =>
      connector !== undefined &&
      isKnown(connector) &&
      !/^projects\/[^/]+\/locations\/[^/]+\/connectors\/[^/]+$/.test(connector) && {
        problem: `"${connector}" is not the full name of a connector`,
        got: connector,
        want: "projects/{project}/locations/{region}/connectors/{connector}",
      },
  },
];
