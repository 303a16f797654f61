import type { Nesting } from "../../local/provider/schema/schema";
import type { Type } from "../../local/provider/values/value";

/** A schema as `terraform providers schema -json` has it: https://developer.hashicorp.com/terraform/cli/commands/providers/schema */
export interface SourceSchema {
  readonly version?: number;
  readonly block: SourceBlock;
}

export interface SourceBlock {
  readonly attributes?: Readonly<Record<string, SourceAttribute>>;
  readonly block_types?: Readonly<Record<string, SourceNestedBlock>>;
}

export interface SourceNestedBlock {
  readonly nesting_mode: Nesting;
  readonly min_items?: number;
  readonly max_items?: number;
  readonly block: SourceBlock;
}

export interface SourceAttribute {
  readonly type: Type;
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly sensitive?: boolean;
  readonly write_only?: boolean;
  readonly deprecated?: boolean;
}
