import { Construct } from "constructs";
import { parseAvroSchema } from "../../language/avro";
import { addIssue, enableApi, escapeTemplate, isKnown, MillraceStack, physicalName } from "../core";
import { checkFullName } from "../core/names";
import { PubsubSchema } from "../l1/pubsub";
import { pubsubName } from "./names";

export interface SchemaProps {
  /** Name, after the stack's prefix. @default from the construct's path */
  readonly name?: string;
  readonly type: "avro" | "protobuf";
  /** The schema: JSON for Avro, the text of a `.proto` file for Protobuf. A change commits a revision; 20 are kept. */
  readonly definition: string;
}

/** A schema that messages must follow, made here or elsewhere. */
export interface ISchema {
  /** `projects/{project}/schemas/{schema}`, readable at synth. */
  readonly name: string;
  /** The same as a reference: Terraform makes the schema first. */
  readonly reference: string;
}

const TYPES = { avro: "AVRO", protobuf: "PROTOCOL_BUFFER" } as const;

/** A schema of the stack's project. A topic that has it refuses what does not follow it. */
export class Schema extends Construct implements ISchema {
  /** A schema made elsewhere. @param name `projects/{project}/schemas/{schema}` */
  static fromExisting(scope: Construct, id: string, name: string): ISchema {
    const construct = new Construct(scope, id);
    checkFullName(construct, "MR1103", "schema", "projects/{project}/schemas/{schema}", name);
    return { name, reference: name };
  }

  readonly resource: PubsubSchema;
  readonly name: string;
  readonly reference: string;

  constructor(scope: Construct, id: string, props: SchemaProps) {
    super(scope, id);
    const stack = MillraceStack.of(this);
    const { projectId: project } = stack.context;
    const name = physicalName(this, pubsubName("schema"), props.name);
    const mistake = isKnown(props.definition) ? MISTAKES[props.type](props.definition) : undefined;
    if (mistake !== undefined)
      addIssue(this, "MR1105", { problem: `the ${props.type} schema does not parse: ${mistake}` });
    this.resource = new PubsubSchema(this, "Resource", {
      project,
      name,
      type: TYPES[props.type],
      definition: escapeTemplate(props.definition),
      dependsOn: [enableApi(this, "pubsub.googleapis.com")],
      ...stack.protection,
    });
    this.name = `projects/${project}/schemas/${name}`;
    this.reference = this.resource.id;
  }
}

/** What is wrong with a definition; undefined when it parses. */
const MISTAKES = {
  avro(definition: string) {
    const schema = parseAvroSchema(definition);
    return schema.ok ? undefined : schema.mistake;
  },
  protobuf: (definition: string) =>
    failureOf(() => {
      // Loaded when there is such a schema: nothing else here needs it.
      const { parse } = require("protobufjs") as typeof import("protobufjs");
      parse(definition);
    }),
} as const;

function failureOf(read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
