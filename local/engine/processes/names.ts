import type { TargetSpec } from "../target";

/** Full name of a target in events and tables: `projects/{p}/locations/{r}/services/{name}`, or `…/functions/…`. */
export const targetName = ({ project, region, kind, name }: TargetSpec): string =>
  `projects/${project}/locations/${region}/${kind}s/${name}`;
