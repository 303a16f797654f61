import { DATAFLOW_TEMPLATES, type ParametersOf, type Template, type TemplateName } from "./catalogue";
import type { ParameterValue } from "./parameter";

/** A template with what it is given: what a job runs. Made by `googleTemplate` or `customTemplate`. */
export interface TemplateUse {
  /** For messages and for what must stay the same while a job is updated in place. */
  readonly title: string;
  readonly form: "classic" | "flex";
  readonly mode: "streaming" | "batch";
  /** `gs://` path of the template, or of a Flex template's specification. */
  readonly path: (region: string) => string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Undefined for a template of one's own: its parameters are not known. */
  readonly catalogue?: Template;
}

export interface GoogleTemplateOptions {
  /** Release of Google's templates, for example `2026-11-03-00_RC00`. @default "latest", which is read when a job starts */
  readonly version?: string;
}

/** A template that Google provides, its parameters checked by name, type and what they exclude. */
export function googleTemplate<const Name extends TemplateName>(
  name: Name,
  parameters: ParametersOf<Name>,
  { version = "latest" }: GoogleTemplateOptions = {},
): TemplateUse {
  // Whoever calls from JavaScript may name anything; the job reports it.
  const catalogue = DATAFLOW_TEMPLATES[name] as Template | undefined;
  const { form, mode } = catalogue ?? { form: "classic", mode: "streaming" };
  const folder = form === "flex" ? `${version}/flex` : version;
  return {
    title: name,
    form,
    mode,
    // https://cloud.google.com/dataflow/docs/guides/templates/provided-templates: a bucket per region
    path: (region) => `gs://dataflow-templates-${region}/${folder}/${name}`,
    parameters,
    catalogue,
  };
}

export interface CustomTemplateProps {
  /** `gs://` path of a classic template, or of a Flex template's specification. */
  readonly path: string;
  readonly form: "classic" | "flex";
  /** @default "streaming" */
  readonly mode?: "streaming" | "batch";
  /**
   * Texts, or constructs the worker is given access to: subscriptions and secrets to read, topics to publish to, tables
   * and datasets to write, paths of buckets to read, or to write where they end in a slash.
   */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
}

/** A template of one's own; what it does with its parameters is not checked. */
export const customTemplate = ({ path, form, mode = "streaming", parameters }: CustomTemplateProps): TemplateUse => ({
  title: path,
  form,
  mode,
  path: () => path,
  parameters,
});

export const isCatalogued = (title: string): title is TemplateName => Object.hasOwn(DATAFLOW_TEMPLATES, title);
