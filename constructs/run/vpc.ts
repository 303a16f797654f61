import type { Construct } from "constructs";
import { check, type Rule } from "../core";

/** A way into a network of one's own, without a connector in between. */
export interface VpcAccess {
  /** Network, by name or full name. @default that of the subnetwork */
  readonly network?: string;
  /** Subnetwork that instances take their addresses from. @default the network's of this region's name */
  readonly subnetwork?: string;
  /** Network tags of the instances. @default none */
  readonly tags?: readonly string[];
  /**
   * What goes through the network. A `run.app` address of an internal service is reached with `"all"` only.
   * @default "private-ranges"
   */
  readonly egress?: "private-ranges" | "all";
}

const EGRESS = { "private-ranges": "PRIVATE_RANGES_ONLY", all: "ALL_TRAFFIC" } as const;

/** The block of the provider. */
export const renderVpc = ({ network, subnetwork, tags, egress = "private-ranges" }: VpcAccess) => ({
  networkInterfaces: [{ network, subnetwork, tags: tags && [...tags] }],
  egress: EGRESS[egress],
});

export const checkVpc = (construct: Construct, vpc: VpcAccess): void => check(construct, vpc, RULES);

const RULES: readonly Rule<VpcAccess>[] = [
  {
    code: "MR1318",
    fault: ({ network, subnetwork }) =>
      network === undefined &&
      subnetwork === undefined && { problem: "neither network nor subnetwork says which network it is" },
  },
];
